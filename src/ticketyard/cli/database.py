"""Bring the database to this version; look whether all is well."""

import asyncio
from collections.abc import AsyncIterator

from rich.table import Table
from sqlalchemy import text

from ticketyard.ai.chat.model import ChatModel
from ticketyard.ai.chat.trying import try_out
from ticketyard.cli.runtime import Ground, console, ground, load_settings, resources_on
from ticketyard.core.resources import Resources
from ticketyard.migrations.running import head
from ticketyard.outlet.queries import list_health

_WITHOUT_VECTORS = (
    "absent: knowledge is found by words alone. Its administrator runs `create extension vector` in "
    "this database, then `ticketyard migrate`"
)


def migrate() -> None:
    """Bring the database to this version. Running it again changes nothing."""
    with ground(load_settings()):
        console.print(f"The database has version {head()}.")


def doctor() -> None:
    """Look at everything the program stands on, and say what to mend."""
    with ground(load_settings(), migrate=False) as base:
        asyncio.run(_examine(base))


async def _examine(base: Ground) -> None:
    table = Table("", "What", "Found", show_edge=False)
    async with resources_on(base) as resources:
        async for good, what, found in _findings(resources):
            table.add_row("[green]✓[/]" if good else "[red]✗[/]", what, found)
        trial = await try_out(resources.part(ChatModel))
        table.add_row(
            "[green]✓[/]" if trial.is_good else "[red]✗[/]", "Language model", trial.words
        )
    console.print(table)


async def _findings(resources: Resources) -> AsyncIterator[tuple[bool, str, str]]:
    async with resources.db.anonymous() as session:
        server = str(await session.scalar(text("show server_version")))
        yield int(server.split(".")[0]) >= 15, "PostgreSQL 15 or newer", server
        version = await session.scalar(text("select ticketyard_version()"))
        yield version == head(), "Tables of this version", f"{version} (needs {head()})"
        role = await session.scalar(text("select current_user"))
        owner = await session.scalar(
            text("select rolbypassrls or rolsuper from pg_roles where rolname = current_user")
        )
        yield not owner, "Row-level security binds the program", f"works as {role}"
        vector = await session.scalar(
            text("select extversion from pg_extension where extname = 'vector'")
        )
        yield bool(vector), "pgvector for finding by meaning", str(vector or _WITHOUT_VECTORS)
        for name, wanted in (("fsync", "on"), ("synchronous_commit", "on")):
            value = str(await session.scalar(text(f"show {name}")))
            yield value == wanted, f"{name} is on: what was accepted is kept", value
        rows = list(await session.execute(text("select job, waiting, dead from job_counts()")))
        for row in rows:
            yield row.dead == 0, f"Work given up: {row.job}", f"{row.dead} ({row.waiting} waiting)"
        if version != head():
            return
        for row in await session.execute(text("select * from mailbox_health()")):
            fares = (
                f"{row.seconds_since_success:.0f} s without success, see `ticketyard mail boxes`"
            )
            yield not row.is_failing, f"Mailbox {row.mailbox_id} can be read", fares
        for each in await list_health(session):
            good = each.failed == 0 and not each.is_failing
            fares = f"{each.waiting} waiting, the oldest {each.seconds_waiting:.0f} s"
            fares += f"; {each.failed} given up" if each.failed else ""
            fares += f". {each.problem}" if each.problem else ""
            yield good, f"The Celery broker is told (company {each.company_id})", fares
