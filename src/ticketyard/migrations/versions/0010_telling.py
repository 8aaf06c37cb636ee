"""Webhooks and notifications.

Revision ID: 0010
"""

from pathlib import Path

from ticketyard.migrations.statements import run_sql

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make the tables."""
    run_sql(Path(__file__).with_suffix(".sql").read_text())
