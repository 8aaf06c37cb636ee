"""Vectors of examples, kept between two trainings.

Revision ID: 0022
"""

from pathlib import Path

from ticketyard.migrations.statements import run_sql

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Make the tables."""
    run_sql(Path(__file__).with_suffix(".sql").read_text())
