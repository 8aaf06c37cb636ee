"""Calendars, service levels and the ledger of their clocks.

Revision ID: 0007
"""

from pathlib import Path

from ticketyard.migrations.statements import run_sql

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the tables."""
    run_sql(Path(__file__).with_suffix(".sql").read_text())
