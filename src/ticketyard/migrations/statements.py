"""Run SQL text as it stands: many statements at once, percent signs and all."""

from alembic import op


def run_sql(statements: str) -> None:
    """Run the statements on the connection of the running migration."""
    connection = op.get_bind().connection.driver_connection
    assert connection is not None
    connection.execute(statements)
