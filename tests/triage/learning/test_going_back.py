"""What somebody went back from, or the gate refused, is not taught again by itself."""

import pytest
from sqlalchemy import text

from tests.triage.learning.lessons import all_texts
from tests.triage.learning.test_counting import correct_some, counted
from tests.triage.learning.test_versions import embedder_of, train
from tests.world import World
from ticketyard.ai.embedding import NoEmbedder
from ticketyard.triage.engines import Engines
from ticketyard.triage.learning.counting import consider_training
from ticketyard.triage.learning.gathering import gather
from ticketyard.triage.learning.queries import get_version, list_trainings
from ticketyard.triage.learning.setting import LearningSettings, set_learning_settings
from ticketyard.triage.learning.training import train_from_history
from ticketyard.triage.learning.versions import promote_version, roll_back
from ticketyard.triage.queries import CATEGORY

PAIRS = all_texts()


@pytest.fixture(autouse=True)
def without_vectors(world: World) -> None:
    world.resources.part(Engines).embedder = NoEmbedder()


async def noted(world: World) -> str:
    await consider_training(world.resources, world.company_id, "count")
    return (await counted(world))[1]


async def test_what_was_learned_before_a_rollback_is_held_until_it_is_released(
    world: World,
) -> None:
    await train(world, PAIRS[:100])
    await train(world, PAIRS[100:160])
    db, by = world.resources.db, world.as_person(world.admin)
    async with db.transaction(world.company_id) as session:
        await roll_back(session, by=by, embedder=embedder_of(world))
    assert "category: nothing to learn yet, 0 new examples" in await noted(world)

    # Newer examples are learned without them.
    await correct_some(world, 12)
    assert "asked for, 12 new examples" in await noted(world)
    async with db.transaction(world.company_id) as session:
        lore = await gather(session, CATEGORY, with_held=False)
        assert len(lore.examples) == 112
        assert len((await gather(session, CATEGORY)).examples) == 172
        # To put it in use again releases them.
        await promote_version(session, version=2, by=by, embedder=embedder_of(world))
        assert len((await gather(session, CATEGORY, with_held=False)).examples) == 172
        assert "rolled_back" not in (await get_version(session, 2)).verdict


async def test_a_training_leaves_out_what_is_held_unless_it_is_wanted_anyway(world: World) -> None:
    await train(world, PAIRS[:100])
    await train(world, PAIRS[100:160])
    async with world.resources.db.transaction(world.company_id) as session:
        await roll_back(session, by=world.system, embedder=embedder_of(world))
    again = {"by": world.system, "resources": world.resources, "company_id": world.company_id}
    assert (await train_from_history(**again)).examples == 100  # type: ignore[arg-type]
    assert (await train_from_history(**again, is_forced=True)).examples == 160  # type: ignore[arg-type]


async def test_what_was_rejected_calls_for_no_other_training(world: World) -> None:
    await correct_some(world, 24)
    trained = await train_from_history(world.resources, world.company_id, by=world.system)
    assert trained.state == "rejected", trained.reason
    assert "category: nothing to learn yet, 0 new examples" in await noted(world)
    async with world.resources.db.transaction(world.company_id) as session:
        assert len(await list_trainings(session)) == 1


async def test_a_shadow_is_judged_before_another_takes_its_place(world: World) -> None:
    await train(world, PAIRS[:100])
    await train(world, PAIRS[100:160])
    db, by = world.resources.db, world.as_person(world.admin)
    async with db.transaction(world.company_id) as session:
        await set_learning_settings(session, LearningSettings(shadow=True), by=by)
    assert (await train(world, PAIRS[160:240])).state == "shadow"
    await correct_some(world, 24)
    assert "version 3 in the shadow is judged first, by 0 of 50 tickets" in await noted(world)

    # Whoever goes back goes back from it, too.
    async with db.transaction(world.company_id) as session:
        await roll_back(session, by=by, embedder=embedder_of(world))
    async with db.transaction(world.company_id) as session:
        assert (await get_version(session, 3)).state == "retired"
    assert "asked for, 24 new examples" in await noted(world)


async def test_a_version_that_cannot_be_read_calls_for_another_once_a_day(world: World) -> None:
    await train(world, PAIRS[:100])
    async with world.resources.db.transaction(world.company_id) as session:
        await session.execute(text("update triage_model set model = 'broken'"))
    said = await noted(world)
    assert "training 2 asked for, the version in use cannot be read: The stored model" in said
    async with world.resources.db.transaction(world.company_id) as session:
        await session.execute(
            text("update training_run set state = 'failed', asked_at = now() - interval '2 h'")
        )
    assert "it was tried within the day" in await noted(world)
