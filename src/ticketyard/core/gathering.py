"""Let what is asked while the database is at something be asked together next (group commit).

One question of a group is at the database at a time. Whoever asks meanwhile waits with the others, and all
of them go in the next: alone it costs nobody time, and in a rush a commit serves many, while the database
stays free for others. docs/decisions/0103.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Ask = TypeVar("Ask")
Told = TypeVar("Told")


@dataclass(eq=False)
class _Waiting(Generic[Ask, Told]):
    asked: Ask
    weight: int
    told: "asyncio.Future[Told]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    def tell(self, answer: Told) -> None:
        if not self.told.done():
            self.told.set_result(answer)

    def fail(self, error: Exception) -> None:
        if not self.told.done():
            self.told.set_exception(error)


class Gathering(Generic[Ask, Told]):
    """Asks in batches, in the order asked; each group for itself.

    ask_all: answers a batch, one answer for each, in order, or raises for all of it.
    apart: whether, after such an error, each is to be asked again by itself, so that one spoils nothing
    for the others; else all of the batch get the error.
    most, heaviest: how many, and how much weight, go together; one goes alone however heavy.
    """

    def __init__(
        self,
        ask_all: Callable[[Sequence[Ask]], Awaitable[Sequence[Told]]],
        *,
        apart: Callable[[Exception], bool],
        most: int = 32,
        heaviest: int = 4 * 1024 * 1024,
    ) -> None:
        self._ask_all = ask_all
        self._apart = apart
        self._most = most
        self._heaviest = heaviest
        self._lines: dict[Hashable, deque[_Waiting[Ask, Told]]] = {}
        self._going: set[asyncio.Task[None]] = set()

    async def ask(self, group: Hashable, asked: Ask, *, weight: int = 1) -> Told:
        """The answer to this. What was asked may happen although the asker is cancelled."""
        waiting: _Waiting[Ask, Told] = _Waiting(asked, weight)
        line = self._lines.get(group)
        if line is None:
            line = self._lines[group] = deque()
            going = asyncio.create_task(self._go(group, line))
            self._going.add(going)
            going.add_done_callback(self._going.discard)
        line.append(waiting)
        return await waiting.told

    async def _go(self, group: Hashable, line: deque[_Waiting[Ask, Told]]) -> None:
        try:
            while line:
                await self._ask(self._next(line))
        finally:
            del self._lines[group]
            for left in line:
                left.told.cancel()

    def _next(self, line: deque[_Waiting[Ask, Told]]) -> list[_Waiting[Ask, Told]]:
        weight = 0
        batch: list[_Waiting[Ask, Told]] = []
        while line and len(batch) < self._most:
            if batch and weight + line[0].weight > self._heaviest:
                break
            each = line.popleft()
            if not each.told.cancelled():
                batch.append(each)
                weight += each.weight
        return batch

    async def _ask(self, batch: Sequence[_Waiting[Ask, Told]]) -> None:
        try:
            answers = await self._ask_all([each.asked for each in batch]) if batch else []
            if len(answers) != len(batch):
                raise RuntimeError("as many answers as were asked for")
        except Exception as error:  # noqa: BLE001 - it is the askers' to handle
            if len(batch) > 1 and self._apart(error):
                for each in batch:
                    await self._ask([each])
            else:
                for each in batch:
                    each.fail(error)
        except BaseException:
            for each in batch:
                each.told.cancel()
            raise
        else:
            for each, answer in zip(batch, answers, strict=True):
                each.tell(answer)
