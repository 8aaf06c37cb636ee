"""A real worker, killed with -9 while a receiver holds its message: at least once, under one id."""

import asyncio
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.receiver import Receiver
from tests.webhooks.conftest import Hook
from tests.world import World
from ticketyard.core.config import Settings


@asynccontextmanager
async def a_worker(url: str, folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ticketyard.cli.main", "worker",
        env={
            "PATH": os.environ["PATH"], "HOME": str(folder), "DATABASE_URL": url,
            "DATA_DIR": str(folder), "TICKETYARD_OUTGOING_ALLOWED": "127.0.0.1",
        },
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
        await process.wait()


async def until(there: Receiver, count: int, seconds: float = 30) -> None:
    for _ in range(int(seconds / 0.05)):
        if len(there.got) >= count:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"{len(there.got)} of {count} came.")


async def test_a_worker_killed_in_the_middle_loses_nothing_and_repeats_under_the_same_id(
    world: World, hook: Hook, receiver: Receiver, database_url: str, settings: Settings
) -> None:
    numbers = [(await world.open()).number for _ in range(4)]
    receiver.does = "hang"
    async with a_worker(database_url, settings.data_dir) as worker:
        await until(receiver, 1)
        worker.send_signal(signal.SIGKILL)
        await worker.wait()
    receiver.does = ""
    # What the lease would say by itself in a minute.
    async with world.resources.db.transaction(world.company_id) as session:
        endpoint = await session.get_one(type(await hook.now()), hook.id)
        assert endpoint.claimed_until is not None
        endpoint.claimed_until = None
    # The next event wakes whoever is there; else the timetable would, within half a minute.
    numbers.append((await world.open()).number)
    async with a_worker(database_url, settings.data_dir):
        await until(receiver, 6, seconds=60)
        for _ in range(100):
            if {each.state for each in await hook.deliveries()} == {"delivered"}:
                break
            await asyncio.sleep(0.05)
    heard = [json.loads(got.body)["data"]["ticket"]["number"] for got in receiver.got]
    assert heard == [numbers[0], *numbers]
    ids = Counter(got.headers["webhook-id"] for got in receiver.got)
    assert sorted(ids.values()) == [1, 1, 1, 1, 2]
    assert [each.attempts for each in await hook.deliveries()] == [2, 1, 1, 1, 1]
