"""A database of its own and the real server over it."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ticketyard.core.embedded import EmbeddedPostgres
from ticketyard.migrations.running import upgrade

STARTED = re.compile(r"is open on (?:\S*?)http://([\d.]+):(\d+)")
START_SECONDS = 120


@dataclass(frozen=True)
class Server:
    """A running `ticketyard` command. started_in: seconds until it said where it is."""

    host: str
    port: int
    pid: int
    started_in: float


@contextmanager
def folder() -> Iterator[Path]:
    """A folder that goes away again; PostgreSQL, which may run as another user, can enter it."""
    with tempfile.TemporaryDirectory(prefix="ty-bench-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


@contextmanager
def database(place: Path) -> Iterator[str]:
    """A migrated PostgreSQL with fsync on; gives the URL of its owner."""
    postgres = EmbeddedPostgres(place / "pg")
    url = postgres.start()
    try:
        upgrade(url)
        yield url
    finally:
        postgres.stop()


@contextmanager
def serving(
    place: Path, *arguments: str, command: str = "serve", **environment: str
) -> Iterator[Server]:
    """The product as its command starts it; without DATABASE_URL on a PostgreSQL of its own."""
    output = place / f"output-{time.monotonic_ns()}"
    began = time.perf_counter()
    with output.open("w+b") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "ticketyard.cli.main", command, "--port", "0", *arguments],
            env={**os.environ, "DATA_DIR": str(place), "LOG_LEVEL": "WARNING", "NO_COLOR": "1",
                 "COLUMNS": "200", **environment},
            stdout=sink, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            host, port = _address(process, output)
            yield Server(host, port, process.pid, time.perf_counter() - began)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)


def _address(process: subprocess.Popen[bytes], output: Path) -> tuple[str, int]:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        if found := STARTED.search(output.read_text()):
            return found[1], int(found[2])
        time.sleep(0.01)
    raise SystemExit(f"The server did not start:\n{output.read_text()}")
