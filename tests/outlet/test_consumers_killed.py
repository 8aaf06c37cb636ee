"""Consumers that die, come twice or lose their broker: each message is done once all the same."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from tests.outlet.conftest import Desk, RedisServer, until
from tests.outlet.consumers import Consumers, child_of, consumers_on, kill
from tests.world import World

pytestmark = pytest.mark.slow


@pytest.fixture
def consumers(
    world: World, broker_server: RedisServer, database_url: str, tmp_path: Path
) -> Consumers:
    return consumers_on(world, broker_server, database_url, tmp_path / "consumer")


async def test_a_consumer_killed_in_the_middle_is_followed_by_another_that_does_it(
    consumers: Consumers,
) -> None:
    ticket = consumers.ticket(title="hang once")
    with consumers.one() as first:
        given = consumers.give("ticket_created", ticket)
        await until(lambda: consumers.calls == ["begin 17"])
        assert await consumers.processed() == {ticket["event_id"]: "processing"}
        kill(first)
    await consumers.forget_lease()
    with consumers.one():
        assert await consumers.result(given) == {"ok": True, "ticket_id": 17}
    assert consumers.calls == ["begin 17", "begin 17", "end 17"]
    assert await consumers.processed() == {ticket["event_id"]: "completed"}


async def test_a_process_of_the_pool_killed_in_the_middle_is_replaced(consumers: Consumers) -> None:
    with consumers.one() as worker:
        given = consumers.give("ticket_created", consumers.ticket(title="hang once"))
        await until(lambda: consumers.calls == ["begin 17"])
        await consumers.forget_lease()
        os.kill(child_of(worker.pid), signal.SIGKILL)
        assert await consumers.result(given) == {"ok": True, "ticket_id": 17}


async def test_two_consumers_do_each_message_once_though_each_comes_twice(
    consumers: Consumers,
) -> None:
    tickets = [consumers.ticket(number) for number in range(1, 31)]
    with consumers.one(), consumers.one(pool="threads"):
        given = [consumers.give("ticket_created", each) for each in tickets * 2]
        answers = [await consumers.result(each) for each in given]
    assert sorted(consumers.calls) == sorted(
        [f"{what} {n}" for n in range(1, 31) for what in ("begin", "end")]
    )
    assert sum("skipped" in each for each in answers) == 30


async def test_a_longer_task_than_the_broker_waits_for_is_not_done_twice(
    consumers: Consumers,
) -> None:
    ticket = consumers.ticket(title="slow 3")
    with consumers.one(visibility=1), consumers.one(visibility=1, pool="solo"):
        assert (await consumers.result(consumers.give("ticket_created", ticket)))["ok"]
    assert consumers.calls == ["begin 17", "end 17"]


async def test_a_broker_that_is_killed_and_comes_back_with_its_data_has_it_done(
    consumers: Consumers,
) -> None:
    with consumers.one():
        consumers.server.kill()
        await asyncio.sleep(0.5)
        consumers.server.start()
        given = consumers.give("ticket_created", consumers.ticket())
        assert await consumers.result(given) == {"ok": True, "ticket_id": 17}


async def test_both_sides_together(consumers: Consumers, desk: Desk) -> None:
    """A ticket goes out by our lane, through Redis, and comes in by our consumer."""
    ticket_id = await desk.open_and_triage("A real one")
    with consumers.one():
        await desk.send()
        await until(lambda: consumers.calls == [f"begin {ticket_id}", f"end {ticket_id}"])
        for _ in range(100):
            (message,) = await desk.messages()
            if message.handled_at:
                break
            await asyncio.sleep(0.05)
    assert message.handled_at is not None
    assert (await desk.standing()).handled == 1
