"""Clocks over a real database: ledger, breaches told once, and what lists show."""

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from tests.sla.conftest import START, Desk
from tests.world import World
from ticketyard.core.jobs import Worker
from ticketyard.sla.counting import count_clocks
from ticketyard.sla.recounting import count_uncounted
from ticketyard.sla.timing import Timer
from ticketyard.tickets.changing_status import change_status
from ticketyard.tickets.commenting import add_comment
from ticketyard.tickets.labelling import Changes, change_ticket
from ticketyard.tickets.related.merging import merge_tickets

HOUR = 3600
# What the cast's company begins with, for tickets of priority high: 4 hours and 24 hours.
HIGH = {"priority": "high"}


async def test_a_breach_is_told_once_and_in_time(desk: Desk) -> None:
    ticket = await desk.world.open(**HIGH)
    await desk.settle()
    for seconds, told in (
        (3 * HOUR - 1, []),
        (3 * HOUR, ["sla.warned"]),
        (4 * HOUR, ["sla.warned"]),
        (4 * HOUR + 1, ["sla.warned", "sla.breached"]),
        (5 * HOUR, ["sla.warned", "sla.breached"]),
    ):
        desk.at(seconds)
        await desk.settle()
        assert [kind for kind, _, _ in await desk.told(ticket.id)] == told, seconds


async def test_the_timer_looks_when_there_is_something_to_tell(desk: Desk) -> None:
    await desk.world.open(**HIGH)
    looks = []
    for seconds in (0, 3 * HOUR, 4 * HOUR + 1):
        desk.at(seconds)
        await desk.settle()
        (row,) = await desk.rows(
            "select next_look_at from sla_clock where clock = 'first_response'"
        )
        looks.append(row.next_look_at and (row.next_look_at - START).total_seconds())

    assert looks == [3 * HOUR, 4 * HOUR + 1, None]


async def test_several_timers_tell_it_once(desk: Desk) -> None:
    ticket = await desk.world.open(**HIGH)
    await desk.settle()
    desk.at(4 * HOUR + 1)

    await asyncio.gather(*(Timer(desk.world.resources).tell_due() for _ in range(4)))

    assert await desk.told(ticket.id) == [("sla.breached", "first_response", 1)]


async def test_an_answer_in_the_second_it_is_due_is_in_time(desk: Desk) -> None:
    ana = desk.world.as_person(desk.world.ana)
    for late, told in ((0, []), (1, [("sla.breached", "first_response", 1)])):
        desk.at(0)
        ticket = await desk.world.open(**HIGH)
        desk.at(4 * HOUR + late)
        async with desk.world.resources.db.transaction(desk.world.company_id) as session:
            await add_comment(session, ticket_id=ticket.id, body="Here I am.", by=ana)
        desk.at(9 * HOUR)
        await desk.settle()

        (clock,) = await desk.rows(
            "select * from sla_clock where ticket_id = :id and clock = 'first_response'",
            id=ticket.id,
        )
        assert clock.state == ("missed" if late else "met")
        assert clock.elapsed_seconds == 4 * HOUR + late
        assert await desk.told(ticket.id) == told, (
            "judged by the answer, however late it is counted"
        )


async def test_what_waits_for_the_requester_stands_still(desk: Desk) -> None:
    ticket = await desk.world.open(**HIGH)
    ana, rita = (desk.world.as_person(each) for each in (desk.world.ana, desk.world.rita))
    desk.at(HOUR)
    async with desk.world.resources.db.transaction(desk.world.company_id) as session:
        await change_status(session, ticket_id=ticket.id, status="pending", by=ana)
    desk.at(100 * HOUR)
    await desk.settle()
    assert await desk.told(ticket.id) == []
    async with desk.world.resources.db.transaction(desk.world.company_id) as session:
        await add_comment(session, ticket_id=ticket.id, body="It is the blue one.", by=rita)
    desk.at(101 * HOUR)
    async with desk.world.resources.db.transaction(desk.world.company_id) as session:
        await add_comment(session, ticket_id=ticket.id, body="Thank you.", by=ana)
        await change_status(session, ticket_id=ticket.id, status="resolved", by=ana)
    await desk.settle()

    ledger = await desk.rows(
        "select clock, cycle, state, at from sla_interval where ticket_id = :id"
        " order by clock, cycle, seq",
        id=ticket.id,
    )

    def hours(clock: str) -> list[tuple[str, float]]:
        mine = [row for row in ledger if row.clock == clock]
        return [(row.state, (row.at - START).total_seconds() / HOUR) for row in mine]

    assert hours("first_response") == [("running", 0), ("met", 1)]
    # The ledger keeps the second in which she had written and nothing had moved yet.
    assert hours("next_response") == [("paused", 100), ("running", 100), ("met", 101)]
    assert hours("resolution") == [
        ("running", 0), ("paused", 1), ("running", 100), ("met", 101),
    ]  # fmt: skip
    (clock,) = await desk.rows(
        "select * from sla_clock where ticket_id = :id and clock = 'resolution'", id=ticket.id
    )
    assert clock.elapsed_seconds == 2 * HOUR


