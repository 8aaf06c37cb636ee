"""What a language model was asked about a ticket, and what that cost.

Revision ID: 0014
"""

from pathlib import Path

from ticketyard.migrations.statements import run_sql

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Make the tables."""
    run_sql(Path(__file__).with_suffix(".sql").read_text())
