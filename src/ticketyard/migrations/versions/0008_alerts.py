"""Alerts that fold.

Revision ID: 0008
"""

from pathlib import Path

from ticketyard.migrations.statements import run_sql

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the tables."""
    run_sql(Path(__file__).with_suffix(".sql").read_text())
