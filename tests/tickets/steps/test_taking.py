"""Tickets are taken along the company's own steps."""

import asyncio
from typing import Any

import pytest

from tests.world import World
from ticketyard.tickets.assigning import assign_ticket
from ticketyard.tickets.changing_status import change_status
from ticketyard.tickets.errors import (
    IllegalTransition,
    NobodyHasIt,
    OtherStep,
    StepNotFound,
    TicketChangedMeanwhile,
)
from ticketyard.tickets.models import Ticket
from ticketyard.tickets.queries import get_ticket
from ticketyard.tickets.steps.course import DEFAULT, step_of
from ticketyard.tickets.steps.setting import list_steps, set_steps
from ticketyard.tickets.steps.taking import advance_ticket, move_to_step


async def move(world: World, ticket_id: int, step: str, **more: Any) -> Ticket:
    async with world.resources.db.transaction(world.company_id) as session:
        by = world.as_person(world.ana)
        return await move_to_step(session, ticket_id=ticket_id, step=step, by=by, **more)


async def advance(world: World, ticket_id: int, **more: Any) -> Ticket:
    async with world.resources.db.transaction(world.company_id) as session:
        return await advance_ticket(
            session, ticket_id=ticket_id, by=world.as_person(world.ana), **more
        )


async def standing(world: World, ticket_id: int) -> tuple[str, str]:
    async with world.resources.db.transaction(world.company_id) as session:
        ticket = await get_ticket(session, ticket_id)
        steps = await list_steps(session)
        return ticket.status, step_of(steps, ticket.status, ticket.work_step).name


async def assign(world: World, ticket_id: int) -> None:
    async with world.resources.db.transaction(world.company_id) as session:
        by = world.as_person(world.ana)
        await assign_ticket(session, ticket_id=ticket_id, agent_id=world.bo.id, by=by)


async def test_a_new_ticket_goes_the_default_way_step_by_step(world: World) -> None:
    opened = await world.open()
    seen = [await standing(world, opened.id)]
    for number in range(4):
        if number == 1:
            with pytest.raises(NobodyHasIt, match=r"assign TKT-.* to an agent"):
                await advance(world, opened.id)
            await assign(world, opened.id)
        else:
            await advance(world, opened.id)
        seen.append(await standing(world, opened.id))

    assert [name for _, name in seen] == [step.name for step in DEFAULT]
    assert [status for status, _ in seen] == [step.status for step in DEFAULT]
    with pytest.raises(OtherStep):
        await advance(world, opened.id)


async def test_a_step_takes_the_ticket_to_its_status_and_never_past_the_rules(
    world: World,
) -> None:
    opened = await world.open()

    await move(world, opened.id, " in progress ")
    assert await standing(world, opened.id) == ("in_progress", "In Progress")
    with pytest.raises(IllegalTransition):
        await move(world, opened.id, "Open")
    with pytest.raises(StepNotFound):
        await move(world, opened.id, "Lunch")
    with pytest.raises(TicketChangedMeanwhile):
        await move(world, opened.id, "Done", version=1)
    with pytest.raises(OtherStep):
        await move(world, opened.id, "Done", seen="Open")
    with pytest.raises(OtherStep):
        await advance(world, opened.id, seen="Open")
    version = (await move(world, opened.id, "In Progress")).version
    assert version == 2, "where it stands already, nothing changes"


@pytest.mark.parametrize("status", ["assigned", "pending"])
@pytest.mark.parametrize("step", ["Open", "Assign to Team"])
async def test_what_is_taken_back_to_open_is_nobody_s(world: World, step: str, status: str) -> None:
    opened = await world.open()
    await assign(world, opened.id)
    async with world.resources.db.transaction(world.company_id) as session:
        by = world.as_person(world.ana)
        await change_status(session, ticket_id=opened.id, status=status, by=by)

    ticket = await move(world, opened.id, step)

    assert (ticket.status, ticket.assignee_id) == ("open", None)
    assert await standing(world, opened.id) == ("open", step)


async def test_what_is_done_is_refused_by_the_rules_and_not_for_want_of_an_agent(
    world: World,
) -> None:
    opened = await world.open()
    await move(world, opened.id, "Done")

    with pytest.raises(IllegalTransition):
        await move(world, opened.id, "Assign to Member")


