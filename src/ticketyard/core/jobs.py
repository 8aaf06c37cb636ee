"""Work done later: queued in the transaction of the change, run at least once, never lost.

Two kinds. A *listener* is woken by events and handed a batch of them: its waiting items are rows of
`job_item`, and one small Procrastinate job ("drain") per listener and company says that there is
something to fetch. Ten thousand new tickets are so a few hundred batches instead of ten thousand
jobs (docs/decisions/0004). A *job* is a single call with arguments.

Attempts are counted when an item is taken, so that one that kills its worker still runs out of
them; it then rests, visible, in the dead-letter list. What ran before is run alone, so that one bad
item cannot hold up or use up the others.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import procrastinate
import psycopg
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import Database, is_database_away
from ticketyard.core.events import Event, restore
from ticketyard.core.log import get_logger
from ticketyard.core.resources import Resources

log = get_logger(__name__)

Listener = Callable[[Resources, int, Sequence[Any]], Awaitable[None]]
Job = Callable[..., Awaitable[None]]

BATCH = 256
LEASE_SECONDS = 20
DRAIN_SECONDS = 20
HEARTBEAT_SECONDS = 5
STALLED_AFTER_SECONDS = 20


class FailedForSome(Exception):
    """A job of the timetable went wrong for some companies; the log says how."""


def name_of(function: Callable[..., Any]) -> str:
    """A job's stored name: its package and its function, `triage.triage_tickets`."""
    return f"{function.__module__.split('.')[1]}.{function.__name__}"


@dataclass(frozen=True)
class Wiring:
    """Which event wakes which listeners; which jobs may be queued; which run on a timetable.

    timetable: (cron line with seconds last, job) — run once for every company.
    """

    listeners: Mapping[type[Event], Sequence[Listener]]
    jobs: Sequence[Job] = ()
    timetable: Sequence[tuple[str, Job]] = ()

    def names(self) -> dict[str, list[str]]:
        """Event type to the names of its listeners."""
        return {
            event.type: [name_of(each) for each in listeners]
            for event, listeners in self.listeners.items()
        }


async def enqueue(
    session: AsyncSession,
    job: Job,
    *,
    key: str | None = None,
    at: datetime | None = None,
    lane: str | None = None,
    **arguments: Any,
) -> int | None:
    """Queue one job in this transaction; gives its id.

    key: while a job with this key waits, no second one is queued (None is given back).
    at: not before this instant.
    lane: of the jobs of one lane, whatever their company, one runs at a time; the others wait in the
      queue, and keep nobody from working.
    """
    result = await session.execute(
        text("select enqueue_job(:job, cast(:args as jsonb), :key, :at, :lane)"),
        {
            "job": name_of(job),
            "args": orjson.dumps(arguments).decode(),
            "key": key,
            "at": at,
            "lane": lane,
        },
    )
    found: int | None = result.scalar()
    return found


@dataclass(frozen=True)
class _Item:
    id: int
    event: Event
    attempts: int


