"""A company's own judgements change its ranking, where they make it better, and nobody else's."""

import pytest
from sqlalchemy import text

from tests.knowledge.retrieving.shelf import Shelf
from tests.world import World
from ticketyard.knowledge.retrieving.features import FEATURES
from ticketyard.knowledge.retrieving.learning import (
    QUESTIONS_MIN,
    Judged,
    forget_ranking,
    learn_ranking,
)
from ticketyard.knowledge.retrieving.rankings import ranking_of
from ticketyard.knowledge.retrieving.shipped import SHIPPED

THINGS = ("printer", "laptop", "router", "badge", "phone", "scanner", "monitor", "camera")


async def _judged(shelf: Shelf, *, titled: bool) -> list[Judged]:
    """Of two texts that say the same, right is always the one whose title names the thing."""
    judged = []
    for thing in THINGS:
        right = await shelf.put(f"All about the {thing}", f"Restart the {thing} and wait a minute.")
        wrong = await shelf.put("Restart and wait", f"Restart the {thing}, wait a minute or two.")
        for ask in ("restart the", "how do I restart the", "please help me with the",
                    "what to do with a broken"):  # fmt: skip
            judged.append(Judged(f"{ask} {thing}", frozenset({right if titled else wrong})))
    return judged


async def test_what_was_learned_is_kept_where_it_is_better(world: World) -> None:
    north = Shelf(world.resources, world.company_id)
    judged = await _judged(north, titled=False)

    lesson = await learn_ranking(world.resources, world.company_id, judged)

    assert lesson.questions == len(judged)
    assert lesson.kept == (lesson.after > lesson.before)
    assert lesson.kept
    async with world.resources.db.transaction(world.company_id) as session:
        own = await ranking_of(session)
        assert own != SHIPPED
    async with world.resources.db.transaction(world.other_company_id) as session:
        assert await ranking_of(session) == SHIPPED
    async with world.resources.db.transaction(world.company_id) as session:
        await forget_ranking(session)
        assert await ranking_of(session) == SHIPPED


async def test_too_few_questions_teach_nothing(world: World) -> None:
    north = Shelf(world.resources, world.company_id)
    judged = await _judged(north, titled=True)

    lesson = await learn_ranking(world.resources, world.company_id, judged[: QUESTIONS_MIN - 1])

    assert not lesson.kept
    assert await north.rows("knowledge_ranking") == 0


async def test_the_other_companys_documents_are_no_answers(world: World) -> None:
    """Judgements that name them teach nothing: they are not among the candidates."""
    judged = await _judged(Shelf(world.resources, world.company_id), titled=True)
    lesson = await learn_ranking(world.resources, world.other_company_id, judged)
    assert lesson.questions == 0


@pytest.mark.parametrize("features", [list(FEATURES[:-1]), ["something", "else"]])
async def test_a_ranking_of_an_older_version_is_passed_over(
    world: World, features: list[str]
) -> None:
    async with world.resources.db.transaction(world.company_id) as session:
        await session.execute(
            text(
                "insert into knowledge_ranking values (current_company(), :features, '{1}', 0, 30, 0, 1,"
                " now())"
            ),
            {"features": features},
        )
        assert await ranking_of(session) == SHIPPED
