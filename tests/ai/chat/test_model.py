"""The client against a server that misbehaves in every way."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict

from tests.model_server import ModelServer, Turn, serving
from ticketyard.ai.chat.breaker import Breaker
from ticketyard.ai.chat.model import ChatModel
from ticketyard.ai.chat.question import ChatServer, Mode, Question
from ticketyard.ai.chat.trouble import ChatTrouble
from ticketyard.core.outgoing import Outgoing


class Colour(BaseModel):
    """What is asked for."""

    model_config = ConfigDict(extra="forbid")

    colour: Literal["red", "green"]
    why: str


QUESTION = Question(instructions="Which colour?", data="It is green, I think.", shape=Colour)
GREEN = {"colour": "green", "why": "grass"}


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with serving() as server:
        yield server


def model_at(server: ModelServer, **changes: object) -> ChatModel:
    given = {"url": server.url, "model": "m-1", "key": "k-1", "deadline_seconds": 5.0}
    return ChatModel(
        ChatServer(**{**given, **changes}),  # type: ignore[arg-type]
        Outgoing(["127.0.0.1"]),
        breaker=Breaker(opens_after=3, rest_seconds=30),
    )


async def trouble_of(model: ChatModel) -> ChatTrouble:
    with pytest.raises(ChatTrouble) as caught:
        await model.ask(QUESTION)
    return caught.value


@pytest.mark.parametrize("mode", ["tool", "native", "prompted"])
async def test_an_answer_comes_in_the_shape_asked_for(server: ModelServer, mode: Mode) -> None:
    server.usual = Turn(args=GREEN)
    told = await model_at(server, mode=mode).ask(QUESTION)
    assert told.value == Colour(colour="green", why="grass")
    assert (told.model, told.tokens) == ("m-1", 15)
    (asked,) = server.got
    assert asked["temperature"] == 0
    assert asked["max_tokens"] == 600
    assert asked["stream"] is False
    assert server.headers[0]["authorization"] == "Bearer k-1"
    # What machine we run on is not told.
    assert not [name for name in server.headers[0] if name.startswith("x-")]


async def test_a_fence_of_json_in_words_is_read_too(server: ModelServer) -> None:
    server.usual = Turn(raw='```json\n{"colour": "red", "why": "x"}\n```')
    assert (await model_at(server, mode="prompted").ask(QUESTION)).value.colour == "red"


async def test_the_data_is_masked_and_fenced(server: ModelServer) -> None:
    server.usual = Turn(args=GREEN)
    data = "I am rita@example.com, my password is hunter2"
    await model_at(server).ask(Question(instructions="Which?", data=data, shape=Colour))
    system, user = server.got[0]["messages"]
    assert (system["role"], user["role"]) == ("system", "user")
    assert "rita@example.com" not in server.text
    assert "hunter2" not in server.text
    lines = user["content"].split("\n")
    assert lines[2] == "I am [E-MAIL 1], my password is [SECRET 1]"
    assert lines[1] == lines[3]
    assert lines[1] in lines[0]


async def test_an_answer_out_of_shape_is_sent_back_once(server: ModelServer) -> None:
    server.script = [Turn(args={"colour": "blue", "why": "sky"}), Turn(args=GREEN)]
    told = await model_at(server).ask(QUESTION)
    assert told.value.colour == "green"
    assert told.tokens == 30
    assert len(server.got) == 2


@pytest.mark.parametrize(
    ("turn", "kind", "requests"),
    [
        (Turn(status=500), "failing", 2),
        (Turn(status=503), "failing", 2),
        (Turn(status=429), "limited", 2),
        (Turn(status=401), "denied", 1),
        (Turn(status=403), "denied", 1),
        (Turn(status=404), "rejected", 1),
        (Turn(status=400), "rejected", 1),
        (Turn(status=302, headers={"Location": "http://127.0.0.1:1/"}), "down", 2),
        (Turn(raw="{"), "unusable", 2),
        (Turn(raw=""), "unusable", 2),
        (Turn(raw="[" * 5000), "unusable", 2),
        (Turn(args={"colour": "blue", "why": "x"}), "unusable", 2),
        (Turn(args={"colour": "red", "why": "x", "more": 1}), "unusable", 2),
        (Turn(args=[1, 2]), "unusable", 2),  # type: ignore[arg-type]
        (Turn(does="html"), "unusable", 1),
        (Turn(does="empty"), "unusable", 1),
        (Turn(does="large"), "unusable", 1),
        (Turn(does="cut"), "down", 2),
        (Turn(refusal="I must not"), "declined", None),
        (Turn(raw="", finish="content_filter"), "declined", None),
    ],
)
async def test_every_misbehaviour_has_a_name(
    server: ModelServer, turn: Turn, kind: str, requests: int | None
) -> None:
    server.usual = turn
    trouble = await trouble_of(model_at(server))
    assert trouble.kind == kind
    assert requests is None or len(server.got) == requests
    # Nothing of what the server said is carried on.
    assert "secret words" not in f"{trouble!r} {trouble.__cause__!r} {trouble.__context__!r}"


async def test_of_a_hundred_megabytes_little_is_read(server: ModelServer) -> None:
    server.usual = Turn(does="large")
    began = time.monotonic()
    await trouble_of(model_at(server))
    assert time.monotonic() - began < 2
    assert server.sent_bytes < 30_000_000


@pytest.mark.parametrize("does", ["hang", "endless"])
async def test_the_deadline_holds_whatever_the_server_does(server: ModelServer, does: str) -> None:
    server.usual = Turn(does=does)
    model = model_at(server, deadline_seconds=1.0)
    await model.load()
    began = time.monotonic()
    assert (await trouble_of(model)).kind == "slow"
    assert time.monotonic() - began < 1.5


async def test_nobody_there_is_said_at_once() -> None:
    model = model_at(ModelServer(port=9))
    assert (await trouble_of(model)).kind == "down"


async def test_a_pause_asked_for_is_kept_when_it_fits_and_passed_on_when_not(
    server: ModelServer,
) -> None:
    server.script = [Turn(status=429, headers={"Retry-After": "1"}), Turn(args=GREEN)]
    began = time.monotonic()
    await model_at(server).ask(QUESTION)
    assert 1.0 <= time.monotonic() - began < 2.5

    server.script = [Turn(status=429, headers={"Retry-After": "90"})]
    model = model_at(server)
    assert (await trouble_of(model)).retry_after == 90
    assert 80 < model.wait() <= 90
    asked = len(server.got)
    assert (await trouble_of(model)).kind == "resting"
    assert len(server.got) == asked


async def test_a_server_that_keeps_failing_is_left_alone(server: ModelServer) -> None:
    server.usual = Turn(status=401)
    model = model_at(server)
    assert [(await trouble_of(model)).kind for _ in range(5)] == [
        "denied", "denied", "denied", "resting", "resting",
    ]  # fmt: skip
    assert len(server.got) == 3


async def test_what_the_model_may_not_speak_of_says_nothing_about_the_server(
    server: ModelServer,
) -> None:
    server.usual = Turn(status=400)
    model = model_at(server)
    assert {(await trouble_of(model)).kind for _ in range(6)} == {"rejected"}


async def test_not_more_are_asked_in_a_minute_than_allowed(server: ModelServer) -> None:
    server.usual = Turn(args=GREEN)
    model = model_at(server, per_minute=2)
    await model.ask(QUESTION)
    await model.ask(QUESTION)
    trouble = await trouble_of(model)
    assert trouble.kind == "busy"
    assert 50 < (trouble.retry_after or 0) <= 60
    assert len(server.got) == 2


async def test_not_more_than_so_many_are_asked_at_once(server: ModelServer) -> None:
    server.usual = Turn(args=GREEN, sleep=0.1)
    model = model_at(server, at_once=3)
    await asyncio.gather(*(model.ask(QUESTION) for _ in range(9)))
    assert server.most_at_once == 3


async def test_who_waits_in_vain_for_a_turn_does_not_blame_the_server(server: ModelServer) -> None:
    server.usual = Turn(does="hang")
    model = model_at(server, at_once=1, deadline_seconds=1.0)
    await model.load()
    kinds = await asyncio.gather(*(trouble_of(model) for _ in range(4)))
    assert sorted(each.kind for each in kinds) == ["busy", "busy", "busy", "slow"]
    assert model.wait() == 0.0


async def test_a_question_that_is_given_up_leaves_no_trace(server: ModelServer) -> None:
    server.usual = Turn(does="hang")
    model = model_at(server)
    await model.load()
    asking = asyncio.create_task(model.ask(QUESTION))
    await asyncio.sleep(0.2)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    server.usual = Turn(args=GREEN)
    assert (await model.ask(QUESTION)).value.colour == "green"


async def test_without_a_server_it_is_off() -> None:
    model = ChatModel()
    assert not model.is_on
    assert (await trouble_of(model)).kind == "off"


async def test_a_server_in_the_house_is_reached_only_where_allowed(server: ModelServer) -> None:
    server.usual = Turn(args=GREEN)
    model = ChatModel(ChatServer(url=server.url, model="m"), Outgoing())
    assert (await trouble_of(model)).kind == "down"
    assert server.got == []


def test_nothing_heavy_is_imported_before_a_model_is_asked() -> None:
    code = (
        "import sys, ticketyard.wiring, ticketyard.ai.chat.model;"
        "print([m for m in ('pydantic_ai', 'openai', 'opentelemetry.sdk') if m in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
