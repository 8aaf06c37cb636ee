"""Pieces that were read before there were vectors, or by another model, get theirs."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import text

from tests.knowledge.retrieving.shelf import Shelf
from tests.world import World
from ticketyard.ai.embedding import EmbedderAway, NoEmbedder, Vectors
from ticketyard.knowledge.retrieving.filling import fill_missing
from ticketyard.knowledge.retrieving.index import PieceIndex


def _without_model(world: World) -> Shelf:
    index = PieceIndex(NoEmbedder())
    resources = replace(world.resources, parts={**world.resources.parts, PieceIndex: index})
    return Shelf(resources, world.company_id)


async def test_what_was_read_without_a_model_gets_vectors(world: World) -> None:
    before = _without_model(world)
    for number in range(70):
        await before.put(f"Page {number}", f"Printer number {number} is jammed.")
    assert await before.rows("knowledge_vector") == 0

    assert await fill_missing(before.resources, world.company_id) == 0
    assert await fill_missing(world.resources, world.company_id) == 70
    assert await fill_missing(world.resources, world.company_id) == 0

    shelf = Shelf(world.resources, world.company_id)
    assert await shelf.rows("knowledge_vector") == 70
    assert (await shelf.ask("paper stuck in printer 7")).found[0].candidate.cosine


async def test_another_models_vectors_are_replaced(world: World) -> None:
    shelf = Shelf(world.resources, world.company_id)
    await shelf.put("Printers", "Clear the paper jam.")
    other = Shelf(world.resources, world.other_company_id)
    await other.put("South", "Clear the paper jam.")
    for company_id in (world.company_id, world.other_company_id):
        async with world.resources.db.transaction(company_id) as session:
            await session.execute(
                text("update knowledge_vector set embedder = 'old', embedding = '[1,2]'")
            )

    assert await fill_missing(world.resources, world.company_id) == 1

    assert (await shelf.ask("paper jam")).found[0].candidate.cosine
    assert (await other.ask("paper jam")).found[0].candidate.cosine is None


class _Away:
    """A model on a server that does not answer."""

    name, dimensions = "away", 384

    def embed(self, texts: Sequence[str]) -> Vectors:
        raise EmbedderAway("The embedding server rests after a failure.")


async def test_while_the_model_is_away_words_do(world: World) -> None:
    index = PieceIndex(_Away())
    resources = replace(world.resources, parts={**world.resources.parts, PieceIndex: index})
    shelf = Shelf(resources, world.company_id)
    await shelf.put("Printers", "Clear the paper jam.")

    retrieval = await shelf.ask("clear a paper jam", min_score=0.25)

    assert [found.candidate.title for found in retrieval.found] == ["Printers"]
    assert retrieval.notes == ("The embeddings server cannot be reached: found by words alone.",)
    assert await fill_missing(resources, world.company_id) == 0
    assert await fill_missing(world.resources, world.company_id) == 1
