"""The words index: counts that hold, questions of any length, and power that stays in its company."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import text

from tests.knowledge.retrieving.shelf import Shelf
from tests.world import World
from ticketyard.ai.bm25 import Plan
from ticketyard.knowledge.retrieving.asked import PUBLIC, Narrow
from ticketyard.knowledge.retrieving.vectors import _is_many
from ticketyard.knowledge.retrieving.words import (
    TERMS_MAX,
    count_pieces,
    find_by_words,
    read_question,
)

NARROW = Narrow((PUBLIC,))
_HITS = text(
    "select document_id, number from word_hits(cast(:words as integer[]), '[]',"
    ' \'{"visibilities": ["public", "internal"]}\', 100)'
)
_FIRST = text(
    "select document_id from word_hits(cast(:rare as integer[]), cast(:sets as jsonb),"
    ' \'{"visibilities": ["public"]}\', 5)'
)
# What stands in the index, counted anew, beside what is kept of it.
_WRONG_COUNTS = text(
    """
    select w.word, w.pieces, count(p.document_id) from knowledge_word w
    left join knowledge_piece p on p.company_id = w.company_id and w.id = any(p.words)
    group by w.company_id, w.id, w.word, w.pieces having w.pieces <> count(p.document_id)
    """
)


async def test_counts_hold_however_pieces_come_and_go_at_once(world: World) -> None:
    """Eight at a time, of the same words in different orders: nobody waits for ever."""
    shelf = Shelf(world.resources, world.company_id)
    words = ["printer", "router", "badge", "phone", "scanner", "camera"]

    async def come_and_go(start: int) -> None:
        turned = words[start % 6 :] + words[: start % 6]
        first = await shelf.put(f"One {start}", *turned)
        await shelf.put(f"Two {start}", *reversed(turned))
        await shelf.throw_away(first, forget=start % 2 == 0)

    await asyncio.gather(*(come_and_go(start) for start in range(8)))

    async with world.resources.db.transaction(world.company_id) as session:
        assert (await session.execute(_WRONG_COUNTS)).all() == []
        assert await count_pieces(session, NARROW) == 8 * 6
        pieces, length = (
            await session.execute(text("select count(*), sum(length) from knowledge_piece"))
        ).one()
        kept = (await session.execute(text("select sum(words) from knowledge_group"))).scalar()
    assert pieces == 48
    assert kept == length


async def test_the_owners_power_stays_in_the_company(world: World) -> None:
    north = Shelf(world.resources, world.company_id)
    await north.put("Kestrel", "The kestrel nests on the roof.")
    db = world.resources.db
    async with db.transaction(world.company_id) as session:
        words = list(await session.scalars(text("select id from knowledge_word")))
        assert len((await session.execute(_HITS, {"words": words})).all()) == 1
    async with db.transaction(world.other_company_id) as session:
        assert (await session.execute(_HITS, {"words": words})).all() == []
        assert list(await session.scalars(text("select id from knowledge_word"))) == []
    async with db.anonymous() as session:
        assert (await session.execute(_HITS, {"words": words})).all() == []


async def test_quotes_in_what_narrows_stay_in_it(world: World) -> None:
    north = Shelf(world.resources, world.company_id)
    await north.put("Kestrel", "The kestrel nests.", visibility="internal", category="it's")
    for category in ("it's", "' or true --", "%L", "{}"):
        narrow = Narrow(("internal", "'} or true --"), category=category)
        async with world.resources.db.transaction(world.company_id) as session:
            question = await read_question(session, "kestrel")
            hits = await find_by_words(session, question, narrow, 10)
        assert len(hits.keys) == (category == "it's")


async def test_the_best_by_words_comes_first(world: World) -> None:
    shelf = Shelf(world.resources, world.company_id)
    await shelf.put("Long", "The kestrel " + "and many other birds sing in the old park " * 10)
    best = await shelf.put("Twice", "Kestrel, kestrels and the falcon.")
    for number in range(20):
        await shelf.put(f"Park {number}", "Birds of the park.")
    async with world.resources.db.transaction(world.company_id) as session:
        question = await read_question(session, "kestrel falcon park")
        hits = await find_by_words(session, question, NARROW, 50)

    assert hits.keys[0].document_id == best
    assert hits.bm25 == sorted(hits.bm25, reverse=True)
    assert len(hits.keys) == 22


async def test_rare_words_are_fetched_before_frequent_ones_whatever_lies_first(
    world: World,
) -> None:
    shelf = Shelf(world.resources, world.company_id)
    for number in range(30):
        await shelf.put(f"Park {number}", "The falcon of the park.")
    rare = await shelf.put("Kestrel", "The kestrel nests on the roof.")
    async with world.resources.db.transaction(world.company_id) as session:
        ids = {
            word: id
            for word, id in await session.execute(text("select word, id from knowledge_word"))
        }
        rows = await session.execute(
            _FIRST, {"rare": [ids["kestrel"]], "sets": f"[[{ids['falcon']}, {ids['park']}]]"}
        )
        first, *others = [row.document_id for row in rows]
    assert first == rare
    assert len(others) == 4


async def test_a_piece_that_is_fetched_twice_is_found_once(world: World) -> None:
    shelf = Shelf(world.resources, world.company_id)
    await shelf.put("Falcon", "The falcon of the park.")
    await shelf.put("Park", "The park.")
    async with world.resources.db.transaction(world.company_id) as session:
        question = await read_question(session, "falcon park")
        ids = question.plan.any_of
        twice = replace(question, plan=Plan(ids, [ids, ids[:1]]))
        assert (await find_by_words(session, twice, NARROW, 5)) == (
            await find_by_words(session, question, NARROW, 5)
        )


async def test_a_whole_book_as_a_question_is_read_in_part(world: World) -> None:
    shelf = Shelf(world.resources, world.company_id)
    await shelf.put("Kestrel", "The kestrel nests on the roof.")
    async with world.resources.db.transaction(world.company_id) as session:
        question = await read_question(
            session, " ".join(f"w{n}" for n in range(5_000)) + " kestrel"
        )
    assert len(question.words) == TERMS_MAX
    assert "kestrel" in question.words
    assert len(question.plan.any_of) == 1


async def test_a_piece_without_words_is_a_piece(world: World) -> None:
    shelf = Shelf(world.resources, world.company_id)
    await shelf.put("…", "—", "?!")
    async with world.resources.db.transaction(world.company_id) as session:
        assert await count_pieces(session, NARROW) == 2
    assert (await shelf.ask("?!")).found is not None


@pytest.mark.parametrize(
    ("pieces", "in_all", "indexed"),
    [
        (10_000, 10_000, False),
        (10_001, 10_001, True),
        (20_000, 150_000, True),
        (20_000, 400_000, False),
        (30_000, 1_000_000, False),
        (30_001, 1_000_000, True),
    ],
)
def test_the_index_is_walked_where_that_is_quicker(pieces: int, in_all: int, indexed: bool) -> None:
    assert _is_many(pieces, in_all) == indexed
