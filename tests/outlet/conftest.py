"""A real Redis of the tests' own on a free port of this machine, and a desk that tells it things."""

import asyncio
import base64
import json
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis

from tests.world import World
from ticketyard.core.config import Settings
from ticketyard.outlet.broker import Broker, BrokerAt
from ticketyard.outlet.lane import Lane, switch_on
from ticketyard.outlet.models import OutletMessage
from ticketyard.outlet.queries import Standing, list_messages, read_standing

QUEUE = "rag_events"


@dataclass
class RedisServer:
    """Debian's redis-server; keeps what it was told on disk, as an operator's should."""

    folder: Path
    port: int = 0
    process: subprocess.Popen[bytes] | None = None
    client: redis.Redis = field(default_factory=redis.Redis)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        program = shutil.which("redis-server")
        assert program, "These tests need Redis: `make redis`, or apt-get install redis-server."
        self.port = self.port or _free_port()
        self.process = subprocess.Popen(
            [program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
             "--appendonly", "yes", "--appendfsync", "always", "--dir", str(self.folder)],
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        self.client = redis.Redis(port=self.port)
        until = time.monotonic() + 10
        while True:
            try:
                self.client.ping()
                return
            except redis.ConnectionError:
                assert time.monotonic() < until, "Redis did not start."
                time.sleep(0.01)

    def kill(self) -> None:
        """As a power cut does it."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        self.client.close()

    def forget(self) -> None:
        """Lose everything that was on disk."""
        for each in self.folder.iterdir():
            shutil.rmtree(each) if each.is_dir() else each.unlink()

    def messages(self) -> list[dict[str, Any]]:
        """What waits, the oldest first: Celery's headers and the one positional argument."""
        found = []
        for raw in reversed(self.client.lrange(QUEUE, 0, -1)):
            envelope = json.loads(raw)
            (payload,), named, _ = json.loads(base64.b64decode(envelope["body"]))
            assert named == {}
            assert envelope["content-type"] == "application/json"
            found.append({"headers": envelope["headers"], "payload": payload})
        return found

    def payloads(self) -> list[dict[str, Any]]:
        return [each["payload"] for each in self.messages()]

    def tasks(self) -> list[str]:
        return [each["headers"]["task"] for each in self.messages()]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def broker_server(tmp_path: Path) -> Iterator[RedisServer]:
    folder = tmp_path / "redis"
    folder.mkdir()
    server = RedisServer(folder)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def settings(tmp_path: Path, broker_server: RedisServer) -> Settings:
    """As elsewhere, with a broker."""
    return Settings(_env_file=None, data_dir=tmp_path, rag_broker_url=broker_server.url)


@dataclass
class Desk:
    """The world, with its outlet switched on and sent by hand."""

    world: World
    lane: Lane
    run_jobs: Callable[[], Awaitable[None]]

    async def send(self) -> None:
        """One look of the lane."""
        await self.lane.send_due()

    async def triage(self) -> None:
        await self.run_jobs()

    async def open_and_triage(self, title: str = "The printer is jammed", **fields: object) -> int:
        opened = await self.world.open(title, **fields)
        await self.triage()
        return opened.id

    async def messages(self) -> list[OutletMessage]:
        """The oldest first."""
        async with self.world.resources.db.transaction(self.world.company_id) as session:
            return (await list_messages(session, limit=10_000))[::-1]

    async def standing(self) -> Standing:
        async with self.world.resources.db.transaction(self.world.company_id) as session:
            return await read_standing(session)

    def later(self, **time_: float) -> None:
        before = self.world.resources.db.clock
        self.world.resources.db.clock = lambda: before() + timedelta(**time_)


@pytest.fixture
async def desk(world: World, run_jobs: Callable[[], Awaitable[None]]) -> AsyncIterator[Desk]:
    lane = Lane(world.resources)
    async with world.resources.db.transaction(world.company_id) as session:
        await switch_on(session)
    yield Desk(world, lane, run_jobs)
    lane.close()


@pytest.fixture
def broker(broker_server: RedisServer) -> Iterator[Broker]:
    found = Broker(BrokerAt(broker_server.url, QUEUE))
    yield found
    found.close()


async def until(holds: Callable[[], object], seconds: float = 20, what: str = "") -> None:
    """Wait for it; else fail."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, what or "It never came about."
        await asyncio.sleep(0.05)
