"""A real `ticketyard` process with its own database, for journeys that need one (or kill one)."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

START_SECONDS = 90


@dataclass
class Program:
    """`ticketyard serve` (or `demo`, or `worker`) over one database.

    url: the database, as its owner; data_dir: where its blobs go.
    """

    url: str
    data_dir: Path
    command: str = "serve"
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    address: str = ""
    output: str = ""
    _process: subprocess.Popen[str] | None = None

    def start(self) -> "Program":
        """Start it and wait until it answers."""
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.data_dir),
            "DATABASE_URL": self.url,
            "DATA_DIR": str(self.data_dir),
            "LOG_LEVEL": "WARNING",
            "COLUMNS": "200",
            **self.environment,
        }
        port = () if self.command == "worker" else ("--port", "0")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "ticketyard.cli.main", self.command, *port, *self.arguments],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=(self.data_dir / "stderr.log").open("a"),
            text=True,
        )
        assert self._process.stdout
        until = time.monotonic() + START_SECONDS
        self.output = ""
        while time.monotonic() < until:
            line = self._process.stdout.readline()
            self.output += line
            if found := re.search(r"http://[\d.]+:\d+(?=\s|$)", line):
                self.address = found.group()
            if "Ctrl-C" in line:
                return self
            if not line and self._process.poll() is not None:
                break
        raise AssertionError(f"It did not start: {self.output}{self.errors()}")

    def errors(self) -> str:
        """What it complained about so far."""
        return (self.data_dir / "stderr.log").read_text()[-4000:]

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process
        return self._process.pid

    def children(self) -> list[int]:
        """The processes it keeps beside itself."""
        listed = subprocess.run(
            ["ps", "-A", "-o", "pid=,ppid="], check=True, capture_output=True, text=True
        ).stdout
        pairs = [map(int, line.split()) for line in listed.splitlines()]
        return [child for child, parent in pairs if parent == self.pid]

    def kill(self) -> None:
        """End it without a word (kill -9)."""
        assert self._process
        self._process.send_signal(signal.SIGKILL)
        self._gone(10)

    def stop(self) -> None:
        """End it politely."""
        assert self._process
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        self._gone(20)

    def _gone(self, seconds: float) -> None:
        assert self._process
        self._process.wait(seconds)
        if self._process.stdout:
            self._process.stdout.close()

    def client(self, **headers: str) -> httpx2.Client:
        """A client of it."""
        return httpx2.Client(base_url=self.address, headers=headers, timeout=30)
