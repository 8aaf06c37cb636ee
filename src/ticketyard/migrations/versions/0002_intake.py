"""What arrived, raw; alerts.

Revision ID: 0002
"""

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables of intake and alerts."""
    op.get_bind().connection.driver_connection.execute(
        Path(__file__).with_suffix(".sql").read_text()
    )
