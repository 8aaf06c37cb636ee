"""What every command does first and last: settings, logs, database, resources."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import typer
from pydantic import ValidationError
from rich.console import Console

from ticketyard.core.config import Settings
from ticketyard.core.embedded import EmbeddedError
from ticketyard.core.errors import Refusal
from ticketyard.core.jobs import Worker
from ticketyard.core.log import configure_logging
from ticketyard.core.resources import Resources
from ticketyard.mailboxes.boxes.draft import MailboxDraft, read_credentials
from ticketyard.mailboxes.errors import BadMailbox
from ticketyard.parts import open_blobs
from ticketyard.wiring import build_resources, build_worker, embedded, open_database

# A pipe has no width of its own, and tables cut to 80 columns lose what was asked for.
_WIDTH = None if sys.stdout.isatty() or "COLUMNS" in os.environ else 200

console = Console(highlight=False, width=_WIDTH)
complaints = Console(stderr=True, highlight=False)


@dataclass(frozen=True)
class Ground:
    """A running database that has this version's tables."""

    settings: Settings
    url: str


def load_settings() -> Settings:
    """The settings, or a clear word about each that cannot be used, and exit 2."""
    try:
        settings = Settings()
    except ValidationError as error:
        for each in error.errors():
            name = ".".join(str(part) for part in each["loc"])
            complaints.print(f"[red]{name}[/]: {each['msg']}")
        raise typer.Exit(2) from error
    configure_logging(settings.log_level, settings.log_format, settings.service_name)
    mailboxes_in(settings)
    return settings


def mailboxes_in(settings: Settings) -> list[MailboxDraft]:
    """What EMAIL_CREDENTIALS describes, or a clear word about what is wrong with it, and exit 2."""
    try:
        return read_credentials(settings.email_credentials)
    except BadMailbox as wrong:
        complaints.print(wrong.detail, style="red", markup=False)
        raise typer.Exit(2) from wrong


@contextmanager
def ground(settings: Settings, *, migrate: bool = True) -> Iterator[Ground]:
    """Start or reach the database and, unless told otherwise, bring it to this version."""
    postgres = embedded(settings)
    try:
        url = postgres.start() if postgres else settings.database_url.get_secret_value()
        if postgres and postgres.home != (settings.data_dir / "postgres").absolute():
            complaints.print(
                f"[dim]The database's folder is {postgres.home}: as root, PostgreSQL runs under "
                "another account, which cannot enter the data directory.[/]"
            )
        if migrate:
            # Not above: what stands beside the web finds the tables there, and needs the memory.
            from ticketyard.migrations.running import upgrade

            upgrade(url)
        yield Ground(settings, url)
    except EmbeddedError as error:
        complaints.print(f"[red]{error}[/]")
        raise typer.Exit(1) from error
    finally:
        if postgres:
            postgres.stop()


@asynccontextmanager
async def resources_on(base: Ground) -> AsyncIterator[Resources]:
    """The program's parts over that database; let go at the end."""
    db = open_database(base.url)
    try:
        yield build_resources(db, open_blobs(base.settings), base.settings)
    finally:
        await db.close()


def run_once(job: Callable[[Resources, Worker], Awaitable[None]]) -> None:
    """Run one command's work over a migrated database (imports, keys, people). What is refused is
    told in one line, with exit 1."""

    async def run(base: Ground) -> None:
        async with resources_on(base) as resources:
            await job(resources, build_worker(resources, base.settings))

    with ground(load_settings()) as base:
        try:
            asyncio.run(run(base))
        except Refusal as refusal:
            complaints.print(refusal.detail, style="red", markup=False)
            raise typer.Exit(1) from refusal
