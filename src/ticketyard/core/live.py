"""Live updates: who looks at a company's desk is told when something happened there."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import psycopg

from ticketyard.core.db import Database
from ticketyard.core.log import get_logger

log = get_logger(__name__)
CHANNEL = "ticketyard_live"


class Live:
    """One listening connection of this process, shared by everyone who watches.

    A watcher is told only *that* something changed, and asks the database what it may see of it.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._watchers: dict[int, set[asyncio.Event]] = defaultdict(set)
        self._changed_at: dict[int, float] = {}
        self._interrupted_at = 0.0
        self._listening: asyncio.Task[None] | None = None
        self.is_ending = False

    @asynccontextmanager
    async def watch(
        self, company_id: int, *, since: float | None = None
    ) -> AsyncIterator[asyncio.Event]:
        """An event that is set whenever something changed; clear it before looking.

        since: when the watcher last looked, in seconds since 1970; what changed after that is told at
        once, so that nothing is missed between reading a page and watching.
        """
        if self._listening is None or self._listening.done():
            self._listening = asyncio.create_task(self._listen())
        changed = asyncio.Event()
        self._watchers[company_id].add(changed)
        last = max(self._changed_at.get(company_id, 0.0), self._interrupted_at)
        if since is not None and last >= since:
            changed.set()
        try:
            yield changed
        finally:
            self._watchers[company_id].discard(changed)

    def end(self) -> None:
        """Tell every watcher to go: an open stream would hold up the end of the program."""
        self.is_ending = True
        self._tell_all()

    async def close(self) -> None:
        """Stop listening."""
        if self._listening:
            self._listening.cancel()
            with suppress(asyncio.CancelledError):
                await self._listening

    async def _listen(self) -> None:
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    self._db.conninfo, autocommit=True
                ) as connection:
                    await connection.execute(f"listen {CHANNEL}")
                    self._interrupted_at = time.time()
                    self._tell_all()
                    async for notice in connection.notifies():
                        self._changed_at[int(notice.payload)] = time.time()
                        for changed in self._watchers[int(notice.payload)]:
                            changed.set()
            except psycopg.Error as error:
                log.warning("live_interrupted", error=str(error))
            await asyncio.sleep(1)

    def _tell_all(self) -> None:
        """After an interruption nobody knows what was missed, so everybody looks."""
        for watchers in self._watchers.values():
            for changed in watchers:
                changed.set()
