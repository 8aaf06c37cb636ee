"""Tickets opened at the desk, from a template or without one."""

from typing import Any

import pytest

from tests.world import World
from ticketyard.core.errors import Refusal
from ticketyard.tickets.errors import BadField, TemplateNotFound
from ticketyard.tickets.fields.defining import add_field
from ticketyard.tickets.models import Ticket
from ticketyard.tickets.numbering import Numbers
from ticketyard.tickets.queries import get_ticket, list_templates
from ticketyard.tickets.ready.keeping import delete_template, save_template
from ticketyard.tickets.ready.opening_by_hand import ByHand, open_by_hand


async def open_one(world: World, template_id: int | None = None, **given: Any) -> Ticket:
    async with world.resources.db.transaction(world.company_id) as session:
        opened = await open_by_hand(
            session,
            ByHand(**given),
            numbers=world.resources.part(Numbers),
            now=world.resources.clock(),
            by=world.as_person(world.ana),
            template_id=template_id,
        )
        return await get_ticket(session, opened.id)


async def template(world: World, **given: Any) -> int:
    async with world.resources.db.transaction(world.company_id) as session:
        kept = await save_template(
            session,
            given={
                "name": "New colleague",
                "title": "New colleague: ",
                "description": "Needs:\n- a laptop",
                "priority": "high",
                "category": "hardware",
                "tags": ["Joiner"],
                "custom_fields": {"Floor": "2"},
                **given,
            },
            by=world.as_person(world.admin),
        )
        return kept.id


async def test_a_template_fills_in_what_is_not_said(world: World) -> None:
    ticket = await open_one(
        world,
        await template(world),
        title="New colleague: Cy",
        requester_email="rita@example.com",
        tags=("monday",),
        custom_fields={"Floor": "3"},
        assignee_id=world.bo.id,
    )

    assert (ticket.title, ticket.description) == ("New colleague: Cy", "Needs:\n- a laptop")
    assert (ticket.priority, ticket.category, ticket.tags) == (
        "high", "hardware", ["joiner", "monday"],
    )  # fmt: skip
    assert ticket.custom_fields == {"Floor": "3"}
    assert (ticket.requester_id, ticket.assignee_id) == (world.rita.id, world.bo.id)
    assert ticket.status == "assigned"


async def test_without_a_template_a_title_is_enough(world: World) -> None:
    ticket = await open_one(world, title="  Somebody\nrang  ")

    assert (ticket.title, ticket.requester_id, ticket.status) == ("Somebody rang", None, "open")


async def test_what_cannot_be_opened_is_refused(world: World) -> None:
    async with world.resources.db.transaction(world.company_id) as session:
        by = world.as_person(world.admin)
        await add_field(session, name="Floor", kind="number", is_required=True, by=by)
    fine: dict[str, Any] = {"title": "It", "custom_fields": {"floor": 3}}

    for wrong in (
        {"title": ""},
        {"requester_email": "nobody"},
        {"category": "dragons"},
        {"priority": "enormous"},
        {"team_id": 999},
        {"assignee_id": 999_999},
        {"custom_fields": {}},
        {"custom_fields": {"Floor": "third"}},
    ):
        with pytest.raises(Refusal):
            await open_one(world, **{**fine, **wrong})
    assert (await open_one(world, **fine)).custom_fields == {"Floor": 3}


async def test_templates_are_checked_listed_and_deleted(world: World) -> None:
    kept = await template(world)
    with pytest.raises(Refusal):
        await template(world)
    with pytest.raises(BadField):
        await template(world, name="Other", colour="red")
    async with world.resources.db.transaction(world.company_id) as session:
        by = world.as_person(world.admin)
        await save_template(session, given={"is_active": False}, by=by, template_id=kept)
        assert not await list_templates(session)
        await delete_template(session, template_id=kept, by=by)
    with pytest.raises(TemplateNotFound):
        await open_one(world, kept, title="It")
