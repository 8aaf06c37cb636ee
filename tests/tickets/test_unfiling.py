"""Taking back what was said of a ticket."""

import pytest
from sqlalchemy import text

from tests.world import World
from ticketyard.tickets.errors import TicketMerged
from ticketyard.tickets.labelling import Changes, change_ticket
from ticketyard.tickets.related.merging import merge_tickets
from ticketyard.tickets.unfiling import unfile_ticket


async def test_the_category_is_as_before_and_so_is_whose_word_it_was(world: World) -> None:
    opened = await world.open()
    by = world.as_person(world.ana)
    async with world.resources.db.transaction(world.company_id) as session:
        changes = Changes.of({"category": "vpn"})
        await change_ticket(session, ticket_id=opened.id, changes=changes, by=by)
        ticket = await unfile_ticket(
            session, ticket_id=opened.id, field="category", value=None, said_by="default", by=by
        )
        assert (ticket.category, ticket.category_by, ticket.version) == (None, "default", 3)
        said = await session.scalar(
            text("select payload -> 'changes' from event where type = 'ticket.changed'"
                 " order by id desc limit 1")
        )  # fmt: skip
    assert said == {"category": ["vpn", None]}


async def test_what_was_only_confirmed_changes_no_value(world: World) -> None:
    opened = await world.open()
    by = world.as_person(world.ana)
    async with world.resources.db.transaction(world.company_id) as session:
        ticket = await unfile_ticket(
            session, ticket_id=opened.id, field="category", value=None, said_by="triage", by=by
        )
        assert (ticket.category_by, ticket.version) == ("triage", 2)
        count = await session.scalar(
            text("select count(*) from event where type = 'ticket.changed'")
        )
    assert count == 0


async def test_nothing_is_taken_back_on_a_merged_ticket(world: World) -> None:
    opened, other = await world.open(), await world.open("Other")
    by = world.as_person(world.ana)
    async with world.resources.db.transaction(world.company_id) as session:
        await merge_tickets(session, ticket_id=opened.id, into=other.id, by=by)
    with pytest.raises(TicketMerged):
        async with world.resources.db.transaction(world.company_id) as session:
            await unfile_ticket(
                session, ticket_id=opened.id, field="category", value=None, said_by="x", by=by
            )
