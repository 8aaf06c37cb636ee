"""What is asked while the database is at something goes together, and one spoils nothing for others."""

import asyncio
from collections.abc import Sequence

import pytest

from ticketyard.core.gathering import Gathering


class Slow:
    """Answers each number with its double, when let; bad numbers fail all they are asked with."""

    def __init__(self, *bad: int, apart: bool = True, most: int = 3, heaviest: int = 100) -> None:
        self.batches: list[list[int]] = []
        self.gate = asyncio.Event()
        self._bad = bad
        self.gathering = Gathering[int, int](
            self._ask_all, apart=lambda _: apart, most=most, heaviest=heaviest
        )

    async def _ask_all(self, asked: Sequence[int]) -> list[int]:
        self.batches.append(list(asked))
        await self.gate.wait()
        if set(asked) & set(self._bad):
            raise ValueError(str(asked))
        return [each * 2 for each in asked]

    def ask(self, number: int, *, group: str = "a", weight: int = 1) -> "asyncio.Task[int]":
        return asyncio.create_task(self.gathering.ask(group, number, weight=weight))


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_one_alone_waits_for_nobody_and_the_others_go_together() -> None:
    slow = Slow()
    first = slow.ask(1)
    await settle()
    rest = [slow.ask(each) for each in (2, 3, 4, 5)]
    await settle()
    assert slow.batches == [[1]]

    slow.gate.set()
    assert await asyncio.gather(first, *rest) == [2, 4, 6, 8, 10]
    assert slow.batches == [[1], [2, 3, 4], [5]]
    assert await slow.ask(6) == 12


async def test_a_group_waits_for_itself_alone() -> None:
    slow = Slow()
    tasks = [slow.ask(number, group=group) for number, group in enumerate("abaab")]
    await settle()
    assert slow.batches == [[0, 2, 3], [1, 4]]
    slow.gate.set()
    assert await asyncio.gather(*tasks) == [0, 2, 4, 6, 8]


async def test_a_wrong_number_of_answers_leaves_nobody_waiting() -> None:
    async def forgetful(asked: Sequence[int]) -> list[int]:
        return list(asked)[1:]

    gathering = Gathering[int, int](forgetful, apart=lambda _: False)
    with pytest.raises(RuntimeError):
        await asyncio.wait_for(gathering.ask("a", 1), 1)


async def test_what_is_heavy_waits_in_its_place() -> None:
    slow = Slow(most=9)
    tasks = [slow.ask(number, weight=weight) for number, weight in enumerate((1, 200, 1, 1))]
    slow.gate.set()
    await asyncio.gather(*tasks)
    assert slow.batches == [[0], [1], [2, 3]]


async def test_one_that_fails_spoils_nothing_for_the_others() -> None:
    slow = Slow(2)
    slow.gate.set()
    told = await asyncio.gather(*(slow.ask(each) for each in (1, 2, 3)), return_exceptions=True)
    assert (told[0], told[2]) == (2, 6)
    assert isinstance(told[1], ValueError)
    assert slow.batches == [[1, 2, 3], [1], [2], [3]]


async def test_what_fails_for_all_is_told_to_all() -> None:
    slow = Slow(2, apart=False)
    slow.gate.set()
    told = await asyncio.gather(*(slow.ask(each) for each in (1, 2, 3)), return_exceptions=True)
    assert [type(each) for each in told] == [ValueError] * 3
    assert slow.batches == [[1, 2, 3]]
    assert await slow.ask(4) == 8


async def test_who_goes_away_holds_up_nobody() -> None:
    slow = Slow()
    first, gone, last = slow.ask(1), slow.ask(2), slow.ask(3)
    await settle()
    left = slow.ask(4)
    await settle()
    gone.cancel()
    left.cancel()
    await settle()
    slow.gate.set()
    assert await asyncio.gather(first, last) == [2, 6]
    with pytest.raises(asyncio.CancelledError):
        await gone
    assert slow.batches == [[1, 2, 3]]
