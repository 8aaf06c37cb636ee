"""Orders of the ticket list, and searching in it.

Revision ID: 0005
"""

from pathlib import Path

from ticketyard.migrations.statements import run_sql

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the indexes of the list, and let its search use them."""
    run_sql(Path(__file__).with_suffix(".sql").read_text())
