"""How fast people and programs read tickets: the list, its filters and orders, searching, pages.

Starts the real server over a database of its own with many tickets, and asks each question over one
connection, then over sixteen, from this process, on the same cores.

Usage: python benchmarks/ticket_list.py [tickets] [seconds]
"""

import asyncio
import sys
from urllib.parse import quote

import psycopg

from kit.generate import fill
from kit.load import Tally, get, load
from kit.machine import about
from kit.server import database, folder, serving
from ticketyard.core.auth import Principal
from ticketyard.people.accounts import add_person
from ticketyard.people.companies import found_company
from ticketyard.people.keys import create_key
from ticketyard.people.logging_in import start_session
from ticketyard.tickets.categorizing import IT_CATEGORIES, add_categories
from ticketyard.wiring import open_database

QUESTIONS = {
    "newest 25": "/api/tickets?limit=25",
    "open": "/api/tickets?limit=25&status=open",
    "open, high, by priority": "/api/tickets?limit=25&status=open&priority=high&sort=-priority",
    "in work, by update": "/api/tickets?limit=25&status=open&status=assigned&status=in_progress"
    "&sort=-updated_at",
    "category, page 3": "/api/tickets?size=25&page=3&category=vpn",
    "language and sentiment": "/api/tickets?limit=25&language=KZ&sentiment=negative",
    "search, 1 in 50": f"/api/tickets?limit=25&q={quote('бал')}",
    "search, 1 in 3": "/api/tickets?limit=25&q=" + quote("errт"),
    "search, two words": "/api/tickets?limit=25&q=" + quote("errт отпод"),
    "one ticket": "/api/tickets/50000",
    "desk: ticket page": "/tickets/50000",
    "desk: queue page": "/queue",
}


async def furnish(url: str, tickets: int) -> tuple[str, str]:
    """A company with that many tickets; gives a key that may read them, and an agent's cookie."""
    db = open_database(url)
    company_id = await found_company(db, name="Load", slug="load")
    by = Principal.system(company_id)
    async with db.transaction(company_id) as session:
        await add_categories(session, IT_CATEGORIES)
        _, key = await create_key(session, name="Bench", permissions=["tickets:read"], by=by)
        agent = await add_person(session, name="Agent", email=None, role="agent", by=by)
        fresh = await start_session(session, agent, now=db.clock(), hours=12)
    await fill(db, company_id, tickets)
    await db.close()
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute("vacuum analyze")
    return key, f"ticketyard_session={fresh.token}"


def row(name: str, alone: Tally, many: Tally) -> str:
    """One line of the table."""
    return (
        f"| {name:<24} | {alone.sizes[0] / 1000:5.0f} | {alone.ms(0.5):6.1f} |"
        f" {alone.ms(0.95):6.1f} | {many.rate:6.0f} | {many.ms(0.95):7.1f} |"
        f" {alone.refused + many.refused:7} |"
    )


def main() -> None:
    """Measure, and print the table."""
    tickets = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 4
    with folder() as place, database(place) as url:
        key, cookie = asyncio.run(furnish(url, tickets))
        print(f"{tickets:,} tickets; {about()}\n")
        print("| Question                 |  kB   | p50 ms | p95 ms | 16: /s | 16: p95 | refused |")
        print("| ---                      |  ---: |   ---: |   ---: |   ---: |    ---: |    ---: |")
        with serving(place, "--no-worker", DATABASE_URL=url) as server:
            for question, path in QUESTIONS.items():
                ask = get(path, Cookie=cookie) if "desk" in question else get(path, X_API_Key=key)
                alone, many = (
                    load(server.host, server.port, ask, connections=each, seconds=seconds)
                    for each in (1, 16)
                )
                print(row(question, alone, many), flush=True)


if __name__ == "__main__":
    main()
