"""When Qdrant is away, slow to be told, or somebody else's."""

from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from tests.knowledge.retrieving.shelf import Shelf
from tests.world import World
from ticketyard.core.resources import Resources
from ticketyard.knowledge.retrieving.copying import bring_in_step, copy_everything
from ticketyard.knowledge.retrieving.index import PieceIndex
from ticketyard.knowledge.retrieving.qdrant import QdrantVectors, open_qdrant


def _over(world: World, elsewhere: QdrantVectors) -> Resources:
    embedder = world.resources.part(PieceIndex).embedder
    index = PieceIndex(embedder, elsewhere=elsewhere)
    return replace(world.resources, parts={**world.resources.parts, PieceIndex: index})


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://127.0.0.1:1/prefix"])
async def test_while_it_is_down_words_answer_and_say_so(world: World, url: str) -> None:
    elsewhere = open_qdrant(url, "a secret key", "kb_main")
    shelf = Shelf(_over(world, elsewhere), world.company_id)
    await shelf.put("Printers", "Clear the paper jam by opening the rear tray.")

    with capture_logs() as logs:
        copied = await bring_in_step(shelf.resources, world.company_id)
        retrieval = await shelf.ask("paper jam in the tray")

    assert copied == 0
    assert [found.candidate.title for found in retrieval.found] == ["Printers"]
    assert retrieval.notes == ("Qdrant cannot be reached: found by words alone.",)
    assert {entry["event"] for entry in logs} == {"vectors_not_copied", "vectors_unavailable"}
    assert "secret" not in str(logs)
    assert await shelf.rows("knowledge_elsewhere where told is distinct from asked") == 1


async def test_what_it_missed_it_is_told_later(world: World) -> None:
    down = open_qdrant("http://127.0.0.1:1", "", "kb_main")
    shelf = Shelf(_over(world, down), world.company_id)
    kept = await shelf.put("Printers", "Clear the paper jam.")
    gone = await shelf.put("Tea", "The kettle is in the kitchen.")
    await bring_in_step(shelf.resources, world.company_id)
    await shelf.throw_away(gone)

    up = open_qdrant(":memory:", "", "kb_main")
    resources = _over(world, up)
    assert await bring_in_step(resources, world.company_id) == 2
    assert await bring_in_step(resources, world.company_id) == 0

    points, _ = await up._client.scroll("kb_main")
    assert [(point.payload or {})["document_id"] for point in points] == [kept]


async def test_told_twice_is_told_once(world: World) -> None:
    elsewhere = open_qdrant(":memory:", "", "kb_main")
    shelf = Shelf(_over(world, elsewhere), world.company_id)
    await shelf.put("Printers", "Clear the paper jam.", "Then close the tray.")
    await bring_in_step(shelf.resources, world.company_id)

    async with shelf.resources.db.transaction(world.company_id) as session:
        assert await copy_everything(session) == 1
    assert await bring_in_step(shelf.resources, world.company_id) == 1

    assert (await elsewhere._client.count("kb_main")).count == 2


async def test_a_collection_of_another_length_is_not_used(world: World) -> None:
    from qdrant_client import models

    elsewhere = open_qdrant(":memory:", "", "kb_main")
    await elsewhere._client.create_collection(
        "kb_main", vectors_config=models.VectorParams(size=8, distance=models.Distance.COSINE)
    )
    shelf = Shelf(_over(world, elsewhere), world.company_id)
    await shelf.put("Printers", "Clear the paper jam.")

    assert await bring_in_step(shelf.resources, world.company_id) == 0
    assert (await shelf.ask("paper jam")).notes


async def test_a_point_that_it_knows_and_we_do_not_is_not_shown(world: World) -> None:
    """Somebody else writes into the collection, or it comes back from an old backup."""
    elsewhere = open_qdrant(":memory:", "", "kb_main")
    shelf = Shelf(_over(world, elsewhere), world.company_id)
    document_id = await shelf.put("Printers", "Clear the paper jam.")
    await bring_in_step(shelf.resources, world.company_id)
    await shelf.throw_away(document_id)

    assert (await elsewhere._client.count("kb_main")).count == 1
    assert (await shelf.ask("clear the paper jam")).found == []
