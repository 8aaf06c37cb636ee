"""What finds a piece of knowledge: words counted, and vectors.

Revision ID: 0017
"""

from pathlib import Path

from ticketyard.migrations.statements import run_sql

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Make the tables."""
    run_sql(Path(__file__).with_suffix(".sql").read_text())
