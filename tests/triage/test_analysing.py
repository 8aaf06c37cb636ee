import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select, text

from tests.world import World
from ticketyard.ai.embedding import WEIGHTS, LocalEmbedder, NoEmbedder
from ticketyard.core.jobs import Worker
from ticketyard.core.resources import Resources
from ticketyard.people.companies import change_company
from ticketyard.tickets.models import Ticket
from ticketyard.tickets.queries import get_ticket
from ticketyard.triage.analysing import analyse_tickets
from ticketyard.triage.engines import Engines
from ticketyard.triage.findings import Findings, Profile
from ticketyard.triage.jobs import retry_untriaged
from ticketyard.triage.models import Analysis
from ticketyard.triage.preparing import TicketText
from ticketyard.triage.queries import find_analysis, get_analysis, list_unfinished

PRINTER = "The printer on the second floor prints blank pages"


class Breaking(Engines):
    """Engines that break on texts with a certain word, as a bad model file would."""

    def __init__(self, word: str) -> None:
        super().__init__(NoEmbedder())
        self.word = word

    async def analyse(self, texts: Sequence[TicketText], profile: Profile) -> list[Findings]:
        if any(self.word in text.content for text in texts):
            raise RuntimeError("the model's file is gone")
        return await super().analyse(texts, profile)


def with_engines(resources: Resources, engines: Engines) -> Resources:
    return replace(resources, parts={**resources.parts, Engines: engines})


async def events_of(world: World, ticket_id: int) -> list[dict[str, object]]:
    """What was said about a ticket's triage, oldest first."""
    async with world.resources.db.transaction(world.company_id) as session:
        rows = await session.execute(
            text(
                "select payload from event where type = 'ticket.triaged' and ticket_id = :id"
                " order by id"
            ),
            {"id": ticket_id},
        )
        return [row.payload for row in rows]


async def test_a_new_ticket_is_filed_with_its_reasons(world: World, worker: Worker) -> None:
    opened = await world.open(PRINTER)
    await worker.run_pending()
    async with world.resources.db.transaction(world.company_id) as session:
        ticket = await get_ticket(session, opened.id)
        analysis = await get_analysis(session, opened.id)
    assert (ticket.category, ticket.category_by) == ("printer", "triage")
    assert analysis.state == "done"
    assert analysis.language == "ENG"
    assert not analysis.need_admin
    assert analysis.confidence >= 0.5
    assert "printer" in analysis.evidence["category"]
    assert analysis.summary.startswith("The printer on the second floor")


async def test_what_the_source_said_stays(world: World, worker: Worker) -> None:
    opened = await world.open(PRINTER, category="hardware", priority="low")
    await worker.run_pending()
    async with world.resources.db.transaction(world.company_id) as session:
        ticket = await get_ticket(session, opened.id)
        analysis = await get_analysis(session, opened.id)
    assert (ticket.category, ticket.priority) == ("hardware", "low")
    assert analysis.category == "printer"


@pytest.mark.parametrize("said_by", ["source", "agent"])
async def test_who_named_the_category_is_not_asked_about_it_again(
    world: World, said_by: str
) -> None:
    opened = await world.open("Hm")
    async with world.resources.db.transaction(world.company_id) as session:
        ticket = await get_ticket(session, opened.id)
        ticket.category, ticket.category_by = "vpn", said_by
    await analyse_tickets(world.resources, world.company_id, [opened.id])
    broken = with_engines(world.resources, Breaking("Hm"))
    for resources in (world.resources, broken):
        await analyse_tickets(resources, world.company_id, [opened.id], anew=True)
        async with world.resources.db.transaction(world.company_id) as session:
            assert not (await get_analysis(session, opened.id)).need_admin
    assert [told["need_admin"] for told in await events_of(world, opened.id)] == [False, False]


@pytest.mark.parametrize(
    ("switch", "field", "expected"),
    [("auto_categorize", "category", None), ("auto_prioritize", "priority", "medium")],
)
async def test_a_switch_that_is_off_leaves_its_field_alone(
    world: World, worker: Worker, switch: str, field: str, expected: str | None
) -> None:
    async with world.resources.db.transaction(world.company_id) as session:
        await change_company(session, by=world.system, **{switch: False})
    opened = await world.open("URGENT: the printer is broken, nobody can print")
    await worker.run_pending()
    async with world.resources.db.transaction(world.company_id) as session:
        assert getattr(await get_ticket(session, opened.id), field) == expected
        assert (await get_analysis(session, opened.id)).priority == "critical"


@pytest.mark.parametrize("description", ["", "👍", "zzz qqq", "?" * 50])
async def test_without_a_sure_answer_the_category_stays_empty_and_a_person_is_asked(
    world: World, worker: Worker, description: str
) -> None:
    opened = await world.open("Hm", description=description)
    await worker.run_pending()
    async with world.resources.db.transaction(world.company_id) as session:
        ticket = await get_ticket(session, opened.id)
        analysis = await get_analysis(session, opened.id)
    assert ticket.category is None
    assert analysis.need_admin
    assert analysis.state == "done"


