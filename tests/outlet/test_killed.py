"""Our own worker, killed with -9 between the broker's word and our note of it; Redis killed under it."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.outlet.conftest import Desk, RedisServer, until
from ticketyard.core.config import Settings

pytestmark = pytest.mark.slow


@asynccontextmanager
async def a_worker(
    url: str, folder: Path, broker: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ticketyard.cli.main", "worker",
        env={
            "PATH": os.environ["PATH"], "HOME": str(folder), "DATABASE_URL": url,
            "DATA_DIR": str(folder), "RAG_BROKER_URL": broker,
        },
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
        await process.wait()


async def test_killed_between_the_brokers_word_and_ours_it_is_sent_again_under_the_same_id(
    desk: Desk, broker_server: RedisServer, database_url: str, settings: Settings
) -> None:
    for number in range(3):
        await desk.open_and_triage(f"Ticket {number}")
    db, company_id = desk.world.resources.db, desk.world.company_id
    redis_pid = broker_server.process.pid if broker_server.process else 0
    # Redis holds its breath while the worker hands over; we hold the rows it would note that in.
    os.kill(redis_pid, signal.SIGSTOP)
    try:
        async with a_worker(database_url, settings.data_dir, broker_server.url) as worker:
            for _ in range(400):
                if {each.attempts for each in await desk.messages()} == {1}:
                    break
                await asyncio.sleep(0.05)
            async with db.transaction(company_id) as session:
                await session.execute(text("select from outlet_message for update"))
                os.kill(redis_pid, signal.SIGCONT)
                await until(lambda: len(broker_server.payloads()) == 3)
                worker.send_signal(signal.SIGKILL)
                await worker.wait()
    finally:
        os.kill(redis_pid, signal.SIGCONT)
    assert {each.state for each in await desk.messages()} == {"waiting"}
    # What the lease would say by itself in a minute.
    async with db.transaction(company_id) as session:
        await session.execute(text("update outlet set claimed_until = null"))
    async with a_worker(database_url, settings.data_dir, broker_server.url):
        await until(lambda: len(broker_server.payloads()) == 6)
        for _ in range(100):
            if (await desk.standing()).sent == 3:
                break
            await asyncio.sleep(0.05)
    payloads = broker_server.payloads()
    assert [each["title"] for each in payloads] == [f"Ticket {number % 3}" for number in range(6)]
    assert payloads[:3] == payloads[3:]
    assert [(each.state, each.attempts) for each in await desk.messages()] == [("sent", 2)] * 3


async def test_tickets_flow_and_are_told_when_redis_is_killed_and_back(
    desk: Desk, broker_server: RedisServer, database_url: str, settings: Settings
) -> None:
    async with a_worker(database_url, settings.data_dir, broker_server.url):
        await desk.world.open("Before")
        await until(lambda: len(broker_server.payloads()) == 1)
        broker_server.kill()
        opened = await desk.world.open("Meanwhile")
        # It is triaged and placed as ever.
        for _ in range(200):
            async with desk.world.resources.db.transaction(desk.world.company_id) as session:
                state = await session.scalar(
                    text("select state from analysis where ticket_id = :id"), {"id": opened.id}
                )
            if state == "done":
                break
            await asyncio.sleep(0.05)
        assert state == "done"
        broker_server.start()
        await until(lambda: len(broker_server.payloads()) == 2, 30)
    assert [each["title"] for each in broker_server.payloads()] == ["Before", "Meanwhile"]
