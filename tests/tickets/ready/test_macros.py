"""Several changes and an answer in one step, all or none."""

from typing import Any

import pytest

from tests.world import World
from ticketyard.core.auth import Principal
from ticketyard.core.errors import Refusal
from ticketyard.tickets.bulk import BulkChange, change_many
from ticketyard.tickets.changing_status import change_status
from ticketyard.tickets.errors import (
    BadField,
    IllegalTransition,
    MacroNotFound,
    NameTaken,
    NotForRequesters,
    TicketChangedMeanwhile,
)
from ticketyard.tickets.fields.defining import add_field
from ticketyard.tickets.models import Macro, Ticket
from ticketyard.tickets.queries import get_ticket, list_comments, list_macros
from ticketyard.tickets.ready.actions import filled, read_actions, render_actions
from ticketyard.tickets.ready.applying import apply_macro
from ticketyard.tickets.ready.keeping import delete_macro, get_macro, save_macro

ALL = {
    "priority": "HIGH",
    "category": "Printer",
    "add_tags": ["Toner"],
    "custom_fields": {"floor": "3"},
    "assignee": "me",
    "status": "pending",
    "comment": "Dear {requester}, {number} waits for toner. {agent} {nonsense}",
}


async def save(world: World, given: dict[str, Any], macro_id: int | None = None) -> Macro:
    async with world.resources.db.transaction(world.company_id) as session:
        by = world.as_person(world.admin)
        return await save_macro(session, given=given, by=by, macro_id=macro_id)


async def apply(
    world: World, ticket_id: int, macro_id: int, by: Principal | None = None, **more: Any
) -> Ticket:
    async with world.resources.db.transaction(world.company_id) as session:
        by = by or world.as_person(world.ana)
        return await apply_macro(session, ticket_id=ticket_id, macro_id=macro_id, by=by, **more)


async def test_a_macro_does_everything_it_says(world: World) -> None:
    macro = await save(world, {"name": "Toner", "actions": ALL})
    opened = await world.open(requester_name="Rita")

    await apply(world, opened.id, macro.id)

    async with world.resources.db.transaction(world.company_id) as session:
        ticket = await get_ticket(session, opened.id)
        assert (ticket.priority, ticket.category, ticket.tags) == ("high", "printer", ["toner"])
        assert (ticket.assignee_id, ticket.status) == (world.ana.id, "pending")
        assert ticket.custom_fields == {"floor": "3"}
        (comment,) = await list_comments(session, opened.id, world.as_person(world.rita))
        assert comment.body == (
            f"Dear Rita, {opened.number} waits for toner. {world.ana.name} {{nonsense}}"
        )
        assert (await get_macro(session, macro.id)).used == 1


async def test_what_one_change_refuses_undoes_the_others(world: World) -> None:
    macro = await save(world, {"name": "Close", "actions": {**ALL, "status": "closed"}})
    opened = await world.open()

    # Caught inside of a transaction that goes on: what is undone does not hang on its end.
    async with world.resources.db.transaction(world.company_id) as session:
        by = world.as_person(world.ana)
        with pytest.raises(IllegalTransition):
            await apply_macro(session, ticket_id=opened.id, macro_id=macro.id, by=by)

    async with world.resources.db.transaction(world.company_id) as session:
        ticket = await get_ticket(session, opened.id)
        assert (ticket.version, ticket.tags, ticket.status) == (1, [], "open")
        assert not await list_comments(session, opened.id, world.as_person(world.ana))
        assert (await get_macro(session, macro.id)).used == 0


async def test_who_saw_an_older_version_is_refused_and_who_may_not_assign_too(world: World) -> None:
    macro = await save(world, {"name": "Toner", "actions": ALL})
    opened = await world.open()
    key = Principal(
        kind="integration",
        id=1,
        name="Key",
        company_id=world.company_id,
        role="integration",
        permissions=frozenset({"tickets:read", "tickets:write"}),
    )

    with pytest.raises(TicketChangedMeanwhile):
        await apply(world, opened.id, macro.id, version=9)
    with pytest.raises(NotForRequesters):
        await apply(world, opened.id, macro.id, by=key)


