import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sqlalchemy import text

from tests.embeddings_server import embedder_at
from tests.model_server import ModelServer, Turn, serving
from tests.world import World
from ticketyard.ai.embedding import EmbedderAway
from ticketyard.triage.analysing import analyse_tickets
from ticketyard.triage.engines import Engines
from ticketyard.triage.jobs import retry_untriaged
from ticketyard.triage.learning import apprentice
from ticketyard.triage.learning.errors import VectorsAway
from ticketyard.triage.learning.training import train_from_csv
from ticketyard.triage.queries import get_analysis

THINGS = ("card", "bank card", "debit card", "new card", "gold card", "second card", "credit card")
CSV = "text,category\n" + "".join(
    f"Where is my {thing}? It has not arrived yet.,card_arrival\n"
    f"How do I change the PIN of my {thing}?,change_pin\n"
    for thing in THINGS
)


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with serving() as server:
        yield server


def test_vectors_have_length_one_and_stand_in_order(server: ModelServer) -> None:
    embedder = embedder_at(server)
    vectors = embedder.embed(["a printer", "a mail", "a printer"])
    assert vectors.shape == (3, 8)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)
    assert np.array_equal(vectors[0], vectors[2])
    assert not np.array_equal(vectors[0], vectors[1])
    assert embedder.dimensions == 8
    assert embedder.name == "remote:e-1"
    assert server.headers[0]["authorization"] == "Bearer k-1"
    assert server.got[0]["input"] == ["a printer", "a mail"]


def test_a_text_is_asked_for_once_and_many_in_batches(server: ModelServer) -> None:
    embedder = embedder_at(server)
    texts = [f"text {place}" for place in range(150)]
    first = embedder.embed(texts)
    assert [len(each["input"]) for each in server.got] == [64, 64, 22]
    assert np.array_equal(embedder.embed(texts), first)
    assert len(server.got) == 3


def test_what_was_answered_before_a_batch_failed_is_not_asked_for_again(
    server: ModelServer,
) -> None:
    embedder = embedder_at(server, rest=0)
    texts = [f"text {place}" for place in range(150)]
    server.script = [Turn(), Turn(), Turn(status=503)]
    with pytest.raises(EmbedderAway):
        embedder.embed(texts)
    assert embedder.embed(texts).shape == (150, 8)
    assert [len(each["input"]) for each in server.got] == [64, 64, 22, 22]


def test_no_text_is_no_question(server: ModelServer) -> None:
    assert embedder_at(server).embed([]).shape[0] == 0
    assert server.got == []


def test_what_is_personal_does_not_leave_and_little_of_a_long_text_does(
    server: ModelServer,
) -> None:
    embedder_at(server).embed(["I am rita@example.com", "x " * 100_000, ""])
    assert "rita@example.com" not in server.text
    assert max(len(each) for each in server.got[0]["input"]) <= 6_000
    assert "" not in server.got[0]["input"]


@pytest.mark.parametrize(
    "turn",
    [
        Turn(status=500),
        Turn(status=401),
        Turn(does="cut"),
        Turn(does="html"),
        Turn(does="empty"),
        Turn(does="large"),
        Turn(does="hang"),
        Turn(does="endless"),
        Turn(args=lambda _: []),
        Turn(args=lambda _: [[1.0, 2.0]]),
        Turn(args=lambda _: [[1.0, 2.0], [1.0]]),
        Turn(args=lambda _: [[0.0, 0.0], [1.0, 0.0]]),
        Turn(args=lambda _: [["x", "y"], ["z", "w"]]),
        Turn(args=lambda _: [[1e39, 0.0], [1.0, 0.0]]),
        Turn(args=lambda _: [[1.0], [1.0]]),
        Turn(args=lambda _: "nonsense"),
        Turn(args=lambda _: [[None, 1.0], [1.0, 2.0]]),
    ],
)
def test_anything_but_vectors_is_told_within_the_deadline_and_then_at_once(
    server: ModelServer, turn: Turn
) -> None:
    server.usual = turn
    embedder = embedder_at(server, deadline=1.0)
    began = time.monotonic()
    with pytest.raises(EmbedderAway) as away:
        embedder.embed(["one", "two"])
    assert time.monotonic() - began < 3
    assert "secret words" not in f"{away.value} {away.value.__context__}"
    asked, began = len(server.got), time.monotonic()
    with pytest.raises(EmbedderAway):
        embedder.embed(["three"])
    assert time.monotonic() - began < 0.1
    assert len(server.got) == asked


def picky(most: int, status: int = 413) -> Callable[[dict[str, Any]], Turn]:
    """A server whose model reads so many characters a text and refuses what holds a longer one."""

    def answer(asked: dict[str, Any]) -> Turn:
        return Turn(status=status) if max(map(len, asked["input"])) > most else Turn()

    return answer


