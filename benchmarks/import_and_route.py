"""Claim: 100,000 CSV tickets are stored within 60 s and, once triaged, routed at 1,000/s or more.

Run: .venv/bin/python benchmarks/import_and_route.py [tickets]
The sample company's offices and managers; a real PostgreSQL with fsync on, in a folder of its own.
Triage is not part of the claim: what it would have found is written by one statement.
"""

import asyncio
import os
import random
import sys
import tempfile
import time
from pathlib import Path
from uuid import UUID

from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from ticketyard.core.auth import Principal
from ticketyard.core.config import Settings
from ticketyard.core.embedded import EmbeddedPostgres
from ticketyard.core.storage import Blobs
from ticketyard.intake.importing import run_import, start_import
from ticketyard.migrations.running import upgrade
from ticketyard.people.companies import found_company
from ticketyard.routing.following import follow_triage
from ticketyard.samples.reading import list_letters, read_bytes
from ticketyard.wiring import build_resources, open_database

HEADER = (
    "GUID клиента,Пол клиента,Дата рождения,Описание ,Вложения,Сегмент клиента,"
    "Страна,Область,Населённый пункт,Улица,Дом\n"
)


def letters(count: int) -> bytes:
    """The sample's letters over and over, each by another client."""
    chance = random.Random(1)
    known = [letter for letter in list_letters() if letter.description]
    lines = [HEADER]
    for n in range(count):
        letter = chance.choice(known)
        said = letter.description.replace('"', '""')
        cells = [str(UUID(int=n + 1)), letter.gender, letter.born, f'"{said}"', "", letter.segment]
        address = [letter.country, letter.region, letter.city, letter.street, letter.house]
        lines.append(",".join([*cells, *(f'"{each}"' for each in address)]) + "\n")
    return "".join(lines).encode()


async def measure(url: str, folder: Path, count: int) -> None:
    db = open_database(url)
    settings = Settings(_env_file=None, data_dir=folder)
    resources = build_resources(db, Blobs.on_disk(folder / "blobs"), settings)
    company_id = await found_company(db, name="Bench", slug="bench", locale="ru")
    by = Principal.system(company_id)
    files = [
        ("offices", "offices.csv", read_bytes("offices.csv"), "text/csv"),
        ("managers", "managers.csv", read_bytes("managers.csv"), "text/csv"),
        ("tickets", "tickets.csv", letters(count), "text/csv"),
    ]
    table = Table("Step", "Tickets", "Seconds", "Per second")

    def row(step: str, seconds: float) -> None:
        table.add_row(step, f"{count:,}", f"{seconds:.1f}", f"{count / seconds:,.0f}")

    started = time.perf_counter()
    run_id = await start_import(resources, files=files, by=by)
    await run_import(resources, company_id, run_id)
    row("stored", time.perf_counter() - started)

    async with db.transaction(company_id) as session:
        await session.execute(_TRIAGED)
        await session.execute(_LABELLED)
    started = time.perf_counter()
    await follow_triage(resources, company_id, [])
    row("routed", time.perf_counter() - started)

    started = time.perf_counter()
    again = await start_import(resources, files=files, by=by)
    await run_import(resources, company_id, again)
    row("stored again, nothing new", time.perf_counter() - started)
    async with db.transaction(company_id) as session:
        given = await session.scalar(text("select count(*) from ticket where assignee_id > 0"))
        receipt = await session.scalar(
            text("select avg(length(receipt::text))::integer from assignment")
        )
    await db.close()
    Console().print(table)
    Console().print(f"{given:,} assigned; {receipt:,} bytes a receipt.")


_TRIAGED = text(
    """
    insert into analysis (company_id, ticket_id, state, language, urgency, sentiment, analysed_at)
    select company_id, id, 'done', (array['RU', 'RU', 'RU', 'KZ', 'ENG'])[1 + id % 5],
           1 + id % 10, 'neutral', now() + interval '1 minute' from ticket
    """
)
_LABELLED = text(
    """
    update ticket set urgency = 1 + id % 10, category = (array['Жалоба', 'Консультация',
      'Смена данных', 'Претензия', 'Спам'])[1 + id % 5]
    """
)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory(prefix="ty-bench-") as folder:
        os.chmod(folder, 0o711)
        postgres = EmbeddedPostgres(Path(folder) / "pg")
        url = postgres.start()
        try:
            upgrade(url)
            asyncio.run(measure(url, Path(folder), count))
        finally:
            postgres.stop()


if __name__ == "__main__":
    main()