async def test_a_macro_on_many_tickets_leaves_alone_which_refuse(world: World) -> None:
    macro = await save(world, {"name": "Wait", "actions": {"status": "pending"}})
    first, done = await world.open(), await world.open()
    ana = world.as_person(world.ana)
    async with world.resources.db.transaction(world.company_id) as session:
        await change_status(session, ticket_id=done.id, status="resolved", by=ana)
        change = BulkChange(macro_id=macro.id)
        outcomes = await change_many(session, [first.id, done.id], change, by=ana)

    assert [each.status for each in outcomes] == ["pending", "resolved"]
    assert isinstance(outcomes[1].refusal, IllegalTransition)


async def test_many_tickets_merge_into_one(world: World) -> None:
    survivor, one, two = await world.open(), await world.open(), await world.open()
    ana = world.as_person(world.ana)
    async with world.resources.db.transaction(world.company_id) as session:
        change = BulkChange(merge_into=survivor.number)
        outcomes = await change_many(session, [one.id, survivor.id, two.id], change, by=ana)

    assert [each.refusal is None for each in outcomes] == [True, False, True]
    async with world.resources.db.transaction(world.company_id) as session:
        assert (await get_ticket(session, two.id)).merged_into == survivor.id


@pytest.mark.parametrize(
    "actions",
    [
        {},
        {"reason": "none"},
        {"is_internal": True},
        {"explode": True},
        {"priority": "enormous"},
        {"status": "done"},
        {"assignee": "somebody"},
        {"assignee": True},
        {"assignee": 2**31},
        {"team_id": "1"},
        {"add_tags": "one"},
        {"add_tags": [1]},
        {"custom_fields": [1]},
        {"comment": 5},
        {"comment": "x" * 20_001},
    ],
)
def test_a_macro_that_cannot_be_is_refused(actions: dict[str, Any]) -> None:
    with pytest.raises(BadField):
        read_actions(actions)


def test_actions_are_read_as_they_were_rendered() -> None:
    actions = read_actions({**ALL, "is_internal": True, "assignee": 4, "severity": "Low"})

    assert read_actions(render_actions(actions)) == actions
    assert (actions.labels["priority"], actions.labels["severity"]) == ("high", "low")


def test_only_known_words_in_braces_are_filled_in() -> None:
    assert filled("{ Number } {x} {{number}}", {"number": "{x}"}) == "{x} {x} {{x}}"


async def test_what_a_macro_names_must_be_there(world: World) -> None:
    async with world.resources.db.transaction(world.company_id) as session:
        by = world.as_person(world.admin)
        await add_field(session, name="Floor", kind="number", by=by)
    for actions in (
        {"category": "dragons"},
        {"team_id": 999},
        {"assignee": 999_999},
        {"custom_fields": {"floor": "third"}},
    ):
        with pytest.raises(Refusal):
            await save(world, {"name": "Odd", "actions": actions})


async def test_macros_are_changed_one_part_at_a_time_and_deleted(world: World) -> None:
    macro = await save(world, {"name": "Wait", "actions": {"status": "pending"}})
    await save(world, {"name": "Other", "actions": {"status": "pending"}})
    await save(world, {"is_active": False}, macro.id)
    with pytest.raises(NameTaken):
        await save(world, {"name": "OTHER"}, macro.id)
    with pytest.raises(BadField):
        await save(world, {"name": "  "}, macro.id)
    async with world.resources.db.transaction(world.company_id) as session:
        assert [each.name for each in await list_macros(session)] == ["Other"]
        found = await get_macro(session, macro.id)
        assert (found.name, found.actions) == ("Wait", {"status": "pending"})
        await delete_macro(session, macro_id=macro.id, by=world.as_person(world.admin))
    with pytest.raises(MacroNotFound):
        await apply(world, 1, macro.id)
