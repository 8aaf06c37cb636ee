"""Telling again: by hand since an instant, and by itself what a broker lost."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.outlet.conftest import Desk, RedisServer
from tests.world import World
from ticketyard.outlet import replaying
from ticketyard.outlet.errors import OutletIsOff
from ticketyard.outlet.jobs import mind_outlet
from ticketyard.outlet.lane import switch_on
from ticketyard.outlet.missing import OVERTAKEN_BY, REPEATS_MAX
from ticketyard.outlet.replaying import Replayed, replay_since


async def replay(world: World, *, only_failed: bool = False, **ago: float) -> Replayed:
    async with world.resources.db.transaction(world.company_id) as session:
        since = world.resources.clock() - timedelta(**ago)
        return await replay_since(
            session, since=since, only_failed=only_failed, by=world.as_person(world.admin)
        )


async def test_what_was_told_is_told_again_under_the_same_id(
    desk: Desk, broker_server: RedisServer
) -> None:
    await desk.open_and_triage("One")
    await desk.send()
    replayed = await replay(desk.world, hours=1)
    await desk.send()
    first, second = broker_server.payloads()
    assert first == second
    assert (replayed.count, replayed.next_since) == (1, None)


async def test_what_happened_before_there_was_a_broker_is_told(
    desk: Desk, broker_server: RedisServer
) -> None:
    await switch(desk, on=False)
    await desk.world.open("Long ago")
    with pytest.raises(OutletIsOff):
        await replay(desk.world, hours=1)
    await switch(desk, on=True)
    assert await desk.messages() == []
    assert (await replay(desk.world, hours=1)).count == 1
    await desk.send()
    assert [each["title"] for each in broker_server.payloads()] == ["Long ago"]


async def switch(desk: Desk, *, on: bool) -> None:
    async with desk.world.resources.db.transaction(desk.world.company_id) as session:
        await session.execute(text("update outlet set is_on = :on"), {"on": on})


async def test_only_what_was_given_up_is_told_where_that_is_asked(
    desk: Desk, broker_server: RedisServer
) -> None:
    for title in ("One", "Two"):
        await desk.open_and_triage(title)
    await desk.send()
    async with desk.world.resources.db.transaction(desk.world.company_id) as session:
        await session.execute(
            text(
                "update outlet_message set state = 'failed' where id = (select max(id) from outlet_message)"
            )
        )
    assert (await replay(desk.world, hours=1, only_failed=True)).count == 1
    await desk.send()
    titles = [each["title"] for each in broker_server.payloads()]
    assert titles == ["One", "Two", "Two"]


async def test_much_goes_in_steps(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replaying, "REPLAY_MAX", 2)
    for number in range(3):
        desk.later(seconds=number)
        await desk.world.open(f"Ticket {number}")
    first = await replay(desk.world, hours=1)
    assert first.count == 2
    assert first.next_since is not None
    ago = (desk.world.resources.clock() - first.next_since).total_seconds()
    assert (await replay(desk.world, seconds=ago)).count == 1


async def test_another_company_is_not_told_of(desk: Desk, world: World) -> None:
    await world.open()
    async with world.resources.db.transaction(world.other_company_id) as session:
        await switch_on(session)
        since = world.resources.clock() - timedelta(hours=1)
        by = world.as_person(world.other_admin)
        assert (await replay_since(session, since=since, by=by)).count == 0


async def test_what_a_broker_lost_is_sent_again_when_later_ones_came_through(
    desk: Desk, broker_server: RedisServer
) -> None:
    """Our own consumer is at the other end: it finished what was sent half an hour later."""
    await desk.open_and_triage("Lost")
    await desk.send()
    broker_server.kill()
    broker_server.forget()
    broker_server.start()
    desk.later(minutes=10)
    await handled(desk, "Soon after")
    await mind_outlet(desk.world.resources, desk.world.company_id)
    await desk.send()
    assert "Lost" not in [each["title"] for each in broker_server.payloads()]
    desk.later(seconds=OVERTAKEN_BY.total_seconds())
    await handled(desk, "Much later")
    for _ in range(REPEATS_MAX + 2):
        await mind_outlet(desk.world.resources, desk.world.company_id)
        await desk.send()
        desk.later(seconds=2 * OVERTAKEN_BY.total_seconds())
    titles = [each["title"] for each in broker_server.payloads()]
    assert titles.count("Lost") == 1
    assert titles.count("Soon after") == 1


async def handled(desk: Desk, title: str) -> None:
    """A ticket that goes out and comes through."""
    ticket_id = await desk.open_and_triage(title)
    for _ in range(3):
        await desk.send()
        desk.later(seconds=10)
    async with desk.world.resources.db.transaction(desk.world.company_id) as session:
        await session.execute(
            text(
                """
                with done as (update outlet_message set handled_at = settled_at
                              where subject = :id returning settled_at)
                update outlet set handled_up_to = (select settled_at from done)
                """
            ),
            {"id": str(ticket_id)},
        )
