"""Escalation, and who is on call.

Revision ID: 0012
"""

from pathlib import Path

from ticketyard.migrations.statements import run_sql

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Make the tables."""
    run_sql(Path(__file__).with_suffix(".sql").read_text())
