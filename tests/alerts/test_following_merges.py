"""An alert of a merged ticket goes on in the one that took it in."""

from collections.abc import Awaitable, Callable

from sqlalchemy import text

from tests.alerts.conftest import Desk
from tests.world import World
from ticketyard.tickets.related.merging import merge_tickets


async def test_the_alerts_of_a_merged_ticket_concern_the_survivor(
    world: World, run_jobs: Callable[[], Awaitable[None]]
) -> None:
    merged, between, survivor = [await world.open(f"Ticket {n}") for n in range(3)]
    async with world.resources.db.transaction(world.company_id) as session:
        await session.execute(
            text(
                "select insert_alert(jsonb_build_object('ticket_id', cast(:ticket as bigint),"
                " 'provider_id', 'acme', 'fingerprint', 'x', 'title', 'It burns'))"
            ),
            {"ticket": merged.id},
        )
        by = world.as_person(world.ana)
        await merge_tickets(session, ticket_id=merged.id, into=between.id, by=by)
        await merge_tickets(session, ticket_id=between.id, into=survivor.id, by=by)

    await run_jobs()

    async with world.resources.db.transaction(world.company_id) as session:
        found = await session.scalar(text("select ticket_id from alert"))
    assert found == survivor.id


async def merge(desk: Desk, merged: int | None) -> int:
    """Ana merges a ticket into another; nobody has told its alerts yet."""
    survivor = await desk.world.open("Survivor")
    async with desk.world.resources.db.transaction(desk.world.company_id) as session:
        by = desk.world.as_person(desk.world.ana)
        await merge_tickets(session, ticket_id=merged or 0, into=survivor.id, by=by)
    return survivor.id


async def notes(desk: Desk, ticket_id: int) -> list[str]:
    """What the system wrote on a ticket."""
    sql = "select body from comment where ticket_id = :id and author_kind = 'system' order by id"
    return await desk.values(sql, id=ticket_id)


async def test_before_they_are_told_repeats_and_ends_concern_the_survivor(desk: Desk) -> None:
    survivor = await merge(desk, (await desk.fire()).ticket_id)
    again = await desk.fire()
    assert (again.outcome, again.ticket_id, again.status) == ("repeated", survivor, "open")
    over = await desk.clear()
    assert (over.outcome, over.ticket_id) == ("recovered", survivor)
    assert await notes(desk, survivor) == ["The alert “Disk full” has recovered."]


async def test_before_it_is_told_what_flaps_is_noted_on_the_survivor(desk: Desk) -> None:
    await desk.rules(flap_start=3, flap_stop=1, flap_seconds=600)
    survivor = await merge(desk, (await desk.fire()).ticket_id)
    for _ in range(3):
        await desk.clear()
        await desk.fire()
    other = await merge(desk, survivor)
    desk.later(seconds=700)
    await desk.keep_up()
    assert (await notes(desk, other))[-1] == "The alert has calmed down."


async def test_before_it_is_told_a_storm_goes_on_and_ends_on_the_survivor(desk: Desk) -> None:
    await desk.rules(storm_alerts=2)
    for n in range(3):
        taken = await desk.fire(f"a{n}")
    survivor = await merge(desk, taken.ticket_id)
    joined = await desk.fire("b")
    assert (joined.outcome, joined.ticket_id) == ("joined", survivor)
    desk.later(seconds=61)
    await desk.keep_up()
    assert await notes(desk, survivor) == ["The storm is over; 2 alerts are on this ticket."]


async def test_before_it_is_told_an_incident_goes_on_at_the_survivor(desk: Desk) -> None:
    await desk.rules(group_by=["labels.cluster"])
    first = await desk.fire("a", labels={"cluster": "x"})
    survivor = await merge(desk, first.ticket_id)
    assert (await desk.fire("b", labels={"cluster": "x"})).ticket_id == survivor
