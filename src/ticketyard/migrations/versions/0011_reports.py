"""Reports that are sent by mail.

Revision ID: 0011
"""

from pathlib import Path

from ticketyard.migrations.statements import run_sql

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Make the tables."""
    run_sql(Path(__file__).with_suffix(".sql").read_text())