@pytest.mark.parametrize("status", [400, 413, 422])
def test_one_text_that_is_refused_keeps_the_others_from_nothing(
    server: ModelServer, status: int
) -> None:
    long = "Where is my card? " * 200
    texts = [f"text {place}" for place in range(20)]
    expected = embedder_at(server).embed(texts)
    server.by_request = picky(2_000, status)
    embedder = embedder_at(server)
    vectors = embedder.embed([*texts[:7], long, *texts[7:]])
    assert np.array_equal(np.delete(vectors, 7, axis=0), expected)
    assert np.array_equal(vectors[7], embedder.embed([long[:1_500]])[0])
    # It is known from now on, and the server did not count as away.
    asked = len(server.got)
    embedder.embed([long])
    assert len(server.got) == asked


def test_a_text_is_cut_as_far_as_a_model_wants(server: ModelServer) -> None:
    server.by_request = picky(500)
    embedder = embedder_at(server)
    assert np.array_equal(embedder.embed(["ы" * 3_000]), embedder.embed(["ы" * 400]))


def test_a_text_that_is_refused_however_short_stands_as_nothing(server: ModelServer) -> None:
    server.by_request = lambda asked: Turn(status=400 if "odd" in asked["input"] else 200)
    embedder = embedder_at(server)
    odd, blank, other = embedder.embed(["odd", "", "other"])
    assert np.array_equal(odd, blank)
    assert not np.array_equal(odd, other)


def test_a_server_that_refuses_everything_is_away(server: ModelServer) -> None:
    server.usual = Turn(status=400)
    embedder = embedder_at(server)
    with pytest.raises(EmbedderAway, match="answers 400"):
        embedder.embed([f"text {place}" for place in range(64)])
    assert len(server.got) == 2
    with pytest.raises(EmbedderAway, match="rests"):
        embedder.embed(["one"])


def test_a_server_that_is_back_is_found_again(server: ModelServer) -> None:
    server.script = [Turn(status=500)]
    embedder = embedder_at(server, rest=0.2)
    with pytest.raises(EmbedderAway):
        embedder.embed(["one"])
    time.sleep(0.25)
    assert embedder.embed(["one"]).shape == (1, 8)


def test_vectors_of_another_length_are_those_of_another_model(server: ModelServer) -> None:
    embedder = embedder_at(server)
    embedder.embed(["one"])
    server.dimensions = 5
    with pytest.raises(EmbedderAway, match="another length"):
        embedder.embed(["two"])


def test_several_threads_may_ask(server: ModelServer) -> None:
    embedder = embedder_at(server)
    shapes: list[tuple[int, ...]] = []

    def ask(place: int) -> None:
        shapes.append(embedder.embed([f"text {place}", "the same"]).shape)

    threads = [threading.Thread(target=ask, args=(place,)) for place in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert shapes == [(2, 8)] * 6


async def test_a_training_asks_from_a_process_of_its_own(
    world: World, server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The parent alone knows the server; what the child is taught is what a thread here was taught."""

    def never(*_: object) -> None:
        raise AssertionError("It was taught in the worker.")

    server.dimensions = 64
    resources = replace(
        world.resources,
        parts={**world.resources.parts, Engines: Engines(embedder_at(server))},
    )
    monkeypatch.setattr(apprentice, "teach", never)
    for version in (1, 2):
        trained = await train_from_csv(resources, world.company_id, CSV.encode(), by=world.system)
        assert (trained.version, trained.state) == (version, "promoted"), trained.reason
    embedder = resources.part(Engines).embedder
    async with resources.db.transaction(world.company_id) as session:
        model = await resources.part(Engines).model(session, "category", 2)
    (found,) = model.predict(["Where is my gold card? It has not arrived yet."], embedder)
    assert (model.embedder_name, found.label) == ("remote:e-1", "card_arrival")

    # A server that goes away meanwhile ends it, and the child with it.
    server.usual = Turn(status=503)
    more = CSV + "Who moved my cheese yesterday?,cheese\nThe cheese is gone again.,cheese\n"
    with pytest.raises(VectorsAway):
        await train_from_csv(resources, world.company_id, more.encode(), by=world.system)


async def test_triage_goes_on_without_vectors_says_so_and_reads_again(
    world: World, server: ModelServer
) -> None:
    server.dimensions = 64
    engines = Engines(embedder_at(server, rest=0.1, deadline=1.0))
    resources = replace(world.resources, parts={**world.resources.parts, Engines: engines})
    company_id = world.company_id
    await train_from_csv(resources, company_id, CSV.encode(), by=world.system)
    server.usual = Turn(does="hang")
    opened = await world.open("The new card did not arrive, where is it?")
    began = time.monotonic()
    for _ in range(2):
        await analyse_tickets(resources, company_id, [opened.id])
    assert time.monotonic() - began < 6
    async with resources.db.transaction(company_id) as session:
        analysis = await get_analysis(session, opened.id)
        told = text("select count(*) from event where type = 'ticket.triaged'")
        assert await session.scalar(told) == 1
    assert (analysis.state, analysis.error) == ("done", "EmbedderAway")
    assert analysis.engine in ("rules", "descriptions")
    assert analysis.model_version is None

    server.usual = Turn()
    server.let_go.set()
    await asyncio.sleep(0.15)
    await retry_untriaged(resources, company_id)
    async with resources.db.transaction(company_id) as session:
        analysis = await get_analysis(session, opened.id)
    assert (analysis.error, analysis.engine, analysis.category) == (
        None, "classifier", "card_arrival",
    )  # fmt: skip
