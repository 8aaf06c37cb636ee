"""Gaps: what the knowledge could not answer, and what should be written.

Revision ID: 0021
"""

from pathlib import Path

from ticketyard.migrations.statements import run_sql

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Make the tables."""
    run_sql(Path(__file__).with_suffix(".sql").read_text())
