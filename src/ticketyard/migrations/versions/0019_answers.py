"""Answers: proposed for tickets, given in conversations, and what nobody could answer.

Revision ID: 0019
"""

from pathlib import Path

from ticketyard.migrations.statements import run_sql

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Make the tables."""
    run_sql(Path(__file__).with_suffix(".sql").read_text())
