"""Loops beside the worker: what is due is done, several at once, and nothing ends the loop."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import psycopg
import pytest
from structlog.testing import capture_logs

from ticketyard.core.lanes import Due, Lane, keep_looking

IN_TIME = 5


class Errands:
    """What is due, and who is at it."""

    def __init__(self, *due: Due) -> None:
        self.due = list(due)
        self.begun: list[Due] = []
        self.ended: list[Due] = []
        self.broken: set[Due] = set()
        self.may_end = asyncio.Event()
        self.changed = asyncio.Event()

    async def find(self) -> list[Due]:
        return list(self.due)

    async def do(self, company_id: int, each_id: int) -> None:
        each = (company_id, each_id)
        self.begun.append(each)
        self.changed.set()
        try:
            await self.may_end.wait()
            if each in self.broken:
                raise ValueError("broken")
        finally:
            self.due.remove(each)
            self.ended.append(each)
            self.changed.set()

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(IN_TIME):
            while not is_so():
                self.changed.clear()
                await self.changed.wait()

    def lane(self, at_once: int = 9, at_once_each: int | None = None) -> Lane:
        return Lane(
            "errands", find=self.find, do=self.do, at_once=at_once, at_once_each=at_once_each
        )


@asynccontextmanager
async def at_work(loop: Awaitable[None]) -> AsyncIterator[None]:
    task = asyncio.ensure_future(loop)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_all_that_is_due_is_done_and_counted() -> None:
    errands = Errands((1, 1), (1, 2), (2, 1))
    errands.may_end.set()

    assert await errands.lane().run_due() == 3
    assert errands.begun == [(1, 1), (1, 2), (2, 1)]
    assert await errands.lane().run_due() == 0


@pytest.mark.parametrize(
    ("at_once", "at_once_each", "begun"),
    [
        (9, None, [(1, 1), (1, 2), (1, 3), (2, 1)]),
        (2, None, [(1, 1), (1, 2)]),
        (9, 2, [(1, 1), (1, 2), (2, 1)]),
        (9, 1, [(1, 1), (2, 1)]),
        (2, 1, [(1, 1), (2, 1)]),
    ],
)
async def test_no_more_go_together_than_may(
    at_once: int, at_once_each: int | None, begun: list[Due]
) -> None:
    errands = Errands((1, 1), (1, 2), (1, 3), (2, 1))

    async with at_work(errands.lane(at_once, at_once_each).run()):
        await errands.until(lambda: len(errands.begun) >= len(begun))
        assert errands.begun == begun


async def test_a_turn_that_is_free_again_is_used_at_once() -> None:
    errands = Errands(*((1, each) for each in range(40)))
    errands.may_end.set()

    async with at_work(errands.lane(at_once=1).run()):
        # With a second between each two this would take 39.
        await errands.until(lambda: len(errands.ended) == 40)


async def test_what_is_going_is_not_begun_again() -> None:
    errands = Errands((1, 1))
    lane = errands.lane()

    async with at_work(lane.run()):
        await errands.until(lambda: errands.begun == [(1, 1)])
        assert await lane.run_due() == 0
        errands.may_end.set()
        await errands.until(lambda: errands.ended == [(1, 1)])


async def test_what_is_going_is_cancelled_with_the_lane() -> None:
    errands = Errands((1, 1), (2, 1))

    async with at_work(errands.lane().run()):
        await errands.until(lambda: len(errands.begun) == 2)
    assert sorted(errands.ended) == [(1, 1), (2, 1)]


async def test_one_that_fails_is_told_and_spoils_nothing_for_the_others() -> None:
    errands = Errands((1, 1), (2, 1))
    errands.broken.add((1, 1))
    errands.may_end.set()

    with capture_logs() as told:
        assert await errands.lane().run_due() == 2
    assert [(each["event"], each["company_id"]) for each in told] == [("errands_failed", 1)]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (psycopg.OperationalError("gone"), ("errands_interrupted", "warning")),
        (ValueError("ours"), ("errands_failed", "error")),
    ],
)
async def test_a_look_that_fails_is_told_and_followed_by_another(
    error: Exception, told: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ticketyard.core.lanes.LOOK_SECONDS", 0.0)
    looks = 0
    again = asyncio.Event()

    async def find() -> list[Due]:
        nonlocal looks
        looks += 1
        if looks == 1:
            raise error
        again.set()
        return []

    async def look() -> None:
        await find()

    for loop in (
        Lane("errands", find=find, do=Errands().do, at_once=1).run,
        lambda: keep_looking("errands", look),
    ):
        looks = 0
        again.clear()
        with capture_logs() as heard:
            async with at_work(loop()), asyncio.timeout(IN_TIME):
                await again.wait()
        assert [(each["event"], each["log_level"]) for each in heard] == [told]


async def test_a_loop_looks_again_when_its_look_says() -> None:
    looks = asyncio.Queue[None]()

    async def look() -> float:
        looks.put_nowait(None)
        return 0.001

    async with at_work(keep_looking("often", look)), asyncio.timeout(IN_TIME):
        for _ in range(100):
            await looks.get()
