"""The proposed answer on the ticket's own page: shown with its proof, used, judged, asked for again."""

import re
from collections.abc import Awaitable, Callable

import httpx2
import pytest
from sqlalchemy import text

from tests.knowledge.retrieving.shelf import Shelf
from tests.world import World
from ticketyard.knowledge.answering.drafting import INTERNAL_MARK
from ticketyard.tickets.models import Ticket

Client = httpx2.AsyncClient
RunJobs = Callable[[], Awaitable[None]]

JAM = "Open the rear tray. Pull the paper out. Close the tray."
QUESTION = "How do I clear the paper jam in my printer?"
TITLE = "How do I clear a paper jam?"


@pytest.fixture
async def ana(client: Client, world: World) -> Client:
    await world.log_in(client, world.ana)
    return client


@pytest.fixture
def shelf(world: World) -> Shelf:
    return Shelf(world.resources, world.company_id)


async def card(client: Client, ticket: Ticket) -> str:
    """The card as the page shows it; empty where there is none."""
    page = await client.get(f"/tickets/{ticket.number}")
    assert page.status_code == 200, page.text
    _, found, rest = page.text.partition('<section class="proposal"')
    return rest.partition("</section>")[0] if found else ""


async def resolve(client: Client, ticket: Ticket) -> None:
    done = {"body": "Done.", "then": "resolved"}
    assert (await client.post(f"/tickets/{ticket.number}/comments", data=done)).status_code == 303


async def votes(world: World) -> tuple[int, int]:
    async with world.resources.db.transaction(world.company_id) as session:
        found = await session.execute(text("select helpful, unhelpful from knowledge_document"))
        helpful, unhelpful = found.one()
    return helpful, unhelpful


async def said(client: Client, ticket: Ticket) -> dict[str, object]:
    return dict((await client.get(f"/api/tickets/{ticket.id}/solution")).json())


async def test_an_answer_is_shown_with_its_proof(
    ana: Client, world: World, shelf: Shelf, run_jobs: RunJobs
) -> None:
    await shelf.put(TITLE, JAM)
    ticket = await world.open(QUESTION)
    assert "is being looked through" in await card(ana, ticket)
    assert "sse:desk" in await card(ana, ticket)
    await run_jobs()

    shown = await card(ana, ticket)
    assert "sse:desk" not in shown
    assert re.search(r"helps</span>", shown)
    assert '<blockquote dir="auto">Open the rear tray.' in shown
    way = re.search(r'href="(/knowledge/[\w-]+)#piece-0"', shown)
    assert way
    assert 'id="piece-0"' in (await ana.get(way.group(1))).text
    assert f"Source: {TITLE}" in shown
    assert (await ana.get(f"/tickets/{ticket.number}/proposal")).text.count(
        "proposal-step"
    ) == shown.count("proposal-step")


async def test_a_person_is_asked_for_and_told_why(
    ana: Client, world: World, shelf: Shelf, run_jobs: RunJobs
) -> None:
    document_id = await shelf.put(TITLE, JAM)
    unknown = await world.open("Which colour has the carpet of the lobby?")
    known = await world.open(QUESTION)
    await run_jobs()
    assert "Nothing in the knowledge answers it well enough." in await card(ana, unknown)
    assert "Use as answer" not in await card(ana, unknown)
    await shelf.throw_away(document_id)
    shown = await card(ana, known)
    assert "Needs a person" in shown
    assert "was changed, hidden or deleted since" in shown


async def test_a_desk_without_documents_and_a_ticket_that_is_over_show_no_card(
    ana: Client, world: World, shelf: Shelf
) -> None:
    ticket = await world.open(QUESTION)
    assert await card(ana, ticket) == ""
    await shelf.put(TITLE, JAM)
    assert await card(ana, ticket) != ""
    await resolve(ana, ticket)
    assert await card(ana, ticket) == ""


async def test_what_was_sent_is_kept_and_its_document_has_helped(
    ana: Client, world: World, shelf: Shelf, run_jobs: RunJobs
) -> None:
    await shelf.put(TITLE, JAM)
    ticket = await world.open(QUESTION)
    await run_jobs()
    page = (await ana.get(f"/tickets/{ticket.number}?draft=use")).text
    box = page.partition('<textarea class="textarea" id="body"')[2].partition("</textarea>")[0]
    assert "1. Open the rear tray." in box
    assert 'name="draft" value="used"' in page

    reply = {"body": "Hi!\n\n1. Open the rear tray.\n2. Pull\x00.\n\nAna", "draft": "used"}
    for _ in range(2):  # a second press is the same reply
        answer = await ana.post(f"/tickets/{ticket.number}/comments", data=reply)
        assert answer.status_code == 303
    found = await said(ana, ticket)
    assert [each["text"] for each in found["human_solution_steps"]] == [
        "Open the rear tray.",
        "Pull\ufffd.",
    ]  # type: ignore[attr-defined]
    assert await votes(world) == (1, 0)
    assert f"Solved by {world.ana.name}" in await card(ana, ticket)


