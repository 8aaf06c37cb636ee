import asyncio

from sqlalchemy import text

from tests.triage.learning.lessons import texts_of
from tests.world import World
from ticketyard.core.jobs import Worker
from ticketyard.triage.correcting import correct_category
from ticketyard.triage.learning.counting import LearningRules, consider_training, count_analyses
from ticketyard.triage.learning.queries import find_count, list_trainings

THRESHOLD = LearningRules().threshold


async def counted(world: World) -> tuple[int, str]:
    async with world.resources.db.transaction(world.company_id) as session:
        count = await find_count(session)
        return (count.analyses, count.note) if count else (0, "")


async def reached(world: World) -> int:
    async with world.resources.db.transaction(world.company_id) as session:
        found: int | None = await session.scalar(
            text("select count(*) from event where type = 'triage.enough_analysed'")
        )
        return found or 0


async def correct_some(world: World, count: int) -> None:
    for place, (words, label) in enumerate(
        [*texts_of("printer")[:12], *texts_of("vpn")[:12]][-count:]
    ):
        opened = await world.open(f"{words} {place}")
        async with world.resources.db.transaction(world.company_id) as session:
            await correct_category(
                session,
                ticket_id=opened.id,
                category=label,
                by=world.as_person(world.ana),
            )


async def test_every_ticket_that_is_read_counts(world: World, worker: Worker) -> None:
    for _ in range(3):
        await world.open()
    await worker.run_pending()
    assert (await counted(world))[0] == 3


async def test_counts_at_once_lose_nothing(world: World) -> None:
    await asyncio.gather(*(count_analyses(world.resources, world.company_id, 2) for _ in range(40)))
    assert (await counted(world))[0] == 80
    assert await reached(world) == 0


async def test_at_the_threshold_the_count_begins_again_once_an_hour(world: World) -> None:
    resources, company_id = world.resources, world.company_id
    await count_analyses(resources, company_id, THRESHOLD - 1)
    assert await reached(world) == 0
    await count_analyses(resources, company_id, 1)
    assert (await counted(world))[0] == 0
    assert await reached(world) == 1
    # Within the hour it goes on rising, and calls for nothing.
    await count_analyses(resources, company_id, THRESHOLD + 5)
    assert ((await counted(world))[0], await reached(world)) == (THRESHOLD + 5, 1)
    async with resources.db.transaction(company_id) as session:
        await session.execute(text("update training_count set reached_at = now() - interval '2 h'"))
    await count_analyses(resources, company_id, 1)
    assert ((await counted(world))[0], await reached(world)) == (0, 2)


async def test_a_first_batch_may_reach_it_at_once(world: World) -> None:
    await count_analyses(world.resources, world.company_id, THRESHOLD * 2)
    assert ((await counted(world))[0], await reached(world)) == (0, 1)


async def test_with_nothing_new_no_training_is_asked_for_and_that_is_said(
    world: World, worker: Worker
) -> None:
    await correct_some(world, 9)
    await count_analyses(world.resources, world.company_id, THRESHOLD)
    await worker.run_pending()
    analyses, note = await counted(world)
    assert "category: nothing to learn yet, 9 new examples and 10 are needed" in note
    assert analyses == 9
    async with world.resources.db.transaction(world.company_id) as session:
        assert await list_trainings(session) == []


async def test_with_enough_new_a_training_runs_by_itself_and_not_again_within_the_hour(
    world: World, worker: Worker
) -> None:
    await correct_some(world, 24)
    await consider_training(world.resources, world.company_id, "timetable")
    assert "training 1 asked for, 24 new examples" in (await counted(world))[1]
    await consider_training(world.resources, world.company_id, "count")
    assert "another training began within the hour" in (await counted(world))[1]
    await worker.run_pending()
    async with world.resources.db.transaction(world.company_id) as session:
        (run,) = await list_trainings(session)
        assert (run.cause, run.examples, run.fresh) == ("timetable", 24, 24)
        # The rules know printers and tunnels as well as it does.
        assert (run.state, "without a model 12 times" in run.reason) == ("rejected", True)
