"""What is asked is found: by words, by meaning, never across companies, and not after it is gone."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import text

from tests.knowledge.retrieving.conftest import Library
from tests.knowledge.retrieving.shelf import Shelf
from tests.world import World
from ticketyard.ai.embedding import NoEmbedder, Vectors
from ticketyard.knowledge.retrieving.index import PieceIndex, RetrievalOptions, VectorsUnfit
from ticketyard.knowledge.retrieving.qdrant import QdrantVectors


async def _fill(shelf: Shelf) -> None:
    await shelf.put("Printers", "Clear the paper jam by opening the rear tray.")
    await shelf.put("Passwords", "Choose a new password under Account, then Security.")
    await shelf.put("Holiday", "Vacation requests go to your team lead two weeks before.")


async def test_a_piece_is_found_by_its_words_and_by_its_meaning(library: Library) -> None:
    await _fill(library.north)
    await library.settle()
    shelf = library.north

    assert (await shelf.titles("paper jam"))[0] == "Printers"
    assert (await shelf.titles("I forgot my credentials and cannot log in"))[0] == "Passwords"
    assert (await shelf.titles("how many days off may I take"))[0] == "Holiday"
    assert all(found.candidate.cosine for found in (await shelf.ask("paper jam")).found)


async def test_words_are_found_in_any_form_and_in_russian(library: Library) -> None:
    await library.north.put("Принтеры", "Замена картриджей и печать документов.")
    await library.north.put("Сеть", "Настройка подключения к беспроводной сети.")
    await library.settle()

    assert (await library.north.titles("картридж для печати"))[0] == "Принтеры"


async def test_two_companies_never_see_each_other(library: Library) -> None:
    """The other's piece is the better answer in words and in meaning, and still is none."""
    await library.north.put("Vault", "The code of the safe in the cellar is canary-north.")
    await library.south.put("Tea", "The kettle stands in the kitchen on the second floor.")
    await library.settle()
    question = "The code of the safe in the cellar is canary-north."

    for visibilities in (("internal", "public"), ("public",)):
        found = (await library.south.ask(question, visibilities=visibilities, limit=50)).found
        assert [each.candidate.title for each in found] == ["Tea"]
    assert (await library.north.titles(question)) == ["Vault"]


async def test_requesters_find_what_is_public_alone(library: Library) -> None:
    await library.north.put(
        "Inside", "Reset the router with the admin code.", visibility="internal"
    )
    await library.north.put("Outside", "Reset the router by its button.")
    await library.settle()

    asked = await library.north.titles(
        "reset the router with the admin code", visibilities=["public"]
    )
    assert asked == ["Outside"]
    assert await library.north.titles("reset the router", visibilities=[]) == []


async def test_what_became_internal_is_hidden_at_once(library: Library) -> None:
    """The indexes are told later; the last look is at the document itself."""
    document_id = await library.north.put("Router", "Reset the router by its button.")
    await library.settle()
    async with library.resources.db.transaction(library.north.company_id) as session:
        await session.execute(
            text("update knowledge_document set visibility = 'internal' where id = :id"),
            {"id": document_id},
        )

    assert await library.north.titles("reset the router", visibilities=["public"]) == []
    assert await library.north.titles("reset the router") == ["Router"]


async def test_what_is_no_longer_published_is_not_found(library: Library) -> None:
    await library.north.put("Router", "Reset the router by its button.")
    await library.settle()
    async with library.resources.db.transaction(library.north.company_id) as session:
        await session.execute(text("update knowledge_document set publication = 'archived'"))

    assert await library.north.titles("reset the router") == []