@pytest.mark.parametrize(("kind", "draft"), [("internal", "used"), ("reply", "")])
async def test_notes_and_replies_of_ones_own_are_not_kept_as_solutions(
    ana: Client, world: World, shelf: Shelf, run_jobs: RunJobs, kind: str, draft: str
) -> None:
    await shelf.put(TITLE, JAM)
    ticket = await world.open(QUESTION)
    await run_jobs()
    reply = {"body": "Open the rear tray.", "draft": draft, "kind": kind}
    await ana.post(f"/tickets/{ticket.number}/comments", data=reply)
    assert (await said(ana, ticket))["human_solution_steps"] == []
    assert await votes(world) == (0, 0)


async def test_internal_words_go_out_only_when_an_agent_has_looked(
    ana: Client, world: World, shelf: Shelf, run_jobs: RunJobs
) -> None:
    await shelf.put("How Bo clears a paper jam", JAM, visibility="internal")
    ticket = await world.open(QUESTION)
    await run_jobs()
    shown = await card(ana, ticket)
    assert "Internal</span>" in shown
    draft = re.search(r'data-use-draft="([^"]*)"', shown)
    assert draft
    assert draft.group(1).count(INTERNAL_MARK) == shown.count('class="proposal-step"')
    assert "How Bo" not in draft.group(1)

    reply = {"body": f"1. {INTERNAL_MARK} Open the rear tray.", "draft": "used"}
    refused = await ana.post(f"/tickets/{ticket.number}/comments", data=reply)
    assert refused.status_code == 422
    assert "take the mark away" in refused.text
    assert f">{reply['body']}</textarea>" in refused.text
    assert 'name="draft" value="used"' in refused.text
    assert "Open the rear tray" not in await thread(ana, ticket)
    note = await ana.post(f"/tickets/{ticket.number}/comments", data={**reply, "kind": "internal"})
    assert note.status_code == 303
    looked = {"body": "Open the rear tray.", "draft": "used"}
    assert (await ana.post(f"/tickets/{ticket.number}/comments", data=looked)).status_code == 303
    assert (await said(ana, ticket))["human_solution_steps"]


async def thread(client: Client, ticket: Ticket) -> str:
    page = (await client.get(f"/tickets/{ticket.number}")).text
    return page.partition('id="thread"')[2].partition("</section>")[0]


async def test_not_helpful_is_counted_once_for_each_document(
    ana: Client, world: World, shelf: Shelf, run_jobs: RunJobs
) -> None:
    document_id = await shelf.put(TITLE, JAM)
    ticket = await world.open(QUESTION)
    await run_jobs()
    for _ in range(2):
        answer = await ana.post(
            f"/tickets/{ticket.number}/proposal/unhelpful", follow_redirects=True
        )
        assert "marked as not helpful" in answer.text
    assert await votes(world) == (0, 1)
    await shelf.throw_away(document_id)
    answer = await ana.post(f"/tickets/{ticket.number}/proposal/unhelpful", follow_redirects=True)
    assert "gone already" in answer.text


async def test_looking_again_finds_what_was_written_since(
    ana: Client, world: World, shelf: Shelf, run_jobs: RunJobs
) -> None:
    place = f"/tickets/{(ticket := await world.open(QUESTION)).number}/proposal/again"
    assert "knows nothing yet" in (await ana.post(place, follow_redirects=True)).text
    await shelf.put("Where is the lobby?", "The lobby lies behind the second gate.")
    await run_jobs()
    assert "Needs a person" in await card(ana, ticket)
    await shelf.put(TITLE, JAM)
    for _ in range(2):
        await ana.post(place)
    assert (await said(ana, ticket))["state"] == "waiting"
    assert "is being looked through" in await card(ana, ticket)
    await run_jobs()
    assert "Open the rear tray." in await card(ana, ticket)
    page = (await ana.get(f"/tickets/{ticket.number}")).text
    assert page.count("The knowledge is looked through again</span>") == 0
    assert page.count("The knowledge is looked through again") == 1

    await resolve(ana, ticket)
    assert "nobody waits" in (await ana.post(place, follow_redirects=True)).text
    # What was found stays to be read.
    assert "Open the rear tray." in await card(ana, ticket)


async def test_requesters_never_see_the_card(
    client: Client, world: World, shelf: Shelf, run_jobs: RunJobs
) -> None:
    await shelf.put(TITLE, JAM)
    ticket = await world.open(QUESTION, requester_email=world.rita.email)
    await run_jobs()
    await world.log_in(client, world.rita)
    for place in ("proposal", "proposal/unhelpful", "proposal/again"):
        method = client.get if place == "proposal" else client.post
        assert (await method(f"/tickets/{ticket.number}/{place}")).status_code in (403, 404)
    own = await client.get(f"/my/tickets/{ticket.number}")
    assert "proposal" not in own.text
