"""Orders of the ticket list, and searching in it.

Revision ID: 0005
"""

from pathlib import Path

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the indexes of the list, and let its search use them."""
    op.get_bind().connection.driver_connection.execute(
        Path(__file__).with_suffix(".sql").read_text()
    )
