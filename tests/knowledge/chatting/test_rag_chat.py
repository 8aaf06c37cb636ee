"""A conversation over HTTP as clients of the reference hold it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from tests.knowledge.retrieving.shelf import Shelf
from tests.world import World
from ticketyard.ai.embedding import WEIGHTS, LocalEmbedder
from ticketyard.knowledge.chatting.conversing import ChatMemory
from ticketyard.knowledge.retrieving.index import PieceIndex
from ticketyard.web.app import stand_on
from ticketyard.web.deps import WebSettings

JAM = "Open the rear tray. Pull the paper out. Close the tray."
STAGES = [
    "persist_user_message", "smalltalk_router", "rewrite", "multi_question_router", "retrieve",
    "rerank", "build_context", "llm_answer", "validate_citations", "persist_assistant_message",
    "update_summary", "classify_response", "final",
]  # fmt: skip


@pytest.fixture
async def shelf(world: World, client: httpx2.AsyncClient) -> Shelf:
    await world.log_in(client, world.ana)
    shelf = Shelf(world.resources, world.company_id)
    await shelf.put("How do I clear a paper jam?", JAM)
    await shelf.put("VPN", "The VPN certificate is renewed every ninety days by the network team.")
    return shelf


async def chat(client: httpx2.AsyncClient, message: str, **body: Any) -> list[dict[str, Any]]:
    """The events of one answer, in order."""
    answer = await client.post("/rag/chat", json={"message": message, "company_id": 1, **body})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert "no-cache" in answer.headers["cache-control"]
    blocks = [block for block in answer.text.split("\n\n") if block.strip()]
    assert blocks[0].startswith(":")
    events = []
    for block in blocks[1:]:
        name, data = block.split("\n", 1)
        event = json.loads(data.removeprefix("data: "))
        assert name.removeprefix("event: ") == (
            event["stage"] if event["stage"] in ("final", "error") else "stage"
        )
        events.append(event)
    assert [event["event_id"] for event in events] == list(range(1, len(events) + 1))
    return events


async def final(client: httpx2.AsyncClient, message: str, **body: Any) -> dict[str, Any]:
    """What is answered in the end."""
    return dict((await chat(client, message, **body))[-1]["payload"])


async def test_each_stage_is_told_and_then_the_answer(
    shelf: Shelf, client: httpx2.AsyncClient
) -> None:
    events = await chat(client, "How do I clear the paper jam in my printer?")
    assert [event["stage"] for event in events] == STAGES
    assert all(
        event.keys()
        == {"event_id", "stage", "ts_ms", "duration_ms", "input", "output", "skipped", "error"}
        for event in events[:-1]
    )
    assert [event["stage"] for event in events[:-1] if event["skipped"]] == [
        "rewrite",
        "multi_question_router",
        "update_summary",
    ]
    told = events[-1]["payload"]
    assert told["classification"] == "ANSWER"
    assert "Open the rear tray. [article:" in told["answer"]
    assert told["sources"][0]["chunk_id"] in told["answer"]
    assert (told["refusal"], told["refusal_code"], told["needs_human"]) == (None, None, False)


async def test_small_talk_is_an_answer_and_searches_nothing(
    shelf: Shelf, client: httpx2.AsyncClient
) -> None:
    events = await chat(client, "Здравствуйте!")
    told = events[-1]["payload"]
    assert told["answer"].startswith("Здравствуйте")
    assert (told["classification"], told["needs_human"]) == ("ANSWER", False)
    assert [event["stage"] for event in events] == STAGES
    assert all(event["skipped"] for event in events if event["stage"] in STAGES[2:9])


async def test_what_nothing_is_known_of_is_refused(
    shelf: Shelf, client: httpx2.AsyncClient
) -> None:
    events = await chat(client, "Who won the football match in Madrid yesterday?")
    told = events[-1]["payload"]
    assert (told["classification"], told["refusal_code"]) == (
        "HARD_REFUSAL",
        "NO_RETRIEVAL_CONTEXT",
    )
    assert (told["needs_human"], told["confidence"], told["sources"]) == (True, 0.0, [])
    assert "fallback_no_docs" in [event["stage"] for event in events]


async def test_half_a_question_is_understood_from_the_last_one(
    shelf: Shelf, client: httpx2.AsyncClient
) -> None:
    first = await final(client, "Who renews the VPN certificate?")
    assert "network team" in first["answer"]
    lost = await final(client, "how often?")
    assert lost["needs_human"]
    events = await chat(client, "how often?", conversation_id=first["conversation_id"])
    assert "ninety days" in events[-1]["payload"]["answer"]
    assert not next(event for event in events if event["stage"] == "rewrite")["skipped"]


async def test_several_questions_are_answered_one_by_one(
    shelf: Shelf, client: httpx2.AsyncClient
) -> None:
    told = await final(
        client, "How do I clear a paper jam? Who renews the VPN certificate? Who is the king?"
    )
    assert "Open the rear tray." in told["answer"]
    assert "network team" in told["answer"]
    assert "Who is the king?\nI found nothing" in told["answer"]
    assert (told["classification"], told["needs_human"]) == ("ANSWER", True)


async def test_nobody_goes_on_with_somebody_elses_conversation(
    world: World, shelf: Shelf, client: httpx2.AsyncClient
) -> None:
    own = await final(client, "How do I clear a paper jam?")
    body = {"message": "and then?", "company_id": 1, "conversation_id": own["conversation_id"]}
    await world.log_in(client, world.bo)
    assert (await client.post("/rag/chat", json=body)).status_code == 404
    await world.log_in(client, world.other_admin)
    other = body | {"company_id": world.other_company_id}
    assert (await client.post("/rag/chat", json=other)).status_code == 404
    assert (await client.post("/rag/chat", json=body)).status_code == 404
    unknown = other | {"conversation_id": str(uuid4())}
    assert (await client.post("/rag/chat", json=unknown)).status_code == 404


async def test_the_summary_is_renewed_every_eighth_message(
    world: World, shelf: Shelf, client: httpx2.AsyncClient
) -> None:
    conversation = (await final(client, "How do I clear a paper jam?"))["conversation_id"]
    for number in range(2, 9):
        message = "Who renews the VPN certificate?" if number == 5 else "ok"
        events = await chat(client, message, conversation_id=conversation)
        summary = next(event for event in events if event["stage"] == "update_summary")
        assert summary["skipped"] is (number != 8)
    async with world.resources.db.transaction(world.company_id) as session:
        kept = await session.scalar(text("select summary from conversation"))
        count = await session.scalar(text("select count(*) from conversation_message"))
    assert "VPN certificate" in kept
    assert count == 16


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"message": ""}, 422),
        ({"message": "   "}, 422),
        ({"message": "x" * 10_000_000}, 413),
        ({"message": "x" * 200_000}, 422),
        ({"message": None}, 422),
        ({"company_id": 2}, 404),
        ({"company_id": "north"}, 422),
        ({"conversation_id": "7"}, 422),
        ({"ticket": {"description": ""}}, 422),
        ({"tool": "x"}, 422),
    ],
)
async def test_a_message_that_cannot_be_taken_is_refused_before_the_stream(
    world: World, shelf: Shelf, client: httpx2.AsyncClient, changes: dict[str, Any], status: int
) -> None:
    body = {"message": "How?", "company_id": 1} | changes
    answer = await client.post("/rag/chat", json=body)
    assert answer.status_code == status, answer.text[:300]
    assert "x" * 100 not in answer.text


async def test_without_its_embedding_model_words_answer(
    world: World, shelf: Shelf, client: httpx2.AsyncClient, app: FastAPI, tmp_path: Path
) -> None:
    """The model's file was damaged on disk."""
    manifest = json.loads((WEIGHTS / "manifest.json").read_text())
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    (tmp_path / "model.onnx").write_bytes(b"damaged")
    (tmp_path / "tokenizer.json").write_bytes(b"{}")
    parts = {**world.resources.parts, PieceIndex: PieceIndex(LocalEmbedder(tmp_path))}
    stand_on(app, replace(world.resources, parts=parts), WebSettings())

    events = await chat(client, "How do I clear a paper jam?")
    assert events[-1]["stage"] == "final"
    (notes,) = (event["output"]["notes"] for event in events if event["stage"] == "retrieve")
    assert notes


async def test_a_failure_in_the_middle_is_told_in_the_stream(
    world: World, shelf: Shelf, client: httpx2.AsyncClient, app: FastAPI
) -> None:
    """Twice as many messages as the database can count are read for a summary."""
    parts = {**world.resources.parts, ChatMemory: ChatMemory(last=2**62, summary_every=1)}
    stand_on(app, replace(world.resources, parts=parts), WebSettings())

    events = await chat(client, "How do I clear a paper jam?")
    assert events[-1] == {
        "event_id": len(events),
        "stage": "error",
        "message": "The answer failed. Try again, or open a ticket.",
    }
