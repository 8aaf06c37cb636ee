"""The lane in which a model is asked: a loop of its own beside the worker, so that nothing waits for it."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from sqlalchemy import text

from ticketyard.ai.chat.model import ChatModel
from ticketyard.core.db import is_database_away
from ticketyard.core.log import get_logger
from ticketyard.core.resources import Resources
from ticketyard.triage.second_opinion.asking import ask_about

log = get_logger(__name__)

LOOK_SECONDS = 1.0


class Asker:
    """Asks several questions at once, the companies in turn. Without a model it does nothing.

    A loop and not jobs: a worker has few hands, and a server that hangs would hold all of them.
    """

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._chat = resources.part(ChatModel)
        self._at_once = self._chat.server.at_once if self._chat.server else 0
        self._going: dict[tuple[int, int], asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Ask what is due until cancelled."""
        if not self._chat.is_on:
            return
        try:
            await self._chat.load()
            while True:
                await self._look()
                # A turn that is free again is used at once, while there is something to ask.
                if self._going:
                    await asyncio.wait(
                        self._going.values(),
                        timeout=LOOK_SECONDS,
                        return_when=asyncio.FIRST_COMPLETED,
                    )
                else:
                    await asyncio.sleep(LOOK_SECONDS)
        finally:
            await self._stop()
            await self._chat.close()

    async def ask_due(self) -> int:
        """Ask everything that is due now, and wait for it; gives how many questions that were."""
        asked = 0
        while begun := await self._begin():
            asked += len(begun)
            await asyncio.wait(begun)
        return asked

    async def _look(self) -> None:
        try:
            await self._begin()
        except Exception as error:
            if not is_database_away(error):
                log.exception("asker_failed")
            await asyncio.sleep(LOOK_SECONDS)

    async def _begin(self) -> Sequence[asyncio.Task[None]]:
        free = self._at_once - len(self._going)
        if free <= 0 or self._chat.wait() > 0:
            return []
        async with self._resources.db.anonymous() as session:
            told = {"at": self._resources.clock(), "limit": self._at_once}
            rows = list(await session.execute(_DUE, told))
        due = [(row.company_id, row.id) for row in rows]
        fresh = [key for key in due if key not in self._going]
        return [self._start(key) for key in fresh[:free]]

    def _start(self, key: tuple[int, int]) -> asyncio.Task[None]:
        task = asyncio.create_task(self._ask(*key))
        self._going[key] = task
        task.add_done_callback(lambda _: self._going.pop(key, None))
        return task

    async def _ask(self, company_id: int, opinion_id: int) -> None:
        """One that fails by our own fault stays claimed for a while, and is counted."""
        try:
            await ask_about(self._resources, company_id, opinion_id)
        except Exception as error:
            if is_database_away(error):
                log.warning("asker_interrupted", company_id=company_id)
            else:
                log.exception("asker_failed", company_id=company_id)

    async def _stop(self) -> None:
        tasks = list(self._going.values())
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


_DUE = text("select company_id, id from due_second_opinions(:at, :limit)")
