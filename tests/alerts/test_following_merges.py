"""An alert of a merged ticket goes on in the one that took it in."""

from collections.abc import Awaitable, Callable

from sqlalchemy import text

from tests.world import World
from ticketyard.tickets.related.merging import merge_tickets


async def test_the_alerts_of_a_merged_ticket_concern_the_survivor(
    world: World, run_jobs: Callable[[], Awaitable[None]]
) -> None:
    merged, between, survivor = [await world.open(f"Ticket {n}") for n in range(3)]
    async with world.resources.db.transaction(world.company_id) as session:
        await session.execute(
            text(
                "select insert_alert(jsonb_build_object('ticket_id', cast(:ticket as bigint),"
                " 'provider_id', 'acme', 'fingerprint', 'x', 'title', 'It burns'))"
            ),
            {"ticket": merged.id},
        )
        by = world.as_person(world.ana)
        await merge_tickets(session, ticket_id=merged.id, into=between.id, by=by)
        await merge_tickets(session, ticket_id=between.id, into=survivor.id, by=by)

    await run_jobs()

    async with world.resources.db.transaction(world.company_id) as session:
        found = await session.scalar(text("select ticket_id from alert"))
    assert found == survivor.id
