"""What a ticket says is replaced, and what that changes of its labels is told."""

from typing import Any

import pytest
from sqlalchemy import text

from tests.world import World
from ticketyard.tickets.labelling import Changes, Found, change_ticket, label_found
from ticketyard.tickets.rereading import NewContent, reread_tickets


async def _reread(world: World, ticket_id: int) -> list[tuple[str, Any]]:
    """What was told of it, in order."""
    async with world.resources.db.transaction(world.company_id) as session:
        last = await session.scalar(text("select max(id) from event"))
        content = NewContent(ticket_id=ticket_id, title="Another", description="Matter.")
        await reread_tickets(session, [content], by=world.system)
        rows = await session.execute(
            text("select type, payload from event where id > :last order by id"), {"last": last}
        )
        return [(row.type, row.payload.get("changes")) for row in rows]


async def test_what_triage_had_filled_in_goes_and_that_is_told(world: World) -> None:
    opened = await world.open()
    found = Found(ticket_id=opened.id, category="Hardware", priority="urgent", urgency=8)
    async with world.resources.db.transaction(world.company_id) as session:
        await label_found(session, [found], by=world.system)

    assert await _reread(world, opened.id) == [
        (
            "ticket.changed",
            {
                "category": ["Hardware", None],
                "priority": ["urgent", "medium"],
                "urgency": [8, None],
            },
        ),
        ("ticket.reread", None),
    ]


@pytest.mark.parametrize("by", ["source", "agent"])
async def test_what_somebody_said_stays_and_nothing_is_told(world: World, by: str) -> None:
    said = {"category": "Hardware", "priority": "urgent"}
    opened = await world.open(**(said if by == "source" else {}))
    if by == "agent":
        async with world.resources.db.transaction(world.company_id) as session:
            ana = world.as_person(world.ana)
            await change_ticket(session, ticket_id=opened.id, changes=Changes.of(said), by=ana)

    assert await _reread(world, opened.id) == [("ticket.reread", None)]
