"""What triage found, its models, and corrections.

Revision ID: 0003
"""

from pathlib import Path

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables of triage."""
    op.get_bind().connection.driver_connection.execute(
        Path(__file__).with_suffix(".sql").read_text()
    )