@pytest.mark.parametrize("forget", [True, False])
async def test_a_deleted_document_is_gone_with_its_words(library: Library, forget: bool) -> None:
    shelf = library.north
    kept = await shelf.put("Kept", "The kestrel nests on the roof.")
    gone = await shelf.put("Gone", "The kestrel and the zyzzyva fight.", "A second piece of it.")
    await library.settle()
    assert set(await shelf.titles("kestrel zyzzyva")) == {"Kept", "Gone"}

    await shelf.throw_away(gone, forget=forget)

    # Qdrant was not told yet, and its pieces do not come back all the same.
    assert await shelf.titles("kestrel zyzzyva") == ["Kept"]
    assert await shelf.titles("The kestrel and the zyzzyva fight.") == ["Kept"]
    async with library.resources.db.transaction(shelf.company_id) as session:
        words = set(await session.scalars(text("select word from knowledge_word")))
        counts = (await session.execute(text("select sum(pieces) from knowledge_group"))).scalar()
    assert "zyzzyva" not in words
    assert "kestrel" in words
    assert counts == 1
    await shelf.throw_away(kept)
    for table in ("knowledge_word", "knowledge_piece", "knowledge_vector"):
        assert await shelf.rows(table) == 0, table


async def test_qdrant_forgets_what_was_deleted(library: Library) -> None:
    elsewhere = library.resources.part(PieceIndex).elsewhere
    if not isinstance(elsewhere, QdrantVectors):
        pytest.skip("vectors beside the pieces go with them")
    first = await library.north.put("One", "The first text.", "And more of it.")
    await library.south.put("Other", "Another company's text.")
    await library.settle()
    client = elsewhere._client
    assert (await client.count("kb_main")).count == 3

    await library.north.throw_away(first)
    await library.settle()

    assert (await client.count("kb_main")).count == 1
    assert await library.north.rows("knowledge_elsewhere") == 0
    (point,), _ = await client.scroll("kb_main")
    assert point.payload is not None
    assert {"text", "source_type", "source_id", "company_id", "chunk_id", "file_name", "file_path",
            "kind", "content_type", "chunk_index", "total_chunks"} <= point.payload.keys()  # fmt: skip


async def test_categories_and_sources_narrow(library: Library) -> None:
    shelf = library.north
    first = await shelf.put("One", "Reset the router by its button.", category="network")
    await shelf.put("Two", "Reset the router by its plug.", category="power", source_type="file")
    await library.settle()

    assert await shelf.titles("reset router", category="network") == ["One"]
    assert await shelf.titles("reset router", source_type="file") == ["Two"]
    assert await shelf.titles("reset router", document_id=first) == ["One"]
    assert await shelf.titles("reset router", category="' or true --") == []


async def test_pieces_that_say_the_same_stand_for_one(library: Library) -> None:
    words = (
        "Open the settings of the client, choose mail, remove the account, add it again, restart it"
    )
    await library.north.put("First", words)
    await library.north.put("Second", words.upper())
    await library.north.put("Third", f"{words} slowly")
    await library.north.put("Fourth", "Mail is kept for thirty days.")
    await library.settle()

    assert len(await library.north.titles("remove the mail account")) == 2
    assert len(await library.north.titles("remove the mail account", collapse=False)) == 4


async def test_off_topic_questions_have_a_low_score(library: Library) -> None:
    await _fill(library.north)
    await library.settle()

    right = await library.north.ask("how do I clear a paper jam in the tray")
    wrong = await library.north.ask("what is the tallest mountain of Africa")

    assert right.found[0].score > 0.5
    assert all(found.score < 0.25 for found in wrong.found)
    assert (await library.north.ask("tallest mountain of Africa", min_score=0.25)).found == []


async def test_nothing_asked_and_nothing_there_find_nothing(library: Library) -> None:
    assert (await library.north.ask("anything at all")).found == []
    await _fill(library.north)
    await library.settle()
    assert (await library.north.ask(" \t\n")).found == []


async def test_without_a_model_words_answer_and_say_so(world: World) -> None:
    index = PieceIndex(NoEmbedder())
    resources = replace(world.resources, parts={**world.resources.parts, PieceIndex: index})
    shelf = Shelf(resources, world.company_id)
    await _fill(shelf)

    retrieval = await shelf.ask("paper jam in the tray")

    assert retrieval.found[0].candidate.title == "Printers"
    assert retrieval.notes == ("Without vectors: found by words alone.",)
    assert await shelf.rows("knowledge_vector") == 0


