"""What triage found, its models, and corrections.

Revision ID: 0003
"""

from pathlib import Path

from ticketyard.migrations.statements import run_sql

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables of triage."""
    run_sql(Path(__file__).with_suffix(".sql").read_text())
