"""Merging, links, macros, templates, custom fields.

Revision ID: 0009
"""

from pathlib import Path

from ticketyard.migrations.statements import run_sql

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the tables."""
    run_sql(Path(__file__).with_suffix(".sql").read_text())
