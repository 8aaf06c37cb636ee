"""The lane in which actions are run: a loop of its own beside the worker, so that nothing waits for it."""

import asyncio
from collections import Counter
from collections.abc import Collection
from contextlib import suppress
from typing import Final

from sqlalchemy import text

from ticketyard.core.db import is_database_away
from ticketyard.core.log import get_logger
from ticketyard.core.resources import Resources
from ticketyard.triage.resolving.running import run_action

log = get_logger(__name__)

LOOK_SECONDS: Final = 1.0
AT_ONCE: Final = 16
AT_ONCE_EACH: Final = 4
"""Of one company: its endpoints may hang, and keep no other company's actions from being run."""


class ActionLane:
    """Runs several actions at once, the companies in turn.

    A loop and not jobs: a worker has few hands, and endpoints that hang would hold all of them.
    """

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._going: dict[tuple[int, int], asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Run what is due until cancelled."""
        try:
            while True:
                await self._look()
                # A turn that is free again is used at once, while there is something to run.
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

    async def run_due(self) -> int:
        """Run everything that is due now, and wait for it; gives how many that were."""
        ran = 0
        while begun := await self._begin():
            ran += len(begun)
            await asyncio.wait(begun)
        return ran

    async def _look(self) -> None:
        try:
            await self._begin()
        except Exception as error:
            if not is_database_away(error):
                log.exception("action_lane_failed")
            await asyncio.sleep(LOOK_SECONDS)

    async def _begin(self) -> Collection[asyncio.Task[None]]:
        if len(self._going) >= AT_ONCE:
            return []
        async with self._resources.db.anonymous() as session:
            told = {"at": self._resources.clock(), "each": AT_ONCE_EACH}
            rows = list(await session.execute(_DUE, told))
        busy = Counter(company_id for company_id, _ in self._going)
        begun = []
        for company_id, run_id in rows:
            is_free = len(self._going) < AT_ONCE and busy[company_id] < AT_ONCE_EACH
            if is_free and (company_id, run_id) not in self._going:
                busy[company_id] += 1
                begun.append(self._start((company_id, run_id)))
        return begun

    def _start(self, key: tuple[int, int]) -> asyncio.Task[None]:
        task = asyncio.create_task(self._run(*key))
        self._going[key] = task
        task.add_done_callback(lambda _: self._going.pop(key, None))
        return task

    async def _run(self, company_id: int, run_id: int) -> None:
        """One that fails by our own fault stays claimed for a while, and is counted."""
        try:
            await run_action(self._resources, company_id, run_id)
        except Exception as error:
            if is_database_away(error):
                log.warning("action_interrupted", company_id=company_id)
            else:
                log.exception("action_lane_failed", company_id=company_id)

    async def _stop(self) -> None:
        tasks = list(self._going.values())
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


_DUE = text("select company_id, id from due_actions(:at, :each)")
