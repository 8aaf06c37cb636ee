import psycopg
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from tests.world import World
from ticketyard.core.jobs import Worker
from ticketyard.tickets.errors import UnknownCategory
from ticketyard.tickets.queries import get_ticket
from ticketyard.triage.analysing import analyse_tickets
from ticketyard.triage.correcting import correct_category, correct_priority
from ticketyard.triage.learning.gathering import list_examples
from ticketyard.triage.models import Correction
from ticketyard.triage.queries import get_analysis, list_for_review


async def test_a_correction_files_the_ticket_and_is_kept_as_an_example(
    world: World, worker: Worker
) -> None:
    opened = await world.open("The printer cannot reach the server room switch")
    await worker.run_pending()
    by = world.as_person(world.ana)
    async with world.resources.db.transaction(world.company_id) as session:
        found = (await get_analysis(session, opened.id)).category
        ticket = await correct_category(session, ticket_id=opened.id, category="VPN", by=by)
        assert (ticket.category, ticket.category_by) == ("vpn", "agent")
    async with world.resources.db.transaction(world.company_id) as session:
        (kept,) = await session.scalars(select(Correction))
        assert (kept.found, kept.corrected, kept.by_id) == (found, "vpn", world.ana.id)
        assert [(each.text, each.label) for each in await list_examples(session)] == [
            ("The printer cannot reach the server room switch", "vpn")
        ]


async def test_a_corrected_ticket_leaves_the_review_and_triage_leaves_it_alone(
    world: World, worker: Worker
) -> None:
    opened = await world.open("Hm")
    await worker.run_pending()
    async with world.resources.db.transaction(world.company_id) as session:
        assert [each.ticket_id for each in await list_for_review(session)] == [opened.id]
        await correct_category(
            session, ticket_id=opened.id, category="other", by=world.as_person(world.bo)
        )
    async with world.resources.db.transaction(world.company_id) as session:
        assert await list_for_review(session) == []
        ticket = await get_ticket(session, opened.id, lock=True)
        ticket.title = "The printer prints blank pages"
    await analyse_tickets(world.resources, world.company_id, [opened.id])
    async with world.resources.db.transaction(world.company_id) as session:
        assert (await get_ticket(session, opened.id)).category == "other"


async def test_a_priority_is_corrected_for_good(world: World, worker: Worker) -> None:
    opened = await world.open("URGENT: printer down")
    await worker.run_pending()
    async with world.resources.db.transaction(world.company_id) as session:
        ticket = await correct_priority(
            session, ticket_id=opened.id, priority="low", by=world.as_person(world.ana)
        )
        assert (ticket.priority, ticket.priority_by) == ("low", "agent")


async def test_a_category_the_company_does_not_have_is_refused_and_nothing_kept(
    world: World,
) -> None:
    opened = await world.open("x")
    with pytest.raises(UnknownCategory):
        async with world.resources.db.transaction(world.company_id) as session:
            await correct_category(
                session, ticket_id=opened.id, category="spaceships", by=world.system
            )
    async with world.resources.db.transaction(world.company_id) as session:
        assert list(await session.scalars(select(Correction))) == []


@pytest.mark.parametrize(
    "statement", ["update correction set corrected = 'x'", "delete from correction"]
)
async def test_corrections_cannot_be_edited(world: World, statement: str) -> None:
    opened = await world.open("x")
    async with world.resources.db.transaction(world.company_id) as session:
        await correct_category(session, ticket_id=opened.id, category="other", by=world.system)
    with pytest.raises(DBAPIError) as refused:
        async with world.resources.db.transaction(world.company_id) as session:
            await session.execute(text(statement))
    assert isinstance(refused.value.orig, psycopg.errors.InsufficientPrivilege)