async def test_without_the_extension_words_answer(world: World, database_url: str) -> None:
    import psycopg

    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute("drop table knowledge_vector")
    shelf = Shelf(world.resources, world.company_id)
    await _fill(shelf)

    retrieval = await shelf.ask("paper jam in the tray")

    assert retrieval.found[0].candidate.title == "Printers"
    assert retrieval.notes


async def test_vectors_of_another_model_say_nothing(world: World) -> None:
    shelf = Shelf(world.resources, world.company_id)
    await _fill(shelf)
    async with world.resources.db.transaction(world.company_id) as session:
        await session.execute(text("update knowledge_vector set embedder = 'another'"))

    retrieval = await shelf.ask("paper jam")

    assert [found.candidate.cosine for found in retrieval.found] == [None]


async def test_a_vector_of_another_length_hurts_only_itself(world: World) -> None:
    """A model that changed under its name, or a damaged row."""
    shelf = Shelf(world.resources, world.company_id)
    await _fill(shelf)
    async with world.resources.db.transaction(world.company_id) as session:
        await session.execute(
            text(
                "update knowledge_vector set embedding = '[1,2,3]' where document_id ="
                " (select id from knowledge_document where title = 'Printers')"
            )
        )

    found = (await shelf.ask("paper jam")).found

    assert {each.candidate.title: bool(each.candidate.cosine) for each in found} == {
        "Printers": False, "Passwords": True, "Holiday": True
    }  # fmt: skip


class _Odd:
    """A model that gives what it should not."""

    name, dimensions = "odd", 4

    def __init__(self, vectors: list[list[float]]) -> None:
        self._vectors = np.array(vectors, np.float32)

    def embed(self, texts: Sequence[str]) -> Vectors:
        return self._vectors


@pytest.mark.parametrize("vectors", [[[1, 0]], [[1, 0, 0, float("nan")]], [[1, 0, 0, 0]] * 2, []])
async def test_a_model_that_gives_odd_vectors_stores_none(
    world: World, vectors: list[list[float]]
) -> None:
    index = PieceIndex(_Odd(vectors))
    resources = replace(world.resources, parts={**world.resources.parts, PieceIndex: index})
    shelf = Shelf(resources, world.company_id)

    with pytest.raises(VectorsUnfit):
        await shelf.put("Printers", "Clear the paper jam.")
    assert await shelf.rows("knowledge_piece") == 0


async def test_many_pieces_are_searched_by_the_index(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same answers, whichever way: here every company is large enough for the index."""
    shelf = Shelf(world.resources, world.company_id)
    await _fill(shelf)
    await Shelf(world.resources, world.other_company_id).put("South", "Clear the paper jam.")
    exact = [
        (each.candidate.title, each.candidate.cosine) for each in (await shelf.ask("jam")).found
    ]
    monkeypatch.setattr("ticketyard.knowledge.retrieving.vectors.EXACT_MAX", 0)

    walked = [
        (each.candidate.title, each.candidate.cosine) for each in (await shelf.ask("jam")).found
    ]

    assert [title for title, _ in walked] == [title for title, _ in exact]
    assert [cosine for _, cosine in walked] == pytest.approx([cosine for _, cosine in exact])
    assert await shelf.titles("jam", visibilities=["public"], category="none such") == []


async def test_ranking_switched_off_goes_by_the_weighted_sum(world: World) -> None:
    embedder = world.resources.part(PieceIndex).embedder
    index = PieceIndex(embedder, RetrievalOptions(rerank=False))
    resources = replace(world.resources, parts={**world.resources.parts, PieceIndex: index})
    shelf = Shelf(resources, world.company_id)
    await _fill(shelf)

    assert (await shelf.titles("paper jam"))[0] == "Printers"
