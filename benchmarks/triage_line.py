"""How fast the triage stage moves: real questions, a real database.

Trains on Banking77's training set, opens its test set as tickets, has them triaged in the
worker's batches, and compares what was filed with the truth. Without the data: skipped.
"""

import argparse
import asyncio
import csv
import io
import resource
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from kit.machine import about, peak_megabytes
from ticketyard.core.auth import Principal
from ticketyard.core.config import Settings
from ticketyard.core.embedded import EmbeddedPostgres
from ticketyard.core.jobs import BATCH
from ticketyard.core.resources import Resources
from ticketyard.core.storage import Blobs
from ticketyard.migrations.running import upgrade
from ticketyard.people.companies import found_company
from ticketyard.tickets.drafts import NewTicket
from ticketyard.tickets.numbering import Numbers
from ticketyard.tickets.opening import open_tickets
from ticketyard.triage.analysing import analyse_tickets
from ticketyard.triage.engines import Engines
from ticketyard.triage.learning.training import train_from_csv
from ticketyard.triage.preparing import TicketText
from ticketyard.wiring import build_resources, open_database

DEFAULT_DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "triage" / "banking77"
OPENED_AT_ONCE = 1000
SINGLES = 300
LATER = 33
"""Every so many-th example comes after the first training."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    arguments = parser.parse_args()
    if not (arguments.data / "train.csv").is_file():
        print(f"No data in {arguments.data}: skipped.")
        return
    with tempfile.TemporaryDirectory(prefix="ty-bench-") as folder:
        Path(folder).chmod(0o711)
        postgres = EmbeddedPostgres(Path(folder) / "pg", {})
        url = postgres.start()
        try:
            upgrade(url)
            asyncio.run(measure(url, Path(folder), arguments.data))
        finally:
            postgres.stop()


async def measure(url: str, folder: Path, data: Path) -> None:
    settings = Settings(_env_file=None, data_dir=folder)
    db = open_database(url)
    resources = build_resources(db, Blobs.on_disk(folder / "blobs"), settings)
    company_id = await found_company(db, name="Bench", slug="bench")
    by = Principal.system(company_id)
    with (data / "test.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    trainings = [await _train(resources, company_id, part, by) for part in _parts(data)]

    for start in range(0, len(rows), OPENED_AT_ONCE):
        async with db.transaction(company_id) as session:
            await open_tickets(
                session,
                [NewTicket(source="csv", title=row["text"][:200], description=row["text"],
                           source_reference=str(start + place))
                 for place, row in enumerate(rows[start : start + OPENED_AT_ONCE])],
                numbers=resources.part(Numbers), now=resources.clock(), by=by,
            )  # fmt: skip
    async with db.transaction(company_id) as session:
        ticket_ids = list(await session.scalars(text("select id from ticket order by id")))
    started = time.perf_counter()
    for start in range(0, len(ticket_ids), BATCH):
        await analyse_tickets(resources, company_id, ticket_ids[start : start + BATCH])
    triaging = time.perf_counter() - started
    latencies = await _singles(resources.part(Engines), resources, company_id, rows)

    async with db.transaction(company_id) as session:
        found = await session.execute(
            text(
                "select t.source_reference, t.category, a.category as guess, a.confidence from ticket t"
                " join analysis a on a.ticket_id = t.id"
            )
        )
        answers = list(found)
    await db.close()
    truth = {str(place): row["category"] for place, row in enumerate(rows)}
    right = sum(answer.guess == truth[answer.source_reference] for answer in answers)
    filed = [answer for answer in answers if answer.category]
    filed_right = sum(answer.category == truth[answer.source_reference] for answer in filed)
    table = Table("measure", "value", title=f"The triage stage, {len(rows)} tickets")
    for said in trainings:
        table.add_row(*said)
    table.add_row("triaged in batches, stored and told", f"{len(answers) / triaging:.0f} tickets/s")
    table.add_row(
        "one text alone, engines only", f"p50 {latencies[0]:.1f} ms, p95 {latencies[1]:.1f} ms"
    )
    table.add_row("right", f"{right / len(answers):.2%}")
    table.add_row("filled in", f"{len(filed) / len(answers):.1%}")
    table.add_row("right among those filled in", f"{filed_right / len(filed):.2%}")
    table.add_row("peak memory, without the process that taught", f"{peak_megabytes():.0f} MB")
    print(about())
    Console(width=100).print(table)


def _parts(data: Path) -> Iterator[bytes]:
    """The training set as two files: most of it, and then the rest."""
    with (data / "train.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    later = rows[1::LATER]
    first = [row for place, row in enumerate(rows[1:]) if place % LATER]
    for part in (first, later):
        out = io.StringIO()
        csv.writer(out).writerows([rows[0], *part])
        yield out.getvalue().encode()


async def _train(
    resources: Resources, company_id: int, part: bytes, by: Principal
) -> tuple[str, str]:
    started, earlier = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    trained = await train_from_csv(resources, company_id, part, by=by)
    seconds = time.perf_counter() - started
    # Of the children that taught, which are the only ones that have ended by now.
    child = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = child.ru_utime + child.ru_stime - earlier.ru_utime - earlier.ru_stime
    fresh = part.count(b"\n") - 1
    return (
        f"training on {trained.examples:,} texts, {fresh:,} of them new",
        f"{seconds:.1f} s, {spent:.1f} s of processor time; {trained.state}",
    )


async def _singles(
    engines: Engines, resources: Resources, company_id: int, rows: Sequence[dict[str, str]]
) -> tuple[float, float]:
    async with resources.db.transaction(company_id) as session:
        profile = await engines.profile(session)
    times = []
    for row in rows[:SINGLES]:
        started = time.perf_counter()
        # A word more, so that no vector is remembered from the batch.
        await engines.analyse([TicketText(0, row["text"], row["text"] + " please")], profile)
        times.append((time.perf_counter() - started) * 1000)
    times.sort()
    return times[len(times) // 2], times[int(len(times) * 0.95)]


if __name__ == "__main__":
    main()
