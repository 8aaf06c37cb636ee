"""What is told to a Celery broker, and which of a broker's messages were handled here.

Revision ID: 0018
"""

from pathlib import Path

from ticketyard.migrations.statements import run_sql

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Make the tables."""
    run_sql(Path(__file__).with_suffix(".sql").read_text())