class Worker:
    """Runs what `wiring` says, for every company, until it is told to stop."""

    def __init__(
        self, resources: Resources, wiring: Wiring, *, concurrency: int, max_attempts: int
    ) -> None:
        self._resources = resources
        self._db: Database = resources.db
        self._concurrency = concurrency
        self._max_attempts = max_attempts
        self._listeners = {
            name_of(each): each for group in wiring.listeners.values() for each in group
        }
        self._jobs = {name_of(each): each for each in wiring.jobs}
        self._jobs |= {name_of(each): each for _, each in wiring.timetable}
        self.queue = self._build_queue(wiring)

    # -- running ------------------------------------------------------------------------------

    async def run(self) -> None:
        """Work until cancelled. A database that goes away and comes back is waited for."""
        task = asyncio.current_task()
        # The queue's worker ends in peace when it is cancelled and does not pass it on.
        while task is not None and not task.cancelling():
            try:
                async with self.queue.open_async():
                    await self.queue.run_worker_async(
                        concurrency=self._concurrency,
                        fetch_job_polling_interval=1,
                        update_heartbeat_interval=HEARTBEAT_SECONDS,
                        stalled_worker_timeout=STALLED_AFTER_SECONDS,
                        shutdown_graceful_timeout=10,
                        install_signal_handlers=False,
                    )
            except (psycopg.Error, procrastinate.exceptions.ProcrastinateException) as error:
                log.warning("worker_interrupted", error=str(error))
            # It also returns by itself when its connection is lost: begin anew.
            await asyncio.sleep(1)

    async def run_pending(self) -> None:
        """Run everything that waits now, and what that wakes, then return (tests, CLI)."""
        for _ in range(1000):
            async with self.queue.open_async():
                await self.queue.run_worker_async(
                    concurrency=1, wait=False, listen_notify=False, install_signal_handlers=False
                )
            waiting = await self._waiting()
            for company_id, job in waiting:
                await self.drain(job, company_id)
            if not waiting:
                return

    async def run_listeners(self, company_id: int) -> None:
        """Let the listeners of one company handle what waits now, and what that wakes."""
        while waiting := [job for company, job in await self._waiting() if company == company_id]:
            for job in waiting:
                await self.drain(job, company_id)

    async def drain(self, job: str, company_id: int) -> None:
        """Handle what waits for one listener of one company; what is left after a while is left to
        a new call, so that other companies get their turn."""
        listener = self._listeners.get(job)
        if listener is None:
            log.error("unknown_listener", job=job)
            return
        until = asyncio.get_running_loop().time() + DRAIN_SECONDS
        while items := await self._claim(job, company_id):
            await self._handle(listener, job, company_id, items)
            if asyncio.get_running_loop().time() > until:
                async with self._db.transaction(company_id) as session:
                    await session.execute(text("select wake_now(array[:job])"), {"job": job})
                return

    # -- taking and giving back ----------------------------------------------------------------

    async def _claim(self, job: str, company_id: int) -> list[_Item]:
        async with self._db.transaction(company_id) as session:
            await session.execute(_BURY, {"job": job, "max": self._max_attempts})
            for fresh, limit in ((True, BATCH), (False, 1)):
                rows = await session.execute(
                    _CLAIM, {"job": job, "fresh": fresh, "limit": limit, "lease": LEASE_SECONDS}
                )
                items = [
                    _Item(row.id, restore(row.event_type, row.payload, row.event_id), row.attempts)
                    for row in rows
                ]
                if items:
                    return sorted(items, key=lambda item: item.id)
        return []

    async def _handle(
        self, listener: Listener, job: str, company_id: int, items: list[_Item]
    ) -> None:
        ids = [item.id for item in items]
        try:
            async with self._lease(company_id, ids):
                await listener(self._resources, company_id, [item.event for item in items])
        except Exception as error:
            log.exception("listener_failed", job=job, company_id=company_id, items=len(items))
            await self._give_back(company_id, ids, f"{type(error).__name__}: {error}")
        else:
            async with self._db.transaction(company_id) as session:
                await session.execute(_DONE, {"ids": ids})

    async def _give_back(self, company_id: int, ids: list[int], problem: str) -> None:
        async with self._db.transaction(company_id) as session:
            await session.execute(
                _GIVE_BACK, {"ids": ids, "problem": problem[:2000], "max": self._max_attempts}
            )

    @asynccontextmanager
    async def _lease(self, company_id: int, ids: list[int]) -> AsyncIterator[None]:
        """While the work goes on, say every third of the lease that it is ours."""

        async def renew() -> None:
            while True:
                await asyncio.sleep(LEASE_SECONDS / 3)
                with suppress(SQLAlchemyError, psycopg.Error):
                    async with self._db.transaction(company_id) as session:
                        await session.execute(_RENEW, {"ids": ids, "lease": LEASE_SECONDS})

        renewing = asyncio.create_task(renew())
        try:
            yield
        finally:
            renewing.cancel()
            with suppress(asyncio.CancelledError):
                await renewing

    # -- the queue -----------------------------------------------------------------------------

    def _build_queue(self, wiring: Wiring) -> procrastinate.App:
        queue = procrastinate.App(
            connector=procrastinate.PsycopgConnector(
                conninfo=self._db.conninfo, min_size=1, max_size=self._concurrency + 4
            )
        )
        queue.task(name="drain", queue="drain")(self.drain)
        queue.task(
            name="run",
            queue="jobs",
            retry=procrastinate.RetryStrategy(max_attempts=self._max_attempts, exponential_wait=3),
        )(self._run)
        self._every(queue, "* * * * * */2", "sweep", self._sweep)
        self._every(queue, "* * * * * */10", "rescue", self._rescue)
        self._every(queue, "17 3 * * *", "prune", self._prune)
        for cron, job in wiring.timetable:
            self._every(queue, cron, f"timetable:{name_of(job)}", self._for_each_company(job))
        return queue

    @staticmethod
    def _every(
        queue: procrastinate.App, cron: str, name: str, what: Callable[[], Awaitable[None]]
    ) -> None:
        async def tick(timestamp: int) -> None:
            await what()

        task = queue.task(name=name, queue="timetable", queueing_lock=name, pass_context=False)(
            tick
        )
        queue.periodic(cron=cron)(task)

    async def _run(self, job: str, company_id: int, args: dict[str, Any]) -> None:
        await self._jobs[job](self._resources, company_id, **args)

    def _for_each_company(self, job: Job) -> Callable[[], Awaitable[None]]:
        async def tick() -> None:
            async with self._db.anonymous() as session:
                companies = list(await session.scalars(text("select id from company_directory()")))
            failed = [each for each in companies if not await self._run_for(job, each)]
            if failed:
                raise FailedForSome(f"{name_of(job)} failed for companies {failed}.")

        return tick

    async def _run_for(self, job: Job, company_id: int) -> bool:
        """One company's trouble is its own: the others get what is due to them all the same."""
        try:
            await job(self._resources, company_id)
        except Exception as error:
            if is_database_away(error):
                raise
            log.exception("timetable_failed", job=name_of(job), company_id=company_id)
            return False
        return True

    async def _waiting(self) -> list[tuple[int, str]]:
        async with self._db.anonymous() as session:
            rows = await session.execute(text("select company_id, job from waiting_jobs()"))
            return [(row.company_id, row.job) for row in rows]

    async def _sweep(self) -> None:
        """Wake listeners whose items wait although nobody was called (a retry that is due, a lease
        that ran out, a call that fell between two commits)."""
        for company_id, job in await self._waiting():
            async with self._db.transaction(company_id) as session:
                await session.execute(text("select wake_now(array[:job])"), {"job": job})

    async def _rescue(self) -> None:
        """Queue again the jobs of workers that died; after the last attempt let them rest."""
        manager = self.queue.job_manager
        for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER_SECONDS):
            if job.attempts + 1 < self._max_attempts:
                await manager.retry_job(job)
            elif job.id is not None:
                await manager.finish_job_by_id_async(
                    job.id, procrastinate.jobs.Status.FAILED, delete_job=False
                )

    async def _prune(self) -> None:
        await self.queue.job_manager.delete_old_jobs(nb_hours=48, include_failed=False)


