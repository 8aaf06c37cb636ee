"""Whoever does this work may be killed at any moment: what is done again counts nothing twice."""

import asyncio
from contextlib import suppress

from tests.knowledge.learning.asking import Desk
from tests.knowledge.learning.test_drafting import solved
from tests.world import World
from ticketyard.core.resources import Resources
from ticketyard.knowledge.learning import jobs

ASKED = "How do I clear the paper jam in my printer?"
MOMENTS = (0.001, 0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.13)


async def everything(resources: Resources, company_id: int) -> None:
    """All that the timetable does."""
    await jobs.find_gaps(resources, company_id)
    await jobs.draft_from_tickets(resources, company_id)
    await jobs.follow_answered(resources, company_id)


async def test_killed_again_and_again_it_comes_to_the_same(world: World) -> None:
    north = Desk.north(world)
    at = north.ago(days=8)
    for number in range(6):
        await north.chat(f"{ASKED} {'please ' * number}", owner=f"person:{number}", at=at)
    await north.chat("The VPN drops", answered=True, outcome="resolved_confirmed", at=at)
    await solved(world)
    await solved(world, "Paper jam in the printer on the third floor")

    for moment in MOMENTS:
        with suppress(TimeoutError):
            async with asyncio.timeout(moment):
                await everything(world.resources, world.company_id)
    await everything(world.resources, world.company_id)
    await everything(world.resources, world.company_id)

    (gap,) = await north.gaps()
    assert (gap.gap.asked, gap.gap.people) == (6, 6)
    counted = {
        "unanswered_question": 6,
        "article_proposal": 1,
        "proposal_ticket": 2,
        "knowledge_document": 1,
        "deflection_case": 7,
    }
    for table, rows in counted.items():
        assert await north.run(f"select count(*) from {table}") == rows