async def test_what_waits_goes_on_when_it_is_taken_to_the_step_it_is_shown_on(
    world: World,
) -> None:
    opened = await world.open()
    await move(world, opened.id, "In Progress")
    async with world.resources.db.transaction(world.company_id) as session:
        by = world.as_person(world.ana)
        await change_status(session, ticket_id=opened.id, status="pending", by=by)
    assert await standing(world, opened.id) == ("pending", "In Progress")

    await move(world, opened.id, "In Progress")

    assert await standing(world, opened.id) == ("in_progress", "In Progress")


Way = list[tuple[str, str]]


async def set_way(world: World, names: str, renamed: dict[str, str] | None = None) -> None:
    """Steps of one letter each; the last stands for resolved, all others for open."""
    way: Way = [*((name, "open") for name in names[:-1]), (names[-1], "resolved")]
    async with world.resources.db.transaction(world.company_id) as session:
        by = world.as_person(world.admin)
        await set_steps(session, steps=way, renamed=renamed, by=by)


@pytest.mark.parametrize(
    ("after", "renamed", "stands"),
    [
        ("ABCZ", {"B": "C", "C": "B"}, {"A": "A", "B": "C", "C": "B"}),
        ("BCDZ", {"A": "B", "B": "C", "C": "D"}, {"A": "B", "B": "C", "C": "D"}),
        ("ACZ", {"B": "C"}, {"A": "A", "B": "C", "C": "A"}),
        ("ABZ", {" c ": "b"}, {"A": "A", "B": "A", "C": "B"}),
        ("CBAZ", {}, {"A": "A", "B": "B", "C": "C"}),
    ],
)
async def test_names_that_are_swapped_or_handed_on_take_their_tickets_along(
    world: World, after: str, renamed: dict[str, str], stands: dict[str, str]
) -> None:
    await set_way(world, "ABCZ")
    tickets = {name: (await world.open()).id for name in "ABC"}
    for name, ticket in tickets.items():
        await move(world, ticket, "C" if name == "A" else "A")
        await move(world, ticket, name)

    await set_way(world, after, renamed)

    assert {name: (await standing(world, each))[1] for name, each in tickets.items()} == stands


async def test_a_step_that_is_lost_and_made_again_is_another_one(world: World) -> None:
    await set_way(world, "ABZ")
    opened = await world.open()
    await move(world, opened.id, "B")
    await set_way(world, "ACZ")
    await set_way(world, "ABZ")

    assert await standing(world, opened.id) == ("open", "A")


async def test_two_who_set_the_steps_at_once_take_turns(world: World) -> None:
    by = world.as_person(world.admin)
    async with world.resources.db.transaction(world.company_id) as session:
        await set_steps(session, steps=[("New", "open"), ("Done", "closed")], by=by)
        other = asyncio.create_task(set_way(world, "ABZ"))
        await asyncio.sleep(0.3)
        assert not other.done()
    await other
    async with world.resources.db.transaction(world.company_id) as session:
        assert [each.name for each in await list_steps(session)] == ["A", "B", "Z"]


async def test_a_renamed_step_keeps_its_tickets_and_a_lost_one_gives_them_to_the_first(
    world: World,
) -> None:
    opened = await world.open()
    await move(world, opened.id, "Assign to Team")
    way = [("New", "open"), ("Sorting", "open"), ("Done", "resolved")]
    admin = world.as_person(world.admin)
    async with world.resources.db.transaction(world.company_id) as session:
        await set_steps(session, steps=way, renamed={"Assign to Team": "Sorting"}, by=admin)
    assert await standing(world, opened.id) == ("open", "Sorting")
    async with world.resources.db.transaction(world.company_id) as session:
        await set_steps(session, steps=[way[0], way[2]], by=admin)
    assert await standing(world, opened.id) == ("open", "New")
    async with world.resources.db.transaction(world.company_id) as session:
        assert await set_steps(session, steps=[], by=admin) == DEFAULT
    async with world.resources.db.transaction(world.other_company_id) as session:
        assert await list_steps(session) == DEFAULT
