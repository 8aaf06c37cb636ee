"""When something is told at all: a broker that is configured, one that is not, one that was."""

import pytest
import structlog
from sqlalchemy import text

from tests.outlet.conftest import Desk
from tests.world import World
from ticketyard.core.resources import Resources
from ticketyard.outlet.broker import BrokerAt
from ticketyard.outlet.jobs import mind_outlet, prune_outlet
from ticketyard.outlet.lane import UNSEEN_FOR, Lane
from ticketyard.outlet.queries import list_health, read_standing


@pytest.fixture
def without(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The world, where nobody named a broker."""
    monkeypatch.setitem(world.resources.parts, BrokerAt, BrokerAt())  # type: ignore[arg-type]
    return world


async def rows(world: World, table: str = "outlet_message") -> int:
    async with world.resources.db.transaction(world.company_id) as session:
        return int(await session.scalar(text(f"select count(*) from {table}")) or 0)


async def test_without_a_broker_that_is_said_once_and_nothing_is_queued(without: World) -> None:
    with structlog.testing.capture_logs() as said:
        await Lane(without.resources).run()
    assert said == [
        {
            "event": "RAG broker not configured; skipping task=rag.process_ticket_created,"
            "rag.process_file_uploaded,rag.process_file_deleted",
            "log_level": "warning",
        }
    ]
    await without.open()
    assert await rows(without) == 0
    assert await rows(without, "outlet") == 0


async def test_with_a_broker_every_company_is_told_of_also_a_new_one(world: World) -> None:
    lane = Lane(world.resources)
    await lane.say_that_it_is_on()
    lane.close()
    await world.open()
    assert await rows(world) == 1
    async with world.resources.db.transaction(world.other_company_id) as session:
        assert (await read_standing(session)).is_on


async def test_a_worker_without_a_broker_beside_one_with_it_switches_nothing_off(
    desk: Desk, without: World
) -> None:
    desk.later(seconds=UNSEEN_FOR.total_seconds() - 1)
    await mind_outlet(without.resources, without.company_id)
    assert (await desk.standing()).is_on
    desk.later(seconds=2)
    await mind_outlet(without.resources, without.company_id)
    assert not (await desk.standing()).is_on
    await without.open()
    assert await rows(without) == 0


async def test_what_was_settled_a_month_ago_is_forgotten_and_what_waits_is_not(
    desk: Desk, resources: Resources
) -> None:
    await desk.open_and_triage()
    await desk.send()
    await desk.world.open()
    desk.later(days=31)
    await prune_outlet(resources, desk.world.company_id)
    assert [each.state for each in await desk.messages()] == ["waiting"]


async def test_health_counts_what_waits_and_for_how_long(desk: Desk, world: World) -> None:
    await desk.world.open()
    desk.later(seconds=90)
    async with world.resources.db.anonymous() as session:
        (health,) = await list_health(session)
    assert (health.company_id, health.waiting, health.failed) == (world.company_id, 1, 0)
    assert 85 < health.seconds_waiting < 120
    assert not health.is_failing
