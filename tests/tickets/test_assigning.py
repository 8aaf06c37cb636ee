import asyncio

import pytest
from sqlalchemy import select, text

from tests.world import World
from ticketyard.people.errors import AgentNotFound
from ticketyard.tickets.assigning import Choice, assign_many, assign_ticket
from ticketyard.tickets.changing_status import change_status
from ticketyard.tickets.errors import TicketNotFound
from ticketyard.tickets.models import StateChange, Ticket
from ticketyard.tickets.queries import get_ticket


async def test_giving_a_ticket_keeps_who_had_it_and_why(world: World) -> None:
    opened = await world.open()
    by = world.as_person(world.admin)
    async with world.resources.db.transaction(world.company_id) as session:
        await assign_ticket(session, ticket_id=opened.id, agent_id=world.ana.id, by=by)
        await assign_ticket(
            session, ticket_id=opened.number.lower(), agent_id=world.bo.id, by=by, reason="Knows it"
        )
        events = await session.execute(
            text("select payload from event where ticket_id = :id and type = 'ticket.assigned'"),
            {"id": opened.id},
        )
        payloads = [row.payload for row in events]

    assert [(each["before"], each["agent_id"]) for each in payloads] == [
        (None, world.ana.id),
        (world.ana.id, world.bo.id),
    ]
    assert payloads[1]["reason"] == "Knows it"


async def test_only_somebody_who_answers_can_be_given_a_ticket(world: World) -> None:
    opened = await world.open()
    for nobody in (world.rita.id, world.other_admin.id, 10**9):
        with pytest.raises(AgentNotFound):
            async with world.resources.db.transaction(world.company_id) as session:
                await assign_ticket(
                    session, ticket_id=opened.id, agent_id=nobody, by=world.as_person(world.ana)
                )


async def test_another_companys_ticket_does_not_exist(world: World) -> None:
    opened = await world.open()
    with pytest.raises(TicketNotFound):
        async with world.resources.db.transaction(world.other_company_id) as session:
            await assign_ticket(
                session,
                ticket_id=opened.id,
                agent_id=world.other_admin.id,
                by=world.as_person(world.other_admin),
            )


async def test_a_batch_passes_over_what_is_taken_finished_or_unknown(world: World) -> None:
    free, working, taken, done = [await world.open(f"Ticket {n}") for n in range(4)]
    by = world.as_person(world.ana)
    async with world.resources.db.transaction(world.company_id) as session:
        await change_status(session, ticket_id=working.id, status="pending", by=by)
        await assign_ticket(session, ticket_id=taken.id, agent_id=world.bo.id, by=by)
        await change_status(session, ticket_id=done.id, status="resolved", by=by)
    async with world.resources.db.transaction(world.company_id) as session:
        given = await assign_many(
            session,
            [
                Choice(free.id, world.ana.id, "Least load."),
                Choice(working.id, world.bo.id),
                Choice(taken.id, world.ana.id),
                Choice(done.id, world.ana.id),
                Choice(10**9, world.ana.id),
            ],
            by=world.system,
        )
        tickets = {each.id: each for each in await session.scalars(select(Ticket))}
        reasons = list(
            await session.scalars(
                select(StateChange.reason).where(StateChange.to_status == "assigned")
            )
        )

    assert given == [free.id, working.id]
    assert (tickets[free.id].status, tickets[free.id].assignee_id) == ("assigned", world.ana.id)
    assert (tickets[working.id].status, tickets[working.id].assignee_id) == ("pending", world.bo.id)
    assert tickets[taken.id].assignee_id == world.bo.id
    assert tickets[done.id].assignee_id is None
    assert tickets[free.id].first_response_at is None, "the system's own moves are no answer"
    assert "Least load." in reasons


async def test_a_batch_gives_nothing_to_who_is_no_agent(world: World) -> None:
    opened = await world.open()
    async with world.resources.db.transaction(world.company_id) as session:
        assert not await assign_many(session, [Choice(opened.id, world.rita.id)], by=world.system)
        assert not await assign_many(session, [], by=world.system)


async def test_two_batches_at_once_give_each_ticket_once(world: World) -> None:
    ids = [(await world.open(f"Ticket {n}")).id for n in range(12)]

    async def give(agent_id: int, order: list[int]) -> list[int]:
        async with world.resources.db.transaction(world.company_id) as session:
            return await assign_many(
                session, [Choice(each, agent_id) for each in order], by=world.system
            )

    ana, bo = await asyncio.gather(give(world.ana.id, ids), give(world.bo.id, ids[::-1]))

    assert sorted(ana + bo) == sorted(ids)
    async with world.resources.db.transaction(world.company_id) as session:
        for ticket_id in ids:
            assert (await get_ticket(session, ticket_id)).version == 2
