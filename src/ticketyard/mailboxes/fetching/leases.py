"""Who reads a mailbox: of all machines at one database one, while its connection stands."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import psycopg

from ticketyard.core.db import Database
from ticketyard.core.log import get_logger

log = get_logger(__name__)

# The first of the two numbers of an advisory lock: a mailbox, and nothing else of ours.
LOCKS = 7_201_003
CHECK_SECONDS = 5


class Leases:
    """Leases of this process, on one connection of its own: PostgreSQL lets go of them the moment
    the process dies. Work under a lease is harmless if two do it; the lease only spares it."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._turn = asyncio.Lock()
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._held: dict[int, asyncio.Event] = {}
        self._checking: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def hold(self, mailbox_id: int) -> AsyncIterator[asyncio.Event | None]:
        """None when another holds it; else an event that is set when it is lost.

        Raises psycopg.Error when the database is away.
        """
        if not await self._take(mailbox_id):
            yield None
            return
        lost = self._held[mailbox_id] = asyncio.Event()
        try:
            yield lost
        finally:
            self._held.pop(mailbox_id, None)
            if not lost.is_set():
                with suppress(psycopg.Error):
                    await self._ask("select pg_advisory_unlock(%s, %s)", mailbox_id)

    def has(self, mailbox_id: int) -> bool:
        """Whether it is held here now."""
        lost = self._held.get(mailbox_id)
        return lost is not None and not lost.is_set()

    async def close(self) -> None:
        """Let all go."""
        if self._checking:
            self._checking.cancel()
        await self._drop()

    async def _take(self, mailbox_id: int) -> bool:
        if self._checking is None or self._checking.done():
            self._checking = asyncio.create_task(self._check())
        return mailbox_id not in self._held and await self._ask(
            "select pg_try_advisory_lock(%s, %s)", mailbox_id
        )

    async def _ask(self, query: str, mailbox_id: int) -> bool:
        async with self._turn:
            try:
                if self._connection is None:
                    self._connection = await psycopg.AsyncConnection.connect(
                        self._db.conninfo, autocommit=True, connect_timeout=10
                    )
                row = await (await self._connection.execute(query, (LOCKS, mailbox_id))).fetchone()
                return bool(row and row[0])
            except psycopg.Error:
                await self._drop()
                raise

    async def _check(self) -> None:
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            async with self._turn:
                try:
                    if self._connection is not None:
                        async with asyncio.timeout(CHECK_SECONDS):
                            await self._connection.execute("select 1")
                except (psycopg.Error, TimeoutError) as error:
                    log.warning("leases_lost", mailboxes=sorted(self._held), error=str(error))
                    await self._drop()

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        for lost in self._held.values():
            lost.set()
        if connection is not None:
            with suppress(psycopg.Error):
                await connection.close()
