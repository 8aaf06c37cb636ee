"""What is asked badly, by the wrong one, or of a model that is away (docs/knowledge.md)."""

import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from fastapi import FastAPI

from tests.knowledge.chatbot.visitor import Visitor
from tests.knowledge.retrieving.shelf import Shelf
from tests.model_server import ModelServer, Turn, serving
from tests.world import World
from ticketyard.ai.chat.model import ChatModel
from ticketyard.ai.chat.question import ChatServer
from ticketyard.core.outgoing import Outgoing
from ticketyard.web.app import stand_on
from ticketyard.web.deps import WebSettings

JAM = "Open the rear tray. Pull the paper out. Close the tray."
ASKED = "How do I clear the paper jam in my printer?"
HUGE = "x" * 10_000_000


@pytest.fixture
async def desk(world: World, client: httpx2.AsyncClient) -> httpx2.AsyncClient:
    """Ana at a desk that knows one thing."""
    await Shelf(world.resources, world.company_id).put("How do I clear a paper jam?", JAM)
    await world.log_in(client, world.ana)
    return client


async def test_ten_megabytes_are_refused_wherever_they_are_asked(
    world: World, desk: httpx2.AsyncClient
) -> None:
    visitor = await Visitor.enter(desk)
    company = {"company_id": world.company_id}
    answers = [
        await desk.post("/rag/retrieve", json={"query": HUGE, **company}),
        await desk.post("/rag/solution", json={"ticket_description": HUGE, **company}),
        await desk.post("/rag/chat", json={"message": HUGE, **company}),
        await desk.post("/api/analyze", json={"description": HUGE, **company}),
        await visitor.post("messages", text=HUGE),
    ]
    assert [each.status_code for each in answers] == [413] * len(answers)
    assert all("x" * 100 not in each.text for each in answers)
    # Whatever may be sent is read: its beginning is the question.
    long = f"{ASKED}\n{'log ' * 200_000}"
    answer = await desk.post("/rag/solution", json={"ticket_description": long, **company})
    assert answer.status_code == 200, answer.text
    assert (await visitor.post("messages", text="x" * 4_001)).status_code == 422


async def test_a_conversation_that_is_none_or_somebody_elses_is_as_if_there_were_none(
    desk: httpx2.AsyncClient,
) -> None:
    own, other = await Visitor.enter(desk), await Visitor.enter(desk)
    abroad = await Visitor.enter(desk, "south")
    await own.say(ASKED)
    north = "/chat/north/conversations"
    tried = [
        replace(own, headers=other.headers),
        replace(own, headers={}),
        replace(own, headers={"authorization": "Bearer "}),
        replace(own, headers={"authorization": "Basic x"}),
        replace(other, base=f"{north}/{uuid4()}"),
        replace(other, base=f"{north}/7"),
        replace(own, base=own.base.replace("north", "south")),
        replace(abroad, base=abroad.base.replace("south", "north")),
    ]
    for each in tried:
        read = await desk.get(f"{each.base}/messages", headers=each.headers)
        assert read.status_code == 404, each
        assert "paper" not in read.text
        assert (await each.post("messages", text="And then?")).status_code == 404
        assert (await each.post("choices", choice="person")).status_code == 404
        assert (await each.post("identity", email="rita@example.com")).status_code == 404
    assert len(await other.messages()) == 1, "Nobody wrote into it."


@pytest.fixture
def model() -> Iterator[ModelServer]:
    with serving() as server:
        yield server


LIE = {"steps": [{"text": "Reinstall Windows.", "passage": 1, "quote": "Open the rear tray."}]}


@pytest.mark.parametrize(
    ("turn", "engine"),
    [
        pytest.param(None, "extractive", id="down"),
        pytest.param(Turn(does="hang"), "extractive", id="slow"),
        pytest.param(Turn(status=500), "extractive", id="failing"),
        pytest.param(Turn(status=429, headers={"retry-after": "99"}), "extractive", id="limiting"),
        pytest.param(Turn(does="html"), "extractive", id="no-model"),
        pytest.param(Turn(raw="{"), "extractive", id="garbled"),
        pytest.param(Turn(args=LIE), "m-1", id="lying"),
    ],
)
async def test_however_the_model_is_the_chat_answers_and_tickets_flow(
    turn: Turn | None,
    engine: str,
    world: World,
    desk: httpx2.AsyncClient,
    app: FastAPI,
    model: ModelServer,
    run_jobs: Callable[[], Awaitable[None]],
) -> None:
    url = model.url if turn else "http://127.0.0.1:9/v1"
    model.usual = turn or Turn()
    chat = ChatModel(
        ChatServer(url=url, model="m-1", deadline_seconds=0.7), Outgoing(["127.0.0.1"])
    )
    parts = {**world.resources.parts, ChatModel: chat}
    stand_on(app, replace(world.resources, parts=parts), WebSettings())

    body = {"message": ASKED, "company_id": world.company_id}
    events = (await desk.post("/rag/chat", json=body)).text
    told: dict[str, Any] = json.loads(events.rsplit("data: ", 1)[1])["payload"]
    # What a model says in vain is no answer; what it cannot be asked is answered without it.
    assert told["needs_human"] is (engine != "extractive")
    assert "Windows" not in told["answer"]
    assert ("rear tray" in told["answer"]) is (engine == "extractive")
    assert f'"engines":["{engine}"]' in events.replace(" ", "")
    opened = await desk.post(
        "/api/tickets/web-form",
        json={"title": ASKED, "name": "Rita", "email": "rita@example.com", "description": ASKED},
    )
    assert opened.status_code == 200, opened.text
    await run_jobs()
    ticket = (await desk.get(f"/api/tickets/{opened.json()['ticket_id']}/solution")).json()
    assert ticket["state"] == "done"
