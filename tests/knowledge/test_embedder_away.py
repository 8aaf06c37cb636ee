"""While the server that makes vectors is away, knowledge is found by its words, and nothing is lost."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Row, text

from tests.embeddings_server import over
from tests.knowledge.retrieving.shelf import AGENT, Shelf
from tests.model_server import ModelServer, Turn, serving
from tests.world import World
from ticketyard.knowledge.answering.answering import answer_question
from ticketyard.knowledge.drafts import ArticleDraft
from ticketyard.knowledge.lane import ReadingLane
from ticketyard.knowledge.retrieving.asked import Asked, Narrow
from ticketyard.knowledge.retrieving.copying import bring_in_step
from ticketyard.knowledge.retrieving.filling import fill_missing
from ticketyard.knowledge.retrieving.learning import Judged, learn_ranking
from ticketyard.knowledge.retrieving.qdrant import open_qdrant
from ticketyard.knowledge.writing import add_article, set_publication

NOTE = "The embeddings server cannot be reached: found by words alone."
JAM = (
    "Clear the paper jam by opening the rear tray. Pull the sheet out slowly. Then close the tray."
)
QUESTION = "How do I clear a paper jam in the tray?"
AWAY = Turn(status=503)


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with serving() as server:
        yield server


async def test_words_alone_find_and_say_so(world: World, server: ModelServer) -> None:
    shelf = Shelf(over(world, server).resources, world.company_id)
    await shelf.put("Printers", JAM)
    server.usual = AWAY

    retrieval = await shelf.ask(QUESTION)

    assert [found.candidate.title for found in retrieval.found] == ["Printers"]
    assert retrieval.notes == (NOTE,)
    assert retrieval.found[0].candidate.cosine is None
    server.usual = Turn()
    assert (await shelf.ask(QUESTION)).notes == ()


async def test_an_answer_is_made_of_what_words_found(world: World, server: ModelServer) -> None:
    shelf = Shelf(over(world, server).resources, world.company_id)
    await shelf.put("Printers", JAM)
    server.usual = AWAY

    answer = await answer_question(
        shelf.resources, shelf.company_id, Asked(QUESTION, Narrow(AGENT))
    )

    assert any("rear tray" in step.text for step in answer.steps)
    assert answer.notes == (NOTE,)


async def test_what_words_alone_found_teaches_no_ranking(world: World, server: ModelServer) -> None:
    shelf = Shelf(over(world, server).resources, world.company_id)
    right = await shelf.put("Printers", JAM)
    await shelf.put("Trays", "A tray of tea stands in the kitchen; clear it away.")
    judged = [Judged(QUESTION, frozenset({right}))]
    assert (await learn_ranking(shelf.resources, shelf.company_id, judged)).questions == 1
    server.usual = AWAY
    restarted = over(world, server).resources
    assert (await learn_ranking(restarted, shelf.company_id, judged)).questions == 0


async def test_a_document_is_found_by_words_at_once_and_by_meaning_later(
    world: World, server: ModelServer
) -> None:
    there = over(world, server)
    lane = ReadingLane(there.resources)
    server.usual = AWAY
    await article(there)

    assert await lane.read_due() == 1

    shelf = Shelf(there.resources, there.company_id)
    assert (await the_document(there)).state == "ready"
    assert await shelf.titles(QUESTION) == ["Printers"]
    assert await fill_missing(there.resources, there.company_id) == 0
    assert await shelf.rows("knowledge_vector") == 0

    server.usual = Turn()
    assert await fill_missing(there.resources, there.company_id) == 1
    (found,) = (await shelf.ask(QUESTION)).found
    assert found.candidate.cosine is not None


async def test_what_it_said_before_is_not_found_while_new_vectors_are_waited_for(
    world: World, server: ModelServer
) -> None:
    there = over(world, server)
    lane = ReadingLane(there.resources)
    file_id = await article(there)
    await lane.read_due()
    server.usual = AWAY
    async with there.resources.db.transaction(there.company_id) as session:
        await session.execute(
            text("update knowledge_document set body = 'The kettle boils.', state = 'waiting',"
                 " attempts = 0 where file_id = cast(:id as uuid)"), {"id": file_id},
        )  # fmt: skip
    await lane.read_due()
    shelf = Shelf(there.resources, there.company_id)
    assert await shelf.titles("boils kettle") == ["Printers"]
    assert await shelf.titles("rear tray sheet slowly") == []
    assert await shelf.rows("knowledge_vector") == 0


async def test_qdrant_is_told_later_and_its_collection_has_the_length_of_the_vectors(
    world: World, server: ModelServer
) -> None:
    elsewhere = open_qdrant(":memory:", "", "kb_main")
    there = over(world, server, elsewhere=elsewhere)
    shelf = Shelf(there.resources, there.company_id)
    server.usual = AWAY
    await shelf.put("Printers", JAM)
    assert await bring_in_step(there.resources, there.company_id) == 0
    assert (await shelf.ask(QUESTION)).notes == (NOTE,)
    assert not await elsewhere._client.collection_exists("kb_main")

    server.usual = Turn()
    assert await bring_in_step(there.resources, there.company_id) == 1
    params: Any = (await elsewhere._client.get_collection("kb_main")).config.params.vectors
    assert params.size == 64
    assert (await shelf.ask(QUESTION)).notes == ()
    await elsewhere.close()


async def article(world: World) -> str:
    """A published article; gives its id."""
    async with world.resources.db.transaction(world.company_id) as session:
        made = await add_article(session, draft=ArticleDraft("Printers", JAM), by=world.system)
        await set_publication(
            session, file_id=made.file_id, publication="published", by=world.system
        )
        return str(made.file_id)


async def the_document(world: World) -> Row[Any]:
    async with world.resources.db.transaction(world.company_id) as session:
        return (await session.execute(text("select * from knowledge_document"))).one()
