"""A ticket is answered from what is known, and only as long as that stands."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from tests.knowledge.retrieving.shelf import Shelf
from tests.world import World
from ticketyard.knowledge.answering.citing import find_citations
from ticketyard.knowledge.answering.solving import list_unanswered

JAM = "Open the rear tray. Pull the paper out. Close the tray."
QUESTION = "How do I clear the paper jam in my printer?"

RunJobs = Callable[[], Awaitable[None]]
Solution = dict[str, Any]


@pytest.fixture
async def shelf(world: World, client: httpx2.AsyncClient) -> Shelf:
    await world.log_in(client, world.ana)
    return Shelf(world.resources, world.company_id)


async def solution(client: httpx2.AsyncClient, ticket_id: int) -> Solution:
    answer = await client.get(f"/api/tickets/{ticket_id}/solution")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_a_ticket_is_answered_with_proof(
    world: World, shelf: Shelf, client: httpx2.AsyncClient, run_jobs: RunJobs
) -> None:
    await shelf.put("How do I clear a paper jam?", JAM)
    ticket = await world.open(QUESTION)
    assert (await solution(client, ticket.id))["state"] == "none"
    await run_jobs()

    found = await solution(client, ticket.id)
    assert (found["state"], found["needs_human"], found["engine"]) == ("done", False, "extractive")
    assert [each["text"] for each in found["solution_steps"]][:2] == [
        "Open the rear tray.",
        "Pull the paper out.",
    ]
    for step in found["solution_steps"]:
        assert step["quote"] in JAM
        assert list(find_citations(step["citation"]))
        assert step["title"] == "How do I clear a paper jam?"
    assert 0.2 <= found["solution_confidence"] <= 0.95


async def test_nothing_known_is_said_as_such(
    world: World, shelf: Shelf, client: httpx2.AsyncClient, run_jobs: RunJobs
) -> None:
    await shelf.put("How do I clear a paper jam?", JAM)
    ticket = await world.open("Which colour has the carpet of the lobby?")
    await run_jobs()
    found = await solution(client, ticket.id)
    assert (found["state"], found["needs_human"], found["solution_steps"]) == ("done", True, [])
    assert found["solution_confidence"] == 0


async def test_a_document_that_goes_takes_its_answers_along(
    world: World, shelf: Shelf, client: httpx2.AsyncClient, run_jobs: RunJobs
) -> None:
    document_id = await shelf.put("How do I clear a paper jam?", JAM)
    ticket = await world.open(QUESTION)
    await run_jobs()
    assert (await solution(client, ticket.id))["solution_steps"]
    await shelf.throw_away(document_id)
    found = await solution(client, ticket.id)
    assert (found["solution_steps"], found["needs_human"]) == ([], True)
    assert found["solution_confidence"] == 0


async def test_a_document_that_says_something_else_now_proves_nothing(
    world: World, shelf: Shelf, client: httpx2.AsyncClient, run_jobs: RunJobs
) -> None:
    await shelf.put("How do I clear a paper jam?", JAM)
    ticket = await world.open(QUESTION)
    await run_jobs()
    async with world.resources.db.transaction(world.company_id) as session:
        await session.execute(text("update knowledge_chunk set text = 'Never open the rear tray.'"))
    found = await solution(client, ticket.id)
    assert found["solution_steps"] == []


async def test_the_same_text_is_answered_once(
    world: World, shelf: Shelf, run_jobs: RunJobs, resources: Any
) -> None:
    await shelf.put("How do I clear a paper jam?", JAM)
    await world.open(QUESTION)
    for _ in range(2):
        await run_jobs()
        async with resources.db.transaction(world.company_id) as session:
            await session.execute(text("update analysis set state = 'failed', content_hash = ''"))
    assert await shelf.rows("ticket_solution where attempts = 1") == 1


async def test_a_company_that_knows_nothing_keeps_no_rows(
    world: World, shelf: Shelf, run_jobs: RunJobs
) -> None:
    await world.open(QUESTION)
    await run_jobs()
    assert await shelf.rows("ticket_solution") == 0


async def test_a_solved_ticket_is_left_alone(
    world: World, shelf: Shelf, client: httpx2.AsyncClient, run_jobs: RunJobs
) -> None:
    await shelf.put("How do I clear a paper jam?", JAM)
    ticket = await world.open(QUESTION)
    async with world.resources.db.transaction(world.company_id) as session:
        await session.execute(text("update ticket set status = 'resolved'"))
    await run_jobs()
    assert (await solution(client, ticket.id))["state"] == "none"


async def test_a_person_writes_down_the_solution(
    world: World, shelf: Shelf, client: httpx2.AsyncClient
) -> None:
    ticket = await world.open(QUESTION)
    answer = await client.put(
        f"/api/tickets/{ticket.id}/solution", json={"steps": ["  Turn it off. ", "Call Bo."]}
    )
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["human_solution_steps"] == [
        {"order": 1, "text": "Turn it off."},
        {"order": 2, "text": "Call Bo."},
    ]
    assert (found["human_solved_by"], found["needs_human"]) == (world.ana.name, False)
    again = await client.put(f"/api/tickets/{ticket.id}/solution", json={"steps": ["Call Ana."]})
    assert len(again.json()["human_solution_steps"]) == 1


@pytest.mark.parametrize(
    "steps", [[], ["x"] * 51, [""], ["  "], ["x" * 2_001], "text", [None], [{"text": "x"}], None]
)
async def test_steps_that_cannot_be_kept_are_refused(
    world: World, shelf: Shelf, client: httpx2.AsyncClient, steps: object
) -> None:
    ticket = await world.open(QUESTION)
    answer = await client.put(f"/api/tickets/{ticket.id}/solution", json={"steps": steps})
    assert answer.status_code == 422, answer.text


async def test_spec_4s_solution_has_its_shape(
    world: World, shelf: Shelf, client: httpx2.AsyncClient
) -> None:
    await shelf.put("How do I clear a paper jam?", JAM)
    body = {"ticket_description": QUESTION, "company_id": world.company_id}
    answer = await client.post("/rag/solution", json=body)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found.keys() == {"mode", "steps", "confidence", "sources", "needs_human"}
    cited = {citation.chunk_id for step in found["steps"] for citation in find_citations(step)}
    assert cited == {source["chunk_id"] for source in found["sources"]}
    assert all(step.endswith("]") for step in found["steps"])
    other = await client.post("/rag/solution", json=body | {"company_id": world.other_company_id})
    assert other.status_code == 404


async def test_requesters_read_no_drafts(
    world: World, client: httpx2.AsyncClient, run_jobs: RunJobs
) -> None:
    ticket = await world.open(QUESTION)
    await world.log_in(client, world.rita)
    assert (await client.get(f"/api/tickets/{ticket.id}/solution")).status_code == 403
    wrote = await client.put(f"/api/tickets/{ticket.id}/solution", json={"steps": ["x"]})
    assert wrote.status_code == 403


async def test_a_question_that_broke_an_engine_is_asked_again(
    world: World, shelf: Shelf, run_jobs: RunJobs, client: httpx2.AsyncClient
) -> None:
    ticket = await world.open(QUESTION)
    async with world.resources.db.transaction(world.company_id) as session:
        await session.execute(
            text(
                "insert into ticket_solution (company_id, ticket_id, state, attempts)"
                " values (current_company(), :id, 'failed', :attempts)"
            ),
            {"id": ticket.id, "attempts": 4},
        )
        assert await list_unanswered(session) == [ticket.id]
        await session.execute(text("update ticket_solution set attempts = 5"))
        assert await list_unanswered(session) == []
