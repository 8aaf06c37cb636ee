from typing import Any

import pytest
from sqlalchemy import text

from tests.world import World
from ticketyard.people.errors import TeamNotFound
from ticketyard.tickets.errors import BadField, UnknownCategory
from ticketyard.tickets.labelling import Changes, Found, change_ticket, label_found
from ticketyard.tickets.queries import get_ticket


async def change(world: World, ticket_id: int, **values: Any) -> Any:
    async with world.resources.db.transaction(world.company_id) as session:
        return await change_ticket(
            session, ticket_id=ticket_id, changes=Changes.of(values), by=world.as_person(world.ana)
        )


async def test_only_what_differs_is_kept_as_a_change(world: World) -> None:
    opened = await world.open(tags=("old",))
    ticket = await change(world, opened.id, title="Printer on fire", priority="high", tags=["Old"])
    async with world.resources.db.transaction(world.company_id) as session:
        payloads = list(
            await session.scalars(text("select payload from event where type = 'ticket.changed'"))
        )

    assert (ticket.version, ticket.priority, ticket.priority_by) == (2, "high", "agent")
    assert [each["changes"] for each in payloads] == [{"priority": ["medium", "high"]}]


async def test_nothing_new_leaves_no_trace(world: World) -> None:
    opened = await world.open()
    ticket = await change(world, opened.id, title="Printer on fire", tags=[])

    assert ticket.version == 1


async def test_choosing_the_value_that_stands_says_that_it_is_right(world: World) -> None:
    opened = await world.open()
    ticket = await change(world, opened.id, priority="medium")
    async with world.resources.db.transaction(world.company_id) as session:
        await label_found(session, [Found(opened.id, priority="critical")], by=world.system)
        kept = await get_ticket(session, opened.id)

    assert (ticket.priority_by, ticket.version) == ("agent", 2)
    assert kept.priority == "medium"


async def test_fields_are_changed_emptied_and_merged(world: World) -> None:
    opened = await world.open(tags=("a", "b"), custom_fields={"floor": 1, "room": 2})
    await change(world, opened.id, category="VPN", severity="HIGH", urgency=9)
    ticket = await change(
        world, opened.id, category=None, severity=None, add_tags=["C"], remove_tags=["A"],
        custom_fields={"floor": 3, "room": None},
    )  # fmt: skip

    assert (ticket.category, ticket.severity, ticket.urgency) == (None, None, 9)
    assert ticket.tags == ["b", "c"]
    assert ticket.custom_fields == {"floor": 3}


@pytest.mark.parametrize(
    ("values", "refusal"),
    [
        ({"category": "gardening"}, UnknownCategory),
        ({"team_id": 10**6}, TeamNotFound),
        ({"urgency": 11}, BadField),
        ({"priority": None}, BadField),
        ({"title": " "}, BadField),
        ({"add_tags": [f"tag{n}" for n in range(21)]}, BadField),
    ],
)
async def test_an_impossible_value_changes_nothing(
    world: World, values: dict[str, Any], refusal: type[Exception]
) -> None:
    opened = await world.open()
    with pytest.raises(refusal):
        await change(world, opened.id, subcategory="screens", **values)
    async with world.resources.db.transaction(world.company_id) as session:
        ticket = await get_ticket(session, opened.id)

    assert (ticket.version, ticket.subcategory) == (1, None)


def test_an_unknown_field_is_refused_by_name() -> None:
    with pytest.raises(BadField, match="company_id"):
        Changes.of({"company_id": 2})


@pytest.mark.parametrize(
    ("said_by", "after"),
    [("triage", (None, "default")), ("source", ("vpn", "source")), ("agent", ("vpn", "agent"))],
)
async def test_what_triage_doubts_it_takes_away_and_nobody_elses_word(
    world: World, said_by: str, after: tuple[str | None, str]
) -> None:
    opened = await world.open("A")
    async with world.resources.db.transaction(world.company_id) as session:
        ticket = await get_ticket(session, opened.id)
        ticket.category, ticket.category_by = "vpn", said_by
    async with world.resources.db.transaction(world.company_id) as session:
        doubt = Found(opened.id, doubts_category=True)
        assert bool(await label_found(session, [doubt], by=world.system)) is (said_by == "triage")
        assert await label_found(session, [doubt], by=world.system) == []
        assert await label_found(session, [Found(opened.id)], by=world.system) == []
    async with world.resources.db.transaction(world.company_id) as session:
        ticket = await get_ticket(session, opened.id)
    assert (ticket.category, ticket.category_by) == after


async def test_what_triage_finds_fills_only_what_nobody_said(world: World) -> None:
    blank = await world.open("A")
    said = await world.open("B", category="network", priority="low")
    async with world.resources.db.transaction(world.company_id) as session:
        found = [
            Found(each.id, category="vpn", priority="high", urgency=7) for each in (blank, said)
        ]
        assert await label_found(session, found, by=world.system) == [blank.id, said.id]
        assert await label_found(session, found, by=world.system) == [], "twice changes nothing"
        one, two = await get_ticket(session, blank.id), await get_ticket(session, said.id)

    assert (one.category, one.category_by, one.priority, one.urgency) == (
        "vpn",
        "triage",
        "high",
        7,
    )
    assert (two.category, two.category_by, two.priority, two.urgency) == (
        "network", "source", "low", 7,
    )  # fmt: skip
