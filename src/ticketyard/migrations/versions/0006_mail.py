"""Mailboxes, what came by them, workflows, and mail out.

Revision ID: 0006
"""

from pathlib import Path

from ticketyard.migrations.statements import run_sql

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the tables."""
    run_sql(Path(__file__).with_suffix(".sql").read_text())
