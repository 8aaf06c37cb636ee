"""How fast people and programs read tickets: the list, its filters and orders, searching, one ticket.

Starts the real server over a database of its own with many tickets, and asks each question over one
connection, then over sixteen, from this process, on the same cores.

Usage: python benchmarks/ticket_list.py [tickets] [seconds]
"""

import asyncio
import os
import platform
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psycopg

from generate import fill
from ticketyard.core.auth import Principal
from ticketyard.core.embedded import EmbeddedPostgres
from ticketyard.migrations.running import upgrade
from ticketyard.people.companies import found_company
from ticketyard.people.keys import create_key
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
}
STARTED = re.compile(r"is open on (?:\S*?)http://([\d.]+):(\d+)")


@dataclass
class Tally:
    """What the connections saw together."""

    request: bytes
    seconds: list[float] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    refused: int = 0


class Connection(asyncio.Protocol):
    """One kept-alive connection that asks again as soon as it was answered."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._head = b""
        self._missing = -1
        self._began = 0.0
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._ask()

    def _ask(self) -> None:
        assert self.transport is not None
        self._head, self._missing = b"", -1
        self._began = time.perf_counter()
        self.transport.write(self._tally.request)

    def data_received(self, data: bytes) -> None:
        if self._missing < 0:
            self._head += data
            head, mark, body = self._head.partition(b"\r\n\r\n")
            if not mark:
                return
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r")[0])
            self._tally.sizes.append(length)
            self._tally.refused += not head.startswith(b"HTTP/1.1 200")
            self._missing = length - len(body)
        else:
            self._missing -= len(data)
        if self._missing == 0:
            self._tally.seconds.append(time.perf_counter() - self._began)
            self._ask()


async def ask(host: str, port: int, request: bytes, connections: int, seconds: float) -> Tally:
    """What was seen after half a second of warming up."""
    tally = Tally(request)
    loop = asyncio.get_running_loop()
    opened = [
        (await loop.create_connection(lambda: Connection(tally), host, port))[0]
        for _ in range(connections)
    ]
    await asyncio.sleep(0.5)
    tally.seconds, tally.sizes, tally.refused = [], [], 0
    await asyncio.sleep(seconds)
    for each in opened:
        each.abort()
    return tally


@contextmanager
def server(folder: Path, url: str) -> Iterator[tuple[str, int]]:
    """The product without its worker over this database."""
    with (folder / "output").open("w+b") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "ticketyard.cli.main", "serve", "--port", "0", "--no-worker"],
            env={**os.environ, "DATA_DIR": str(folder), "DATABASE_URL": url,
                 "LOG_LEVEL": "WARNING", "NO_COLOR": "1", "COLUMNS": "200"},
            stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            yield _address(process, folder / "output")
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)


def _address(process: subprocess.Popen[bytes], output: Path) -> tuple[str, int]:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        if found := STARTED.search(output.read_text()):
            return found[1], int(found[2])
        time.sleep(0.05)
    raise SystemExit(f"The server did not start:\n{output.read_text()}")


async def furnish(url: str, tickets: int) -> str:
    """Make a company with that many tickets; gives a key that may read them."""
    db = open_database(url)
    company_id = await found_company(db, name="Load", slug="load")
    by = Principal.system(company_id)
    async with db.transaction(company_id) as session:
        await add_categories(session, IT_CATEGORIES)
        _, key = await create_key(session, name="Bench", permissions=["tickets:read"], by=by)
    await fill(db, company_id, tickets)
    await db.close()
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute("vacuum analyze")
    return key


def row(name: str, alone: Tally, many: Tally, seconds: float) -> str:
    """One line of the table."""

    def at(tally: Tally, share: float) -> float:
        return sorted(tally.seconds)[int(len(tally.seconds) * share)] * 1000

    return (
        f"| {name:<24} | {alone.sizes[0] / 1000:5.0f} | {at(alone, 0.5):6.1f} |"
        f" {at(alone, 0.95):6.1f} | {len(many.seconds) / seconds:6.0f} | {at(many, 0.95):7.1f} |"
        f" {alone.refused + many.refused:7} |"
    )


def main() -> None:
    """Print the table."""
    tickets = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 4
    with tempfile.TemporaryDirectory(prefix="ty-bench-") as name:
        os.chmod(name, 0o711)  # the embedded PostgreSQL may run as another user
        postgres = EmbeddedPostgres(Path(name) / "pg")
        url = postgres.start()
        upgrade(url)
        key = asyncio.run(furnish(url, tickets))
        print(f"{tickets:,} tickets · {platform.platform()} · {os.cpu_count()} cores\n")
        print("| Question                 |  kB   | p50 ms | p95 ms | 16: /s | 16: p95 | refused |")
        print("| ---                      |  ---: |   ---: |   ---: |   ---: |    ---: |    ---: |")
        with server(Path(name), url) as (host, port):
            for question, path in QUESTIONS.items():
                request = (
                    f"GET {path} HTTP/1.1\r\nHost: desk\r\nX-API-Key: {key}\r\n\r\n"
                ).encode()
                alone = asyncio.run(ask(host, port, request, 1, seconds))
                many = asyncio.run(ask(host, port, request, 16, seconds))
                print(row(question, alone, many, seconds), flush=True)
        postgres.stop()


if __name__ == "__main__":
    main()
