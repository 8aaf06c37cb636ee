"""Being told of a ticket over HTTP, and the articles to try the knowledge with."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from tests.knowledge.retrieving.shelf import Shelf
from tests.knowledge.shelf import key_with
from tests.world import World
from ticketyard.knowledge.retrieving.index import PieceIndex, RetrievalOptions
from ticketyard.knowledge.seeding import SEEDS
from ticketyard.web.app import stand_on
from ticketyard.web.deps import WebSettings

Client = httpx2.AsyncClient
RunJobs = Callable[[], Awaitable[None]]
RAG_KEY = "a key of the reference's clients"


@pytest.fixture(params=[True], ids=["test routes"])
def door(world: World, app: FastAPI, client: Client, request: pytest.FixtureRequest) -> Client:
    """The program with RAG_API_KEY, and the client that shows it."""
    index = world.resources.part(PieceIndex)
    with_key = PieceIndex(index.embedder, RetrievalOptions(rag_key=RAG_KEY, collection="ours"))
    resources = replace(world.resources, parts={**world.resources.parts, PieceIndex: with_key})
    stand_on(app, resources, WebSettings(test_routes=request.param))
    client.headers["X-RAG-API-KEY"] = RAG_KEY
    return client


def told(ticket_id: int, **changes: object) -> dict[str, object]:
    body = {
        "event": "ticket.created",
        "event_id": "e-1",
        "ticket_id": ticket_id,
        "description": "How do I clear the paper jam in my printer?",
        "category": "printer",
        "priority": "low",
        **changes,
    }
    return {name: value for name, value in body.items() if value is not None}


async def ledger(world: World) -> list[tuple[str, str, int]]:
    async with world.resources.db.transaction(world.company_id) as session:
        rows = await session.execute(
            text("select event_id, status, attempts from processed_event order by event_id")
        )
        return [(row.event_id, row.status, row.attempts) for row in rows]


async def test_a_told_ticket_is_answered_once(
    door: Client, world: World, run_jobs: RunJobs
) -> None:
    ticket = await world.open("How do I clear the paper jam in my printer?")
    await run_jobs()  # nothing is known yet, so nobody looks
    await Shelf(world.resources, world.company_id).put("Paper jams", "Open the rear tray.")
    for _ in range(2):
        answer = await door.post("/rag/events", json=told(ticket.id, company_id=world.company_id))
        assert (answer.status_code, answer.json()) == (202, {"accepted": True})
    await run_jobs()
    assert await ledger(world) == [("e-1", "completed", 1)]
    async with world.resources.db.transaction(world.company_id) as session:
        state = await session.scalar(text("select state from ticket_solution"))
    assert state == "done"


async def test_a_ticket_that_is_not_there_is_noted_and_harms_nobody(
    door: Client, world: World, run_jobs: RunJobs
) -> None:
    other = await world.open("Somebody else's")
    async with world.resources.db.transaction(world.company_id) as session:
        await session.execute(text("delete from ticket where id = :id"), {"id": other.id})
    assert (await door.post("/rag/events", json=told(2**62))).status_code == 202
    again = await door.post("/rag/events", json=told(other.id, event_id="e-2"))
    assert again.status_code == 202
    await run_jobs()
    assert [row[:2] for row in await ledger(world)] == [("e-1", "failed"), ("e-2", "failed")]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"event": "file_uploaded"}, "event"),
        ({"event": None}, "event"),
        ({"event_id": None}, "event_id"),
        ({"event_id": "  "}, "event_id"),
        ({"event_id": "x" * 65}, "event_id"),
        ({"ticket_id": None}, "ticket_id"),
        ({"ticket_id": "seven"}, "ticket_id"),
        ({"ticket_id": 0}, "ticket_id"),
        ({"description": None}, "description"),
        ({"category": None}, "category"),
        ({"priority": None}, "priority"),
        ({"company_id": 0}, "company_id"),
    ],
)
async def test_what_cannot_be_used_is_400_and_named(
    door: Client, changes: dict[str, Any], field: str
) -> None:
    body = told(7) | changes
    body = {name: value for name, value in body.items() if value is not None}
    answer = await door.post("/rag/events", json=body)
    assert answer.status_code == 400, answer.text
    assert list(answer.json()[field])
    assert [each["path"] for each in answer.json()["errors"]] == [field]


async def test_no_key_and_another_company_are_refused(
    door: Client, world: World, client: Client
) -> None:
    other = await door.post("/rag/events", json=told(7, company_id=world.other_company_id))
    assert other.status_code == 404
    seeds = await door.post("/rag/dev/seed", json={"company_id": world.other_company_id})
    assert seeds.status_code == 404
    assert await ledger(world) == []
    client.headers["X-RAG-API-KEY"] = "another"
    for path, body in (("/rag/events", told(7)), ("/rag/dev/seed", {})):
        assert (await client.post(path, json=body)).status_code == 401
    del client.headers["X-RAG-API-KEY"]
    for path, body in (("/rag/events", told(7)), ("/rag/dev/seed", {})):
        assert (await client.post(path, json=body)).status_code == 401
        public = await key_with(world, "knowledge:read_public")
        assert (await client.post(path, json=body, headers=public)).status_code == 403


@pytest.mark.parametrize("door", [False], indirect=True, ids=["production"])
async def test_in_production_there_is_nothing_to_seed(door: Client, world: World) -> None:
    assert (await door.post("/rag/dev/seed", json={})).status_code == 404
    assert await Shelf(world.resources, world.company_id).rows("knowledge_document") == 0


async def test_seeding_is_done_once_and_wiping_takes_its_own_alone(
    door: Client, world: World
) -> None:
    shelf = Shelf(world.resources, world.company_id)
    theirs = Shelf(world.resources, world.other_company_id)
    await shelf.put(SEEDS[0].title, "One of our own, called alike.")
    await theirs.put("Theirs", "Of another company.")
    for wipe in (False, False, True):
        answer = await door.post("/rag/dev/seed", json={"wipe": wipe, "company_id": 0})
        assert answer.json() == {"seeded": 5, "collection": "ours"}, answer.text
        assert await shelf.rows("knowledge_document") == 6
    async with world.resources.db.transaction(world.company_id) as session:
        await session.execute(
            text("update knowledge_document set version = 3, body = 'Ours now.' where title = :it"),
            {"it": SEEDS[1].title},
        )
    await door.post("/rag/dev/seed", json={"wipe": True})
    async with world.resources.db.transaction(world.company_id) as session:
        kept = await session.scalars(
            text("select body from knowledge_document where title = :it"), {"it": SEEDS[1].title}
        )
        assert list(kept) == ["Ours now."]
    assert await shelf.rows("knowledge_document") == 6
    assert await theirs.rows("knowledge_document") == 1
