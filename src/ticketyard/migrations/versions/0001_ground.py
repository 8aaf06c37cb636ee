"""The ground: protection, people, events and work, tickets; the job queue's own tables.

Revision ID: 0001
"""

from importlib.resources import files
from pathlib import Path

from ticketyard.migrations.statements import run_sql

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the role, the job queue and the first tables."""
    run_sql(
        "do $$ begin if not exists (select from pg_roles where rolname = 'ticketyard_app') then "
        "create role ticketyard_app nologin; end if; end $$"
    )
    run_sql("do $$ begin execute format('grant ticketyard_app to %I', current_user); end $$")
    run_sql("grant usage on schema public to ticketyard_app")
    run_sql((files("procrastinate") / "sql" / "schema.sql").read_text())
    run_sql(
        "grant select, insert, update, delete on procrastinate_jobs, procrastinate_events, "
        "procrastinate_periodic_defers, procrastinate_workers to ticketyard_app"
    )
    run_sql(Path(__file__).with_suffix(".sql").read_text())
