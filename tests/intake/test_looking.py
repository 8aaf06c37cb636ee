"""What nobody could make a ticket of is kept, seen, and opened or dismissed once."""

import pytest

from tests.world import World
from ticketyard.core.errors import NotFound
from ticketyard.intake.errors import AlreadyLooked
from ticketyard.intake.looking import dismiss_message, keep_for_a_look, open_kept_message
from ticketyard.intake.queries import (
    count_waiting_messages,
    get_message,
    list_messages_of_ticket,
    list_waiting_messages,
)
from ticketyard.intake.receiving import RawMessage
from ticketyard.tickets.queries import get_ticket

ODD = RawMessage(content=b"\xff\x00 help {")


async def keep(world: World, message: RawMessage = ODD) -> int:
    async with world.resources.db.transaction(world.company_id) as session:
        return await keep_for_a_look(
            session, source="glpi", message=message, problem="not valid JSON", by=world.system
        )


async def test_the_same_again_is_only_counted(world: World) -> None:
    first = await keep(world)
    assert await keep(world) == first
    assert await keep(world, RawMessage(content=b"other")) != first
    async with world.resources.db.transaction(world.company_id) as session:
        assert await count_waiting_messages(session) == 2
        waiting = await list_waiting_messages(session)
        assert [each.repeats for each in waiting] == [0, 1]
        older = await list_waiting_messages(session, before=waiting[0].id)
        assert [each.raw for each in older] == [ODD.content]


async def test_a_person_makes_a_ticket_of_it(world: World) -> None:
    message_id = await keep(world)
    ana = world.as_person(world.ana)
    async with world.resources.db.transaction(world.company_id) as session:
        opened = await open_kept_message(
            session, world.resources, message_id=message_id, title="Odd call", by=ana
        )
    async with world.resources.db.transaction(world.company_id) as session:
        ticket = await get_ticket(session, opened.id)
        assert (ticket.title, ticket.source) == ("Odd call", "glpi")
        assert "help {" in ticket.description
        assert [each.id for each in await list_messages_of_ticket(session, opened.id)] == [
            message_id
        ]
        assert await count_waiting_messages(session) == 0
        with pytest.raises(AlreadyLooked):
            await dismiss_message(session, message_id=message_id, by=ana)


async def test_a_dismissed_message_stays_as_it_came(world: World) -> None:
    message_id = await keep(world)
    async with world.resources.db.transaction(world.company_id) as session:
        await dismiss_message(session, message_id=message_id, by=world.as_person(world.ana))
    async with world.resources.db.transaction(world.company_id) as session:
        message = await get_message(session, message_id)
        assert (message.state, message.raw) == ("dismissed", ODD.content)


async def test_another_company_sees_none_of_it(world: World) -> None:
    message_id = await keep(world)
    async with world.resources.db.transaction(world.other_company_id) as session:
        assert await list_waiting_messages(session) == []
        with pytest.raises(NotFound):
            await get_message(session, message_id)
