"""The ground: protection, people, events and work, tickets; the job queue's own tables.

Revision ID: 0001
"""

from importlib.resources import files
from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the role, the job queue and the first tables."""
    execute = op.get_bind().connection.driver_connection.execute
    execute(
        "do $$ begin if not exists (select from pg_roles where rolname = 'ticketyard_app') then "
        "create role ticketyard_app nologin; end if; end $$"
    )
    execute("do $$ begin execute format('grant ticketyard_app to %I', current_user); end $$")
    execute("grant usage on schema public to ticketyard_app")
    execute((files("procrastinate") / "sql" / "schema.sql").read_text())
    execute(
        "grant select, insert, update, delete on procrastinate_jobs, procrastinate_events, "
        "procrastinate_periodic_defers, procrastinate_workers to ticketyard_app"
    )
    execute(Path(__file__).with_suffix(".sql").read_text())
