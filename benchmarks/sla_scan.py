"""How fast clocks are: looking at 100,000 open tickets for what is due, telling it, counting anew.

    python -m benchmarks.sla_scan [--tickets 100000]

Makes a database of its own with that many open tickets, each with its clocks, counted by the product.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from sqlalchemy import text

from ticketyard.core.clock import utc_now
from ticketyard.core.config import Settings
from ticketyard.core.embedded import EmbeddedPostgres
from ticketyard.core.resources import Resources
from ticketyard.core.storage import Blobs
from ticketyard.insights.ticket_stats import count_by_kind
from ticketyard.migrations.running import upgrade
from ticketyard.people.companies import found_company
from ticketyard.sla import recounting
from ticketyard.sla.timing import Timer
from ticketyard.wiring import build_resources, open_database

ROUNDS = 20


async def _fill(resources: Resources, company_id: int, tickets: int) -> None:
    """Open tickets of the last seventeen hours, none of them due yet: their priority is low."""
    async with resources.db.transaction(company_id) as session:
        await session.execute(
            text(
                """
                insert into ticket (company_id, number, title, source, priority, status, created_at)
                select current_company(), 'TKT-20260101-' || lpad(n::text, 6, '0'), 'Ticket ' || n, 'api',
                  'low', (array['open', 'assigned', 'in_progress'])[1 + n % 3],
                  cast(:now as timestamptz) - n * interval '0.6 s'
                from generate_series(1, :tickets) n
                """
            ),
            {"tickets": tickets, "now": utc_now()},
        )


async def _analyze(resources: Resources, company_id: int) -> None:
    async with resources.db.transaction(company_id) as session:
        for table in ("ticket", "sla_clock", "sla_interval", "sla_told", "event"):
            await session.execute(text(f"analyze {table}"))


async def _measure(resources: Resources, company_id: int, tickets: int) -> None:
    recounting.UNCOUNTED_MAX = tickets
    started = time.perf_counter()
    await recounting.count_uncounted(resources, company_id)
    took = time.perf_counter() - started
    print(
        f"count the clocks of {tickets:,} tickets, ledger written  {took:8.1f} s  {tickets / took:7.0f}/s"
    )

    timer = Timer(resources)
    nothing = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        assert await timer.tell_due() == 0
        nothing.append(time.perf_counter() - started)
    print(f"scan, nothing due              median {statistics.median(nothing) * 1000:8.2f} ms"
          f"  worst {max(nothing) * 1000:8.2f} ms")  # fmt: skip

    due = 1_000
    async with resources.db.transaction(company_id) as session:
        at = await session.scalar(
            text(
                "select next_look_at from sla_clock where company_id = :company"
                " order by next_look_at offset :due limit 1"
            ),
            {"company": company_id, "due": due - 1},
        )
    resources.db.clock = lambda: at + timedelta(microseconds=1)
    started, told = time.perf_counter(), 0
    while found := await timer.tell_due():
        told += found
    took = time.perf_counter() - started
    resources.db.clock = utc_now
    print(
        f"scan, {told:,} of them due and told                    {took:8.2f} s  {told / took:7.0f}/s"
    )

    whole = []
    async with resources.db.transaction(company_id) as session:
        for _ in range(ROUNDS):
            started = time.perf_counter()
            await session.execute(_EVERY, {"company": company_id})
            whole.append(time.perf_counter() - started)
    print(f"every running clock looked at  median {statistics.median(whole) * 1000:8.2f} ms"
          f"  worst {max(whole) * 1000:8.2f} ms")  # fmt: skip

    stats = []
    for _ in range(ROUNDS):
        async with resources.db.transaction(company_id) as session:
            started = time.perf_counter()
            await count_by_kind(session, None)
            stats.append(time.perf_counter() - started)
    stats.sort()
    print(f"GET /api/tickets/stats in SQL  median {statistics.median(stats) * 1000:8.2f} ms"
          f"  p95 {stats[int(ROUNDS * 0.95) - 1] * 1000:8.2f} ms")  # fmt: skip

    started = time.perf_counter()
    await recounting.recount_running(resources, company_id)
    took = time.perf_counter() - started
    print(
        f"count all anew after a change of the rules             {took:8.1f} s  {tickets / took:7.0f}/s"
    )


_EVERY = text(
    "select count(*), count(*) filter (where due_at < now()), min(due_at) from sla_clock"
    " where company_id = :company and state in ('running', 'paused')"
)


async def _run(url: str, folder: Path, tickets: int) -> None:
    db = open_database(url)
    resources = build_resources(
        db, Blobs.on_disk(folder), Settings(_env_file=None, data_dir=folder)
    )
    try:
        company_id = await found_company(db, name="North", slug="north")
        await _fill(resources, company_id, tickets)
        await _analyze(resources, company_id)
        await _measure(resources, company_id, tickets)
    finally:
        await db.close()


def main() -> None:
    """Measure on a database of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=100_000)
    tickets = parser.parse_args().tickets
    with tempfile.TemporaryDirectory(prefix="ty-") as folder:
        Path(folder).chmod(0o711)
        postgres = EmbeddedPostgres(Path(folder) / "pg")
        url = postgres.start()
        try:
            upgrade(url)
            asyncio.run(_run(url, Path(folder), tickets))
        finally:
            postgres.stop()


if __name__ == "__main__":
    main()