async def test_the_line_goes_on_when_an_engine_breaks_and_the_ticket_is_read_later(
    world: World,
) -> None:
    bad, good = await world.open("The toner breaks the model"), await world.open(PRINTER)
    broken = with_engines(world.resources, Breaking("toner"))
    await analyse_tickets(broken, world.company_id, [bad.id, good.id])
    async with world.resources.db.transaction(world.company_id) as session:
        failed = await get_analysis(session, bad.id)
        ticket = await get_ticket(session, bad.id)
        assert (await get_analysis(session, good.id)).state == "done"
    assert (failed.state, failed.error, failed.need_admin) == ("failed", "RuntimeError", True)
    assert (ticket.category, ticket.priority) == (None, "medium")
    assert len(await events_of(world, bad.id)) == 1
    assert (await events_of(world, bad.id))[0]["failed"] is True

    await retry_untriaged(broken, world.company_id)
    assert len(await events_of(world, bad.id)) == 1

    await retry_untriaged(world.resources, world.company_id)
    async with world.resources.db.transaction(world.company_id) as session:
        mended = await get_analysis(session, bad.id)
        assert (mended.state, mended.attempts, mended.error) == ("done", 3, None)
    assert [event["failed"] for event in await events_of(world, bad.id)] == [True, False]


async def test_reading_twice_changes_and_tells_nothing(world: World) -> None:
    opened = await world.open(PRINTER)
    for _ in range(2):
        await analyse_tickets(world.resources, world.company_id, [opened.id])
    async with world.resources.db.transaction(world.company_id) as session:
        assert (await get_analysis(session, opened.id)).attempts == 1
    assert len(await events_of(world, opened.id)) == 1


class Unsure(Engines):
    """Engines that are sure of nothing any more; `problem`: for now only."""

    def __init__(self, problem: str | None = None) -> None:
        super().__init__(NoEmbedder())
        self.problem = problem

    async def analyse(self, texts: Sequence[TicketText], profile: Profile) -> list[Findings]:
        found = await super().analyse(texts, profile)
        return [replace(each, is_sure=False, problem=self.problem) for each in found]


@pytest.mark.parametrize(
    ("switched", "problem", "category"),
    [(True, None, None), (False, None, "printer"), (True, "EmbedderAway", "printer")],
)
async def test_a_guess_that_is_doubted_later_is_taken_away_and_history_says_so(
    world: World, switched: bool, problem: str | None, category: str | None
) -> None:
    opened = await world.open(PRINTER)
    await analyse_tickets(world.resources, world.company_id, [opened.id])
    async with world.resources.db.transaction(world.company_id) as session:
        assert (await get_ticket(session, opened.id)).category == "printer"
        await change_company(session, by=world.system, auto_categorize=switched)
    unsure = with_engines(world.resources, Unsure(problem))
    await analyse_tickets(unsure, world.company_id, [opened.id], anew=True)
    async with world.resources.db.transaction(world.company_id) as session:
        assert (await get_ticket(session, opened.id)).category == category
        assert (await get_analysis(session, opened.id)).need_admin
        told = await session.scalars(
            text(
                "select payload -> 'changes' -> 'category' from event"
                " where type = 'ticket.changed' and ticket_id = :id order by id"
            ),
            {"id": opened.id},
        )
        changes = [each for each in told if each]
    assert changes[1:] == ([["printer", None]] if category is None else [])


async def test_a_changed_text_is_read_anew(world: World) -> None:
    opened = await world.open(PRINTER)
    await analyse_tickets(world.resources, world.company_id, [opened.id])
    async with world.resources.db.transaction(world.company_id) as session:
        ticket = await get_ticket(session, opened.id, lock=True)
        ticket.title = "VPN drops every hour when I work from home"
    await analyse_tickets(world.resources, world.company_id, [opened.id])
    async with world.resources.db.transaction(world.company_id) as session:
        assert (await get_ticket(session, opened.id)).category == "vpn"


async def test_another_companys_tickets_are_out_of_reach(world: World) -> None:
    opened = await world.open(PRINTER)
    await analyse_tickets(world.resources, world.other_company_id, [opened.id])
    for company_id in (world.company_id, world.other_company_id):
        async with world.resources.db.transaction(company_id) as session:
            assert await find_analysis(session, opened.id) is None


async def test_a_deleted_ticket_is_passed_over(world: World) -> None:
    await analyse_tickets(world.resources, world.company_id, [987_654])
    async with world.resources.db.transaction(world.company_id) as session:
        assert list(await session.scalars(select(Analysis))) == []
        assert list(await session.scalars(select(Ticket))) == []


async def test_with_its_embedding_model_damaged_rules_answer(world: World, tmp_path: Path) -> None:
    """The file is mended later: what was read without it is read again then."""
    manifest = json.loads((WEIGHTS / "manifest.json").read_text())
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    (tmp_path / "model.onnx").write_bytes(b"damaged")
    (tmp_path / "tokenizer.json").write_bytes(b"{}")
    engines = Engines(LocalEmbedder(tmp_path))
    resources = with_engines(world.resources, engines)
    ticket = await world.open("I forgot my password and cannot reset it")

    await analyse_tickets(resources, world.company_id, [ticket.id])

    async with resources.db.transaction(world.company_id) as session:
        analysis = await get_analysis(session, ticket.id)
        again = await list_unfinished(session, max_attempts=8)
    assert (analysis.category, analysis.engine) == ("password_reset", "rules")
    assert again == [ticket.id]
