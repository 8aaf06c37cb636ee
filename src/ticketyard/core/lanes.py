"""Loops that run beside the worker: each looks for what is due, and one of them does several at once.

Loops and not jobs: a worker has few hands, and what hangs or takes its time would hold all of them.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from typing import Final, NoReturn

from ticketyard.core.db import is_database_away
from ticketyard.core.log import get_logger

log = get_logger(__name__)

LOOK_SECONDS: Final = 1.0

Due = tuple[int, int]
"""The company, and the row of its own that is due."""


async def keep_looking(name: str, look: Callable[[], Awaitable[float | None]]) -> NoReturn:
    """Look until cancelled. look: may give in how many seconds to look again, a second otherwise.

    A look that fails is told under the loop's name, and followed by another.
    """
    while True:
        pause = None
        try:
            pause = await look()
        except Exception as error:  # noqa: BLE001 - a loop outlives whatever fails in it
            tell_failure(name, error)
        await asyncio.sleep(LOOK_SECONDS if pause is None else pause)


def tell_failure(name: str, error: Exception, **told: object) -> None:
    """A database that is away is nobody's fault here; all else is ours, and told whole."""
    if is_database_away(error):
        log.warning(f"{name}_interrupted", error=type(error).__name__, **told)
    else:
        log.error(f"{name}_failed", exc_info=error, **told)


class Lane:
    """Does several at once of what is due, and none twice at the same time.

    find: what is due, in the order in which it is to be begun; it may name what is already going.
    do: claims one and does it. One that fails by our own fault stays claimed for a while, and is told.
    at_once, at_once_each: how many go together, and how many of one company.
    """

    def __init__(
        self,
        name: str,
        *,
        find: Callable[[], Awaitable[Sequence[Due]]],
        do: Callable[[int, int], Awaitable[None]],
        at_once: int,
        at_once_each: int | None = None,
    ) -> None:
        self._name, self._find, self._do = name, find, do
        self._at_once = at_once
        self._at_once_each = at_once if at_once_each is None else at_once_each
        self._going: dict[Due, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Do what is due until cancelled; what is going then is cancelled too."""
        try:
            while True:
                await self._look()
                await self._rest()
        finally:
            await self._stop()

    async def run_due(self) -> int:
        """Do everything that is due now, and wait for it; gives how many that were."""
        done = 0
        while begun := await self._begin():
            done += len(begun)
            await asyncio.wait(begun)
        return done

    async def _look(self) -> None:
        try:
            await self._begin()
        except Exception as error:  # noqa: BLE001 - a loop outlives whatever fails in it
            tell_failure(self._name, error)
            await asyncio.sleep(LOOK_SECONDS)

    async def _rest(self) -> None:
        """A second; less where a turn is free again, which is used at once."""
        if self._going:
            await asyncio.wait(
                self._going.values(), timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
        else:
            await asyncio.sleep(LOOK_SECONDS)

    async def _begin(self) -> Collection[asyncio.Task[None]]:
        if len(self._going) >= self._at_once:
            return []
        due = await self._find()
        return [self._start(each) for each in due if self._is_free_for(each)]

    def _is_free_for(self, due: Due) -> bool:
        going = Counter(company_id for company_id, _ in self._going)
        return (
            due not in self._going
            and len(self._going) < self._at_once
            and going[due[0]] < self._at_once_each
        )

    def _start(self, due: Due) -> asyncio.Task[None]:
        task = asyncio.create_task(self._do_one(*due))
        self._going[due] = task
        task.add_done_callback(lambda _: self._going.pop(due, None))
        return task

    async def _do_one(self, company_id: int, each_id: int) -> None:
        try:
            await self._do(company_id, each_id)
        except Exception as error:  # noqa: BLE001 - the others go on
            tell_failure(self._name, error, company_id=company_id)

    async def _stop(self) -> None:
        tasks = list(self._going.values())
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task
