"""How triage learns: versions with a lineage, trainings, what is held back.

Revision ID: 0013
"""

from pathlib import Path

from ticketyard.migrations.statements import run_sql

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Make the tables."""
    run_sql(Path(__file__).with_suffix(".sql").read_text())
