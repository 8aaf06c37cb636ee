"""Places, assignments, rotation.

Revision ID: 0004
"""

from pathlib import Path

from ticketyard.migrations.statements import run_sql

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the tables of routing."""
    run_sql(Path(__file__).with_suffix(".sql").read_text())
