"""The company defines its own fields, and tickets keep to them."""

from typing import Any

import pytest

from tests.world import World
from ticketyard.tickets.errors import BadField, FieldNotFound, NameTaken
from ticketyard.tickets.fields.defining import (
    DEFINED_MAX,
    add_field,
    change_field,
    delete_field,
    get_field,
)
from ticketyard.tickets.labelling import Changes, change_ticket
from ticketyard.tickets.models import CustomField
from ticketyard.tickets.queries import get_ticket, list_fields


async def add(world: World, **given: Any) -> CustomField:
    async with world.resources.db.transaction(world.company_id) as session:
        by = world.as_person(world.admin)
        return await add_field(session, by=by, **{"name": "Floor", "kind": "number", **given})


async def set_fields(world: World, ticket_id: int, **values: Any) -> dict[str, Any]:
    async with world.resources.db.transaction(world.company_id) as session:
        changes = Changes.of({"custom_fields": values})
        by = world.as_person(world.ana)
        await change_ticket(session, ticket_id=ticket_id, changes=changes, by=by)
        return (await get_ticket(session, ticket_id)).custom_fields


async def test_a_ticket_keeps_what_its_fields_allow(world: World) -> None:
    await add(world)
    opened = await world.open(custom_fields={"Floor": "from before, not a number"})

    with pytest.raises(BadField, match="Floor"):
        await set_fields(world, opened.id, floor="third")
    assert await set_fields(world, opened.id, floor="3") == {"Floor": 3}
    assert await set_fields(world, opened.id, floor="") == {}
    assert await set_fields(world, opened.id, unknown=[1]) == {"unknown": [1]}


async def test_a_field_out_of_use_checks_nothing(world: World) -> None:
    field = await add(world)
    async with world.resources.db.transaction(world.company_id) as session:
        by = world.as_person(world.admin)
        await change_field(session, field_id=field.id, changes={"is_active": False}, by=by)
        assert not await list_fields(session)
        assert len(await list_fields(session, all_of_them=True)) == 1
    opened = await world.open()

    assert await set_fields(world, opened.id, Floor="third") == {"Floor": "third"}


async def test_deleting_a_field_leaves_the_values(world: World) -> None:
    field = await add(world)
    opened = await world.open()
    await set_fields(world, opened.id, Floor=3)
    async with world.resources.db.transaction(world.company_id) as session:
        await delete_field(session, field_id=field.id, by=world.as_person(world.admin))
        with pytest.raises(FieldNotFound):
            await get_field(session, field.id)
        assert (await get_ticket(session, opened.id)).custom_fields == {"Floor": 3}


async def test_fields_that_cannot_be_are_refused(world: World) -> None:
    await add(world)

    with pytest.raises(NameTaken):
        await add(world, name="FLOOR", kind="text")
    for given in (
        {"name": " "},
        {"name": "x" * 61},
        {"name": "A", "kind": "colour"},
        {"name": "A", "kind": "choice"},
        {"name": "A", "kind": "text", "choices": ["x"]},
        {"name": "A", "kind": "choice", "choices": [str(n) for n in range(101)]},
        {"name": "A", "kind": "text", "help": "x" * 301},
        {"name": "A", "kind": "text", "colour": "red"},
    ):
        with pytest.raises(BadField):
            await add(world, **given)
    async with world.resources.db.transaction(world.company_id) as session:
        assert [each.name for each in await list_fields(session)] == ["Floor"]


async def test_there_is_an_end_to_fields(world: World) -> None:
    for n in range(DEFINED_MAX):
        await add(world, name=f"Field {n}")

    with pytest.raises(BadField):
        await add(world, name="One more")


async def test_another_companys_field_is_not_found(world: World) -> None:
    field = await add(world)
    async with world.resources.db.transaction(world.other_company_id) as session:
        with pytest.raises(FieldNotFound):
            await get_field(session, field.id)
        await add_field(session, name="Floor", kind="text", by=world.as_person(world.other_admin))
