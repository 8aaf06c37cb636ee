"""Chats: who is at the other end, and what was asked of them.

Revision ID: 0020
"""

from pathlib import Path

from ticketyard.migrations.statements import run_sql

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Make the tables."""
    run_sql(Path(__file__).with_suffix(".sql").read_text())
