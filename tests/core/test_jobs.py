"""Work is run at least once, never lost, never for ever."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import ClassVar

import pytest
from sqlalchemy import text

from tests.world import World
from ticketyard.core.db import Database
from ticketyard.core.dead_letters import list_dead_letters, retry_dead_letters
from ticketyard.core.events import Event, emit
from ticketyard.core.jobs import FailedForSome, Wiring, Worker, enqueue
from ticketyard.core.resources import Resources


@dataclass(frozen=True, kw_only=True)
class BellRung(Event):
    type: ClassVar[str] = "test.bell_rung"
    bell: int


@dataclass
class Heard:
    """What the listeners and jobs of these tests did; a part of the resources."""

    batches: list[list[int]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    broken: set[int] = field(default_factory=set)
    seconds: float = 0.0


async def hear_bells(resources: Resources, company_id: int, events: Sequence[BellRung]) -> None:
    heard = resources.part(Heard)
    heard.batches.append([event.bell for event in events])
    await asyncio.sleep(heard.seconds)
    if heard.broken & {event.bell for event in events}:
        raise RuntimeError("this bell is cracked")


async def write_letter(resources: Resources, company_id: int, *, to: str) -> None:
    heard = resources.part(Heard)
    heard.calls.append(to)
    if to == "nobody" and heard.calls.count(to) < 2:
        raise RuntimeError("no such address")


WIRING = Wiring(listeners={BellRung: [hear_bells]}, jobs=[write_letter])


@pytest.fixture
async def yard(database_url: str, resources: Resources, world: World) -> AsyncIterator[Resources]:
    db = Database(database_url, listeners=WIRING.names())
    yield Resources(db=db, blobs=resources.blobs, parts={Heard: Heard()})
    await db.close()


@pytest.fixture
def bell_worker(yard: Resources) -> Worker:
    return Worker(yard, WIRING, concurrency=2, max_attempts=3)


async def ring(yard: Resources, world: World, *bells: int) -> None:
    async with yard.db.transaction(world.company_id) as session:
        await emit(session, *(BellRung(bell=bell) for bell in bells), by=world.system)


async def items(yard: Resources, world: World) -> list[tuple[int, int, bool, str | None]]:
    async with yard.db.transaction(world.company_id) as session:
        rows = await session.execute(
            text(
                "select (payload ->> 'bell')::int as bell, attempts, dead_at is not null as dead,"
                " last_error from job_item order by id"
            )
        )
        return [tuple(row) for row in rows]


async def make_ready(yard: Resources, world: World) -> None:
    async with yard.db.transaction(world.company_id) as session:
        await session.execute(text("update job_item set ready_at = now(), claimed_until = null"))


async def test_events_reach_their_listener_in_one_batch_and_in_order(
    yard: Resources, world: World, bell_worker: Worker
) -> None:
    await ring(yard, world, 1, 2)
    await ring(yard, world, 3)
    await bell_worker.run_pending()
    assert yard.part(Heard).batches == [[1, 2, 3]]
    assert await items(yard, world) == []


async def test_what_is_rolled_back_never_happened(
    yard: Resources, world: World, bell_worker: Worker
) -> None:
    with suppress(ZeroDivisionError):
        async with yard.db.transaction(world.company_id) as session:
            await emit(session, BellRung(bell=1), by=world.system)
            await enqueue(session, write_letter, to="Ana")
            raise ZeroDivisionError
    await bell_worker.run_pending()
    assert yard.part(Heard) == Heard()


async def test_one_cracked_bell_does_not_hold_up_the_others_and_ends_visibly(
    yard: Resources, world: World, bell_worker: Worker
) -> None:
    heard = yard.part(Heard)
    heard.broken = {2}
    await ring(yard, world, 1, 2, 3)
    for _ in range(4):
        await bell_worker.run_pending()
        await make_ready(yard, world)
    assert heard.batches[0] == [1, 2, 3]
    assert sorted(map(tuple, heard.batches[1:])) == [(1,), (2,), (2,), (3,)]
    assert await items(yard, world) == [(2, 3, True, "RuntimeError: this bell is cracked")]


async def test_an_item_that_kills_its_worker_runs_out_of_attempts(
    yard: Resources, world: World, bell_worker: Worker
) -> None:
    await ring(yard, world, 7)
    for _ in range(3):
        # Claimed, and then the process is gone: nothing is given back, the lease runs out.
        assert len(await bell_worker._claim("core.hear_bells", world.company_id)) <= 1
        async with yard.db.transaction(world.company_id) as session:
            await session.execute(
                text("update job_item set claimed_until = now() - interval '1 second'")
            )
    await bell_worker.run_pending()
    assert yard.part(Heard).batches == []
    ((bell, attempts, dead, problem),) = await items(yard, world)
    assert (bell, attempts, dead) == (7, 3, True)
    assert problem == "Its worker died while working on it."


async def test_two_workers_never_take_the_same_item(yard: Resources, world: World) -> None:
    await ring(yard, world, *range(600))
    workers = [Worker(yard, WIRING, concurrency=1, max_attempts=3) for _ in range(4)]
    name = "core.hear_bells"
    await asyncio.gather(*(each.drain(name, world.company_id) for each in workers))
    heard = [bell for batch in yard.part(Heard).batches for bell in batch]
    assert sorted(heard) == list(range(600))


async def test_a_job_is_retried_and_a_key_queues_it_once(
    yard: Resources, world: World, bell_worker: Worker
) -> None:
    async with yard.db.transaction(world.company_id) as session:
        assert await enqueue(session, write_letter, key="letter", to="Ana") is not None
        assert await enqueue(session, write_letter, key="letter", to="Bo") is None
    await bell_worker.run_pending()
    assert yard.part(Heard).calls == ["Ana"]


async def test_the_running_worker_hears_at_once_and_survives_losing_its_connections(
    yard: Resources, world: World, bell_worker: Worker, database_url: str
) -> None:
    heard = yard.part(Heard)
    working = asyncio.create_task(bell_worker.run())

    async def until(bell: int, seconds: float) -> None:
        async with asyncio.timeout(seconds):
            while not any(bell in batch for batch in heard.batches):  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    try:
        await asyncio.sleep(1)
        await ring(yard, world, 1)
        await until(1, 10)
        async with yard.db.anonymous() as session:
            await session.execute(
                text(
                    "select pg_terminate_backend(pid) from pg_stat_activity"
                    " where datname = current_database() and pid <> pg_backend_pid()"
                    " and usename = current_user"
                )
            )
        await ring(yard, world, 2)
        await until(2, 30)
    finally:
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working


async def test_given_up_work_is_listed_for_its_company_and_tried_again_when_asked(
    yard: Resources, world: World, bell_worker: Worker
) -> None:
    heard = yard.part(Heard)
    heard.broken = {2}
    await ring(yard, world, 2)
    for _ in range(4):
        await bell_worker.run_pending()
        await make_ready(yard, world)
    async with yard.db.transaction(world.company_id) as session:
        (letter,) = await list_dead_letters(session)
    assert (letter.payload["bell"], letter.attempts) == (2, 3)
    assert letter.problem == "RuntimeError: this bell is cracked"
    async with yard.db.transaction(world.other_company_id) as session:
        assert await list_dead_letters(session) == []
        assert await retry_dead_letters(session) == 0

    heard.broken = set()
    async with yard.db.transaction(world.company_id) as session:
        assert await retry_dead_letters(session, [letter.id + 1]) == 0
        assert await retry_dead_letters(session, [letter.id]) == 1
    await bell_worker.run_pending()
    assert heard.batches[-1] == [2]
    assert await items(yard, world) == []


async def test_a_long_transaction_holds_up_nobody_who_wakes_the_same_job(
    yard: Resources, world: World
) -> None:
    async with yard.db.transaction(world.company_id) as long:
        await emit(long, BellRung(bell=1), by=world.system)
        async with asyncio.timeout(1):
            await ring(yard, world, 2)


async def test_work_is_called_for_when_it_commits_and_not_otherwise(
    yard: Resources, world: World
) -> None:
    async def called() -> int:
        async with yard.db.transaction(world.company_id) as session:
            return int(
                await session.scalar(
                    text(
                        "select count(*) from procrastinate_jobs where queueing_lock like 'drain:%'"
                    )
                )
                or 0
            )

    with suppress(RuntimeError):
        async with yard.db.transaction(world.company_id) as session:
            await emit(session, BellRung(bell=1), by=world.system)
            raise RuntimeError("given up")
    assert await called() == 0
    await ring(yard, world, 1, 2)
    await ring(yard, world, 3)
    assert await called() == 1


async def count_heads(resources: Resources, company_id: int) -> None:
    heard = resources.part(Heard)
    heard.calls.append(str(company_id))
    if company_id in heard.broken:
        raise RuntimeError("nobody here")


async def test_on_the_timetable_one_company_s_trouble_holds_up_no_other(
    yard: Resources, world: World
) -> None:
    heard = yard.part(Heard)
    heard.broken = {world.company_id}
    worker = Worker(
        yard, Wiring(listeners={}, timetable=[("* * * * *", count_heads)]), concurrency=1, max_attempts=3
    )  # fmt: skip
    tick = worker.queue.tasks["timetable:core.count_heads"].func
    with pytest.raises(FailedForSome, match=rf"\[{world.company_id}\]"):
        await tick(timestamp=0)
    assert {str(world.company_id), str(world.other_company_id)} <= set(heard.calls)

    heard.broken = set()
    await tick(timestamp=1)


async def test_work_whose_lease_cannot_be_renewed_is_done_all_the_same(
    yard: Resources, bell_worker: Worker, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ticketyard.core.jobs.LEASE_SECONDS", 0.03)
    # The database refuses every renewal, as it does while it starts anew.
    monkeypatch.setattr("ticketyard.core.jobs._RENEW", text("select :ids, :lease from nowhere"))
    yard.part(Heard).seconds = 0.1
    await ring(yard, world, 1)
    await bell_worker.run_listeners(world.company_id)
    assert yard.part(Heard).batches == [[1]]
    assert await items(yard, world) == []
