import asyncio
import os
import signal
import sys
from contextlib import suppress
from datetime import timedelta

import psutil
import psycopg
import pytest
from sqlalchemy import select, text

from tests.triage.learning.lessons import all_texts
from tests.world import World
from ticketyard.core.db import plain_url
from ticketyard.core.jobs import Worker
from ticketyard.triage.engines import Engines
from ticketyard.triage.learning.errors import TrainingUnderWay
from ticketyard.triage.learning.models import TrainingRun
from ticketyard.triage.learning.queries import list_trainings
from ticketyard.triage.learning.runs import (
    HEARTBEAT_SECONDS,
    STALE_SECONDS,
    Ending,
    ExamplesFile,
    abandon_stale,
    ask_for_training,
    beat,
    claim_run,
    end_run,
)
from ticketyard.triage.learning.training import train_from_csv
from ticketyard.triage.queries import TEAM, current_version, get_analysis


def csv_of(count: int) -> bytes:
    rows = [f"{text},{label}" for text, label in all_texts()[:count]]
    return "\n".join(["text,category", *rows]).encode()


async def ask(world: World, **how: object) -> TrainingRun:
    async with world.resources.db.transaction(world.company_id) as session:
        return await ask_for_training(session, by=world.as_person(world.admin), **how)  # type: ignore[arg-type]


async def test_the_second_is_told_of_the_first(world: World) -> None:
    first = await ask(world)
    with pytest.raises(TrainingUnderWay, match=f"Training {first.id} is waiting since .*Ada Admin"):
        await ask(world)
    # Another field, and another company, are another matter.
    await ask(world, field=TEAM)
    async with world.resources.db.transaction(world.other_company_id) as session:
        await ask_for_training(session, by=world.as_person(world.other_admin))


async def test_ten_at_once_leave_one(world: World) -> None:
    asked = await asyncio.gather(*(ask(world) for _ in range(10)), return_exceptions=True)
    assert sum(isinstance(each, TrainingRun) for each in asked) == 1
    assert sum(isinstance(each, TrainingUnderWay) for each in asked) == 9


async def test_a_run_is_taken_once_and_ended_once(world: World) -> None:
    run = await ask(world)
    db = world.resources.db
    async with db.transaction(world.company_id) as session:
        assert not await beat(session, run.id, "reading", 0.1)
        assert await claim_run(session, run.id)
        assert await claim_run(session, run.id) is None
        assert await beat(session, run.id, "judging", 0.6)
    async with db.transaction(world.company_id) as session:
        (seen,) = await list_trainings(session)
        assert (seen.state, seen.stage, round(seen.progress, 2)) == ("running", "judging", 0.6)
        ending = Ending("refused", "There was nothing.")
        assert await end_run(session, run.id, ending, by=world.system)
        assert not await end_run(session, run.id, ending, by=world.system)
        assert not await beat(session, run.id, "done", 1.0)
    async with db.transaction(world.company_id) as session:
        told = await session.scalar(
            text("select payload from event where type = 'triage.training_ended'")
        )
    assert (told["state"], told["reason"]) == ("refused", "There was nothing.")


async def test_what_is_not_heard_of_is_given_up_and_makes_room(world: World) -> None:
    run = await ask(world)
    db = world.resources.db
    async with db.transaction(world.company_id) as session:
        await claim_run(session, run.id)
        assert await abandon_stale(session) == []
        await session.execute(
            text("update training_run set heartbeat_at = now() - make_interval(secs => :s)"),
            {"s": STALE_SECONDS + 1},
        )
    second = await ask(world)
    async with db.transaction(world.company_id) as session:
        newest, oldest = await list_trainings(session)
        assert (newest.id, newest.state) == (second.id, "waiting")
        assert (oldest.state, "was not touched" in oldest.reason) == ("abandoned", True)


async def test_a_file_that_is_gone_and_one_that_teaches_nothing_are_refused(
    world: World, worker: Worker
) -> None:
    blob = await world.resources.blobs.put(world.company_id, b"text,category\na,vpn\nb,vpn\n")
    for key, reason in ((blob, "at least two different labels"), ("1/no/such", "no longer in the")):
        await ask(world, cause="csv", file=ExamplesFile(key))
        await worker.run_pending()
        async with world.resources.db.transaction(world.company_id) as session:
            (run, *_) = await list_trainings(session)
            assert (run.state, reason in run.reason) == ("refused", True), run.reason
            assert await current_version(session) is None


async def test_it_is_heard_of_while_it_reads_what_there_is_to_learn(
    world: World, worker: Worker
) -> None:
    """A large desk is long about reading: here a lock is."""
    run = await ask(world)
    db = world.resources.db
    async with await psycopg.AsyncConnection.connect(plain_url(db.url)) as owner:
        await owner.execute("lock table correction in access exclusive mode")
        working = asyncio.create_task(worker.run_pending())
        await _until(world, run.id, {"running"}, 20)
        await asyncio.sleep(HEARTBEAT_SECONDS + 1.5)
        async with db.transaction(world.company_id) as session:
            seen = await session.get_one(TrainingRun, run.id)
    await working
    assert seen.heartbeat_at
    assert seen.started_at
    assert seen.heartbeat_at - seen.started_at > timedelta(seconds=HEARTBEAT_SECONDS - 1)
    assert (await _state(world, run.id))[0] == "refused"