_FREE = "dead_at is null and ready_at <= now() and (claimed_until is null or claimed_until < now())"

_CLAIM = text(
    f"""
    update job_item set attempts = attempts + 1,
                        claimed_until = now() + make_interval(secs => :lease)
    where id = any(array(
        select id from job_item
        where company_id = current_company() and job = :job and {_FREE}
          and (attempts = 0) = :fresh
        order by id limit :limit for update skip locked))
    returning id, event_id, event_type, payload, attempts
    """
)
_BURY = text(
    f"""
    update job_item set dead_at = now(),
                        last_error = coalesce(last_error, 'Its worker died while working on it.')
    where company_id = current_company() and job = :job and attempts >= :max and {_FREE}
    """
)
_DONE = text("delete from job_item where company_id = current_company() and id = any(:ids)")
_GIVE_BACK = text(
    """
    update job_item set claimed_until = null, last_error = :problem,
        ready_at = now() + make_interval(secs => case when attempts > 1 then power(3, attempts) else 0 end),
        dead_at = case when attempts >= :max then now() end
    where company_id = current_company() and id = any(:ids)
    """
)
_RENEW = text(
    """
    update job_item set claimed_until = now() + make_interval(secs => :lease)
    where company_id = current_company() and id = any(:ids)
    """
)
