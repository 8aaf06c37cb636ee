"""How fast tickets come in: POST /api/tickets/unified over kept-alive connections, to disk.

Starts the real server on a database of its own (fsync on), alone and with its worker, and loads it
from this process, on the same cores. Every ticket is new: own id, one of 500 requesters.

Usage: python benchmarks/intake_speed.py [connections] [seconds]
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

import orjson

KEY = "a-key-for-the-benchmark-only"
WARM_UP_SECONDS = 3
STARTED = re.compile(r"is open on (?:\S*?)http://([\d.]+):(\d+)")


@dataclass
class Tally:
    """What the connections saw together."""

    seconds: list[float] = field(default_factory=list)
    refused: int = 0
    sent: int = 0

    def request(self) -> bytes:
        """The next request, ready to be written."""
        self.sent += 1
        number = self.sent
        body = orjson.dumps(
            {
                "source": "GLPI",
                "data": {
                    "id": f"{os.getpid()}-{number}",
                    "title": f"Software installation request {number}",
                    "description": "Need an office suite installed on my new laptop. It is the one "
                    f"by the window in room {number % 90}; the old one went back to the store.",
                    "requester_email": f"person{number % 500}@example.com",
                    "requester_name": f"Person {number % 500}",
                    "category": "Software",
                    "priority": "Medium",
                },
                "api_key": KEY,
            }
        )
        return (
            b"POST /api/tickets/unified HTTP/1.1\r\nHost: desk\r\n"
            b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
        )


class Connection(asyncio.Protocol):
    """One kept-alive connection that sends as soon as it was answered."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._seen = b""
        self._began = 0.0
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._send()

    def _send(self) -> None:
        assert self.transport is not None
        request = self._tally.request()
        self._began = time.perf_counter()
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._seen += data
        head, mark, body = self._seen.partition(b"\r\n\r\n")
        if not mark or len(body) < int(head.lower().split(b"content-length: ")[1].split(b"\r")[0]):
            return
        self._tally.seconds.append(time.perf_counter() - self._began)
        if not head.startswith(b"HTTP/1.1 200"):
            self._tally.refused += 1
        self._seen = b""
        self._send()


async def load(host: str, port: int, connections: int, seconds: float) -> tuple[Tally, float]:
    """What was seen after the warm-up, and for how long that was."""
    tally = Tally()
    loop = asyncio.get_running_loop()
    opened = [
        (await loop.create_connection(lambda: Connection(tally), host, port))[0]
        for _ in range(connections)
    ]
    await asyncio.sleep(WARM_UP_SECONDS)
    tally.seconds, tally.refused = [], 0
    began = time.perf_counter()
    await asyncio.sleep(seconds)
    took = time.perf_counter() - began
    for each in opened:
        each.abort()
    return tally, took


@contextmanager
def server(*arguments: str) -> Iterator[tuple[str, int]]:
    """The product on a fresh database, as `ticketyard serve` starts it."""
    with tempfile.TemporaryDirectory(prefix="ty-bench-") as folder:
        os.chmod(folder, 0o711)  # the embedded PostgreSQL may run as another user
        with Path(folder, "output").open("w+b") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "ticketyard.cli.main", "serve", "--port", "0", *arguments],
                env={**os.environ, "DATA_DIR": folder, "INTEGRATION_API_KEY": KEY,
                     "LOG_LEVEL": "WARNING", "NO_COLOR": "1", "COLUMNS": "200"},
                stdout=output, stderr=subprocess.STDOUT,
            )  # fmt: skip
            try:
                yield _address(process, Path(output.name))
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


def row(name: str, tally: Tally, took: float) -> str:
    """One line of the table."""
    seconds = sorted(tally.seconds)
    at = [seconds[int(len(seconds) * share)] * 1000 for share in (0.5, 0.95, 0.99)]
    rate = len(seconds) / took
    return (
        f"| {name:<16} | {rate:7.0f} | "
        + " | ".join(f"{ms:6.1f}" for ms in at)
        + (f" | {tally.refused:7} |")
    )


def main() -> None:
    """Measure, and print the table of docs/performance.md."""
    connections = int(sys.argv[1]) if len(sys.argv) > 1 else 16
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 15
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    ).stdout.strip()
    print(f"POST /api/tickets/unified, {connections} connections, {seconds:g} s, fsync on")
    print(f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}, "
          f"commit {commit}, load before: {os.getloadavg()[0]:.1f}\n")  # fmt: skip
    print("| server           | tickets/s | p50 ms | p95 ms | p99 ms | refused |")
    print("| ---------------- | ------: | -----: | -----: | -----: | ------: |")
    for name, arguments in (("web alone", ["--no-worker"]), ("web and worker", [])):
        with server(*arguments) as (host, port):
            tally, took = asyncio.run(load(host, port, connections, seconds))
        print(row(name, tally, took), flush=True)


if __name__ == "__main__":
    main()