async def test_a_training_that_waits_is_queued_again_when_its_job_was_lost(
    world: World, worker: Worker
) -> None:
    from ticketyard.triage.learning.jobs import look_after_trainings

    run = await ask(world)
    async with world.resources.db.transaction(world.company_id) as session:
        await session.execute(text("delete from job_item"))
        await session.execute(text("delete from procrastinate_jobs"))
    await look_after_trainings(world.resources, world.company_id)
    await worker.run_pending()
    async with world.resources.db.transaction(world.company_id) as session:
        assert (await session.get_one(TrainingRun, run.id)).state == "refused"


async def _state(world: World, run_id: int) -> tuple[str, float]:
    async with world.resources.db.transaction(world.company_id) as session:
        run = await session.scalar(select(TrainingRun).where(TrainingRun.id == run_id))
        assert run
        return run.state, run.progress


async def _until(world: World, run_id: int, states: set[str], seconds: float) -> str:
    state = ""
    for _ in range(int(seconds / 0.2)):
        state, _ = await _state(world, run_id)
        if state in states:
            return state
        await asyncio.sleep(0.2)
    raise AssertionError(f"Training {run_id} is still {state}.")


def _apprentices(pid: int) -> list[psutil.Process]:
    children = psutil.Process(pid).children(recursive=True)
    return [each for each in children if "apprentice" in " ".join(each.cmdline())]


@pytest.mark.slow
async def test_a_killed_training_leaves_the_old_model_serving_and_a_new_one_works(
    world: World, tmp_path: object
) -> None:
    """A real worker process is killed with SIGKILL in the middle of a real training."""
    resources, company_id = world.resources, world.company_id
    await train_from_csv(resources, company_id, csv_of(120), by=world.system)
    blob = await resources.blobs.put(company_id, csv_of(480))

    async def start() -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "ticketyard.cli.main",
            "worker",
            "--attached",
            stdin=asyncio.subprocess.PIPE,
            env={
                **os.environ,
                "DATABASE_URL": resources.db.url,
                "TICKETYARD_DATA_DIR": str(tmp_path),
                "UPLOAD_DIR": f"{tmp_path}/blobs",
            },
        )

    run = await ask(world, cause="csv", file=ExamplesFile(blob))
    worker = await start()
    try:
        await _until(world, run.id, {"running"}, 60)
        for _ in range(300):
            if apprentices := _apprentices(worker.pid):
                break
            await asyncio.sleep(0.1)
        worker.send_signal(signal.SIGKILL)
        await worker.wait()
        assert (await _state(world, run.id))[0] == "running"
        _, alive = await asyncio.to_thread(psutil.wait_procs, apprentices, 10)
        assert not alive, "the child outlived its parent"

        # The old model answers, whoever looks.
        async with resources.db.transaction(company_id) as session:
            profile = await resources.part(Engines).profile(session)
        assert profile.model_version == 1

        worker = await start()
        opened = await world.open("The printer jams paper in room 99")
        assert await _until(world, run.id, {"abandoned"}, 120) == "abandoned"
        again = await ask(world, cause="csv", file=ExamplesFile(blob))
        assert await _until(world, again.id, {"promoted", "rejected", "refused", "failed"}, 180)
        assert (await _state(world, again.id))[0] == "promoted"
        async with resources.db.transaction(company_id) as session:
            assert await current_version(session) == 2
            assert (await get_analysis(session, opened.id)).model_version in (1, 2)
    finally:
        with suppress(ProcessLookupError):
            worker.kill()
        await worker.wait()


async def test_the_line_goes_on_while_a_training_runs(world: World, worker: Worker) -> None:
    """Tickets are read within a moment although the same worker trains."""
    blob = await world.resources.blobs.put(world.company_id, csv_of(480))
    await ask(world, cause="csv", file=ExamplesFile(blob))
    working = asyncio.create_task(worker.run())
    try:
        async with world.resources.db.transaction(world.company_id) as session:
            (run,) = await list_trainings(session)
        await _until(world, run.id, {"running"}, 30)
        opened = await world.open("The printer jams paper in room 99")
        clock = asyncio.get_running_loop().time
        began = clock()
        while clock() - began < timedelta(seconds=20).total_seconds():
            async with world.resources.db.transaction(world.company_id) as session:
                if await session.scalar(
                    text("select 1 from analysis where ticket_id = :id"), {"id": opened.id}
                ):
                    break
            await asyncio.sleep(0.05)
        assert (await _state(world, run.id))[0] == "running", "it was too quick to tell"
        assert clock() - began < 10
        await _until(world, run.id, {"promoted"}, 120)
    finally:
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working
