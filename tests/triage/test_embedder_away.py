"""While the server that makes vectors is away, triage goes on with what needs none, and says so."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from tests.embeddings_server import over
from tests.model_server import ModelServer, Turn, serving
from tests.world import World
from ticketyard.core.jobs import Worker
from ticketyard.triage.analysing import analyse_tickets
from ticketyard.triage.answering import UNREADABLE, answer_description
from ticketyard.triage.engines import Engines
from ticketyard.triage.learning.errors import VectorsAway
from ticketyard.triage.learning.queries import list_trainings
from ticketyard.triage.learning.runs import ask_for_training
from ticketyard.triage.learning.training import train_from_csv
from ticketyard.triage.queries import current_version, get_analysis
from ticketyard.wiring import WIRING

THINGS = ("card", "bank card", "debit card", "new card", "gold card", "second card", "credit card")
CSV = "text,category\n" + "".join(
    f"Where is my {thing}? It has not arrived yet.,card_arrival\n"
    f"How do I change the PIN of my {thing}?,change_pin\n"
    for thing in THINGS
)
AWAY = Turn(status=503)
SAID = (
    "Nothing was learned, and the model in use stays. The embedding server answers 503."
    " Ask again once it answers."
)


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with serving() as server:
        yield server


async def train(world: World) -> None:
    await train_from_csv(
        world.resources, world.company_id, CSV.encode(), by=world.as_person(world.admin)
    )


async def test_a_training_fails_with_a_sentence_and_the_old_model_serves(
    world: World, server: ModelServer
) -> None:
    await train(over(world, server))
    restarted = over(world, server)
    server.usual = AWAY
    with pytest.raises(VectorsAway, match="Nothing was learned"):
        await train(restarted)
    async with world.resources.db.transaction(world.company_id) as session:
        newest, _ = await list_trainings(session)
        assert (newest.state, newest.reason) == ("failed", SAID)
        assert await current_version(session) == 1

    server.usual = Turn()
    opened = await world.open("Where is the new card, it did not arrive?")
    await analyse_tickets(restarted.resources, world.company_id, [opened.id])
    async with world.resources.db.transaction(world.company_id) as session:
        analysis = await get_analysis(session, opened.id)
    assert (analysis.category, analysis.model_version) == ("card_arrival", 1)


async def test_a_training_in_the_background_fails_the_same_and_is_not_run_again(
    world: World, server: ModelServer
) -> None:
    await train(over(world, server))
    restarted = over(world, server)
    server.usual = AWAY
    async with world.resources.db.transaction(world.company_id) as session:
        await ask_for_training(session, by=world.as_person(world.admin))
    worker = Worker(restarted.resources, WIRING, concurrency=2, max_attempts=3)
    await worker.run_pending()
    for _ in range(2):
        async with world.resources.db.transaction(world.company_id) as session:
            newest, first = await list_trainings(session)
            assert (newest.state, newest.reason, first.state) == ("failed", SAID, "promoted")
        server.usual = Turn()
        await worker.run_pending()


async def test_a_shadow_is_not_judged_by_what_it_could_not_read(
    world: World, server: ModelServer
) -> None:
    there = over(world, server)
    await train(there)
    async with world.resources.db.transaction(world.company_id) as session:
        await session.execute(text("update triage_model set state = 'shadow'"))
    first = await world.open("Where is the new card, it did not arrive?")
    server.usual = AWAY
    await analyse_tickets(there.resources, world.company_id, [first.id])
    assert await shadowed(world) == []
    server.usual = Turn()
    await analyse_tickets(there.resources, world.company_id, [first.id])
    assert await shadowed(world) == ["card_arrival"]


async def test_who_asks_at_once_is_answered_by_words(world: World, server: ModelServer) -> None:
    server.usual = AWAY
    engines = over(world, server).resources.part(Engines)
    answer = await answer_description(
        world.resources.db,
        world.company_id,
        "I am angry, my password is locked again!!!",
        engines,
    )
    assert answer != UNREADABLE
    assert (answer.kind, answer.topic) == ("complaint", "Access")


async def shadowed(world: World) -> list[str]:
    async with world.resources.db.transaction(world.company_id) as session:
        return list(await session.scalars(text("select label from shadow_finding")))
