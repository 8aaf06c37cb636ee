"""What arrived, raw; alerts.

Revision ID: 0002
"""

from pathlib import Path

from ticketyard.migrations.statements import run_sql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables of intake and alerts."""
    run_sql(Path(__file__).with_suffix(".sql").read_text())