async def test_another_priority_counts_for_all_the_time_that_passed(desk: Desk) -> None:
    ticket = await desk.world.open(priority="low")
    ana = desk.world.as_person(desk.world.ana)
    desk.at(2 * HOUR)
    async with desk.world.resources.db.transaction(desk.world.company_id) as session:
        changes = Changes.of({"priority": "critical"})
        await change_ticket(session, ticket_id=ticket.id, changes=changes, by=ana)
    await desk.settle()

    assert await desk.told(ticket.id) == [
        ("sla.breached", "first_response", 1),
    ]
    (row,) = await desk.rows("select * from ticket where id = :id", id=ticket.id)
    assert row.sla_breach
    assert "First response was due at 2030-03-04 10:00:00 UTC (1 h)" in row.sla_breach_reason
    assert row.sla_due_at == START.replace(hour=10)


async def test_counting_again_changes_nothing(desk: Desk) -> None:
    ticket = await desk.world.open(**HIGH)
    desk.at(5 * HOUR)
    await desk.settle()
    tables = ("sla_interval", "sla_clock", "sla_told", "event")

    async def everything() -> list[object]:
        return [await desk.rows(f"select * from {table} order by 1, 2, 3, 4") for table in tables]

    before = await everything()
    async with desk.world.resources.db.transaction(desk.world.company_id) as session:
        await count_clocks(session, [ticket.id, ticket.id])
    assert await everything() == before

    await desk.rows("delete from sla_clock returning 1")
    assert await count_uncounted(desk.world.resources, desk.world.company_id) == 1
    assert await everything() == before


async def test_what_was_late_before_there_were_service_levels_is_told_to_nobody(
    desk: Desk,
) -> None:
    desk.now = START.replace(year=2020)
    ticket = await desk.world.open(**HIGH)
    desk.at(0)
    await desk.settle()

    (row,) = await desk.rows("select * from ticket where id = :id", id=ticket.id)
    assert row.sla_breach
    assert await desk.told(ticket.id) == []
    assert [row.emitted for row in await desk.rows("select emitted from sla_told")] == [
        False,
        False,
    ]


async def test_the_timer_tells_it_within_seconds(world: World, worker: Worker) -> None:
    now = world.resources.clock()
    ticket = await world.open(priority="high", created_at=now - timedelta(seconds=4 * HOUR - 1))
    await worker.run_listeners(world.company_id)
    running = asyncio.create_task(Timer(world.resources).run())
    try:
        for _ in range(100):
            await asyncio.sleep(0.1)
            async with world.resources.db.transaction(world.company_id) as session:
                query = text("select happened_at, payload from event where type = 'sla.breached'")
                told = list(await session.execute(query))
            if told:
                break
    finally:
        running.cancel()

    (breach,) = told
    late = breach.happened_at - datetime.fromisoformat(breach.payload["due_at"])
    assert breach.payload["ticket_id"] == ticket.id
    assert timedelta(seconds=1) <= late <= timedelta(seconds=5)


@pytest.mark.parametrize(
    ("said", "waits"),
    [
        ([], False),
        (["rita"], True),
        (["rita", "ana"], False),
        (["ana", "rita", "ana internally", "system"], True),
    ],
)
async def test_who_waits_on_a_merged_ticket_is_waited_for_on_the_survivor(
    desk: Desk, said: list[str], waits: bool
) -> None:
    world = desk.world
    ana, rita = world.as_person(world.ana), world.as_person(world.rita)
    people = {"ana": ana, "rita": rita, "ana internally": ana, "system": world.system}
    survivor, merged = [await world.open(requester_id=world.rita.id) for _ in range(2)]
    async with world.resources.db.transaction(world.company_id) as session:
        await add_comment(session, ticket_id=survivor.id, body="Yes.", by=ana)
        for each in said:
            await add_comment(
                session, ticket_id=merged.id, body="Well.", by=people[each],
                is_internal="internally" in each,
            )  # fmt: skip
    desk.at(60)
    async with world.resources.db.transaction(world.company_id) as session:
        await merge_tickets(session, ticket_id=merged.id, into=survivor.id, by=ana)
    await desk.settle()

    clocks = await desk.rows(
        "select state, started_at from sla_clock where ticket_id = :id and clock = 'next_response'",
        id=survivor.id,
    )
    assert [(each.state, each.started_at) for each in clocks] == (
        [("running", START + timedelta(seconds=60))] if waits else []
    )
