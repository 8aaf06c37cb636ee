"""Documents, articles and approved tickets, and the pieces they are found by.

Revision ID: 0016
"""

from pathlib import Path

from ticketyard.migrations.statements import run_sql

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Make the tables."""
    run_sql(Path(__file__).with_suffix(".sql").read_text())
