"""Which team a ticket is for, and what a machine may do about it by itself.

Revision ID: 0015
"""

from pathlib import Path

from ticketyard.migrations.statements import run_sql

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Make the tables."""
    run_sql(Path(__file__).with_suffix(".sql").read_text())
