"""A real Celery worker on a real Redis, given messages made by hand as a foreign producer makes them."""

import asyncio
import base64
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from celery import Celery
from celery.result import AsyncResult
from sqlalchemy import text

from tests.outlet.conftest import QUEUE, Desk, RedisServer, until
from tests.world import World

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Consumers:
    """Starts consumers over one database, and gives them work as another system would."""

    world: World
    server: RedisServer
    url: str
    folder: Path
    producer: Celery

    @property
    def calls(self) -> list[str]:
        path = self.folder / "calls"
        return path.read_text().splitlines() if path.exists() else []

    @property
    def base(self) -> Path:
        return self.folder / "files"

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    @asynccontextmanager
    async def one(
        self, *, pool: str = "prefork", visibility: int = 1
    ) -> AsyncIterator[asyncio.subprocess.Process]:
        """A worker process with its pool, as an operator starts it; ready when this begins."""
        self.base.mkdir(exist_ok=True)
        backlog = self.log.count("ready.") if (self.folder / "log").exists() else 0
        with (self.folder / "log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "celery", "-A", "tests.outlet.consumer", "worker",
                "-Q", QUEUE, "--pool", pool, "-c", "1", "-l", "INFO",
                "--without-gossip", "--without-mingle",
                cwd=ROOT, start_new_session=True, stdout=log, stderr=log,
                env={
                    "PATH": os.environ["PATH"], "HOME": str(self.folder), "DATABASE_URL": self.url,
                    "DATA_DIR": str(self.folder), "RAG_BROKER_URL": self.server.url,
                    "CELERY_RESULT_BACKEND": self.server.url, "CALLS": str(self.folder / "calls"),
                    "TICKETYARD_CELERY_VISIBILITY_SECONDS": str(visibility),
                    "RAG_FILES_BASE_PATH": str(self.base),
                },
            )  # fmt: skip
        try:
            await until(lambda: self.log.count("ready.") > backlog or process.returncode, 30)
            assert process.returncode is None, self.log
            yield process
        finally:
            kill(process)
            await process.wait()

    def give(self, task: str, *args: object, **named: object) -> AsyncResult[Any]:
        """One task, published by a Celery of its own."""
        return self.producer.send_task(
            f"rag.process_{task}", args=list(args), kwargs=named, queue=QUEUE, serializer="json"
        )

    def ticket(self, number: int = 17, title: str = "Printer", **fields: object) -> dict[str, Any]:
        return {
            "event": "ticket.created", "event_id": str(uuid4()), "ticket_id": number,
            "company_id": self.world.company_id, "title": title, "description": "It beeps.",
            "category": "back", "priority": "low", "created_at": None, "need_admin": True,
            "bert_category": None, "bert_confidence": None, "similarity_score": None,
            "assigned_team_id": None, **fields,
        }  # fmt: skip

    def file(self, **fields: object) -> dict[str, Any]:
        return {
            "event": "file_uploaded", "event_id": str(uuid4()), "file_id": str(uuid4()),
            "company_id": self.world.company_id, "file_path": "", "file_relative_path": "",
            "original_name": "Guide.pdf", "kind": "pdf", "size_bytes": 3,
            "content_type": "application/pdf", "uploaded_at": None, **fields,
        }  # fmt: skip

    async def result(self, given: AsyncResult[Any], seconds: float = 20) -> Any:
        return await asyncio.to_thread(given.get, timeout=seconds, interval=0.05)

    async def processed(self) -> dict[str, str]:
        async with self.world.resources.db.transaction(self.world.company_id) as session:
            rows = await session.execute(text("select event_id, status from processed_event"))
            return {row.event_id: row.status for row in rows}

    async def forget_lease(self) -> None:
        """What the lease would say by itself twenty seconds later."""
        async with self.world.resources.db.transaction(self.world.company_id) as session:
            await session.execute(
                text("update processed_event set claimed_until = now() where status = 'processing'")
            )


def kill(process: asyncio.subprocess.Process) -> None:
    """The worker and its pool, at once."""
    if process.returncode is None:
        os.killpg(process.pid, signal.SIGKILL)


def child_of(pid: int) -> int:
    """The process of its pool."""
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])


@pytest.fixture
def consumers(
    world: World, broker_server: RedisServer, database_url: str, tmp_path: Path
) -> Consumers:
    producer = Celery("foreign", broker=broker_server.url, backend=broker_server.url)
    folder = tmp_path / "consumer"
    folder.mkdir()
    return Consumers(world, broker_server, database_url, folder, producer)


async def test_each_message_is_done_once_with_the_results_of_spec_4(consumers: Consumers) -> None:
    async with consumers.one():
        (consumers.base / "guide.pdf").write_bytes(b"abc")
        ticket = consumers.ticket()
        assert await consumers.result(consumers.give("ticket_created", ticket)) == {
            "ok": True,
            "ticket_id": 17,
        }
        assert await consumers.result(consumers.give("ticket_created", ticket)) == {
            "ok": True,
            "skipped": True,
        }
        # The same id said of another ticket is the same message.
        twin = consumers.ticket(18, event_id=ticket["event_id"])
        assert await consumers.result(consumers.give("ticket_created", twin)) == {
            "ok": True,
            "skipped": True,
        }
        upload = consumers.file(file_relative_path="guide.pdf")
        assert await consumers.result(consumers.give("file_uploaded", upload)) == {
            "ok": True,
            "chunks": 3,
        }
        gone = {
            "event": "file_deleted",
            "event_id": "e-1",
            "file_id": upload["file_id"],
            "company_id": consumers.world.company_id,
        }
        assert await consumers.result(consumers.give("file_deleted", gone)) == {
            "ok": True,
            "file_id": upload["file_id"],
        }
    assert consumers.calls == [
        "begin 17",
        "end 17",
        "read guide.pdf",
        f"delete {upload['file_id']}",
    ]
    assert set((await consumers.processed()).values()) == {"completed"}


async def test_what_can_never_be_done_is_answered_and_the_next_is_done(
    consumers: Consumers,
) -> None:
    async with consumers.one():
        (consumers.folder / "secret").write_text("s3cret")
        (consumers.base / "link.pdf").symlink_to(consumers.folder / "secret")
        (consumers.base / "loop.pdf").symlink_to(consumers.base / "loop.pdf")
        ticket, file = consumers.ticket, consumers.file
        outside = "file_path lies outside of RAG_FILES_BASE_PATH"
        several = "company_id is required where there are several companies"
        too_long = "description is longer than 1000000 characters"
        bad: list[tuple[str, object, str]] = [
            ("ticket_created", "not an object", "the payload must be an object"),
            ("ticket_created", None, "the payload must be an object"),
            ("ticket_created", ticket(event_id=None), "event_id is required"),
            ("ticket_created", ticket(event_id=""), "event_id is required"),
            ("ticket_created", ticket(event_id=7), "event_id must be a string"),
            ("ticket_created", ticket(event_id="x" * 65), "event_id is longer than 64 characters"),
            ("ticket_created", ticket(ticket_id=True), "ticket_id must be an integer"),
            ("ticket_created", ticket(ticket_id=10**30), f"ticket_id must lie between 1 and {2**63 - 1}"),
            ("ticket_created", ticket(company_id=999), "There is no such company."),
            ("ticket_created", ticket(company_id=None), several),
            ("ticket_created", ticket(event="file_deleted"), "event must be ticket.created"),
            ("ticket_created", ticket(description="x" * 3_000_000), too_long),
            ("ticket_created", ticket(title="refuse"), "There is no such ticket."),
            ("file_uploaded", file(file_id="../x"), "file_id must be a UUID"),
            ("file_uploaded", file(kind="exe"), "kind must be one of pdf, word, excel"),
            ("file_uploaded", file(), "file_path not provided and RAG_FILES_BASE_PATH not set"),
            ("file_uploaded", file(file_path="/etc/passwd"), outside),
            ("file_uploaded", file(file_relative_path="../secret"), outside),
            ("file_uploaded", file(file_relative_path="link.pdf"), outside),
            ("file_uploaded", file(file_relative_path="loop.pdf"), "There is no such file."),
            ("file_uploaded", file(file_relative_path="none.pdf"), "There is no such file."),
            ("file_uploaded", file(file_relative_path="a\0b"), "There is no such file."),
            ("file_deleted", {}, "event_id is required"),
        ]  # fmt: skip
        given = [consumers.give(task, payload) for task, payload, _ in bad]
        for each, (task, _, problem) in zip(given, bad, strict=True):
            assert await consumers.result(each) == {"ok": False, "error": problem}, (task, problem)
        for each in (consumers.give("ticket_created"), consumers.give("file_deleted", named=1)):
            answer = await consumers.result(each)
            assert answer == {"ok": False, "error": "the payload must be an object"}
        assert (await consumers.result(consumers.give("ticket_created", ticket())))["ok"]
    assert consumers.calls[-2:] == ["begin 17", "end 17"]
    assert "s3cret" not in consumers.log


async def test_what_is_no_message_at_all_stops_nobody(consumers: Consumers) -> None:
    """Bytes, JSON of another shape, a body that is no JSON, a pickle, a task nobody knows."""

    def envelope(body: bytes, content_type: str = "application/json", **headers: object) -> bytes:
        tag = str(uuid4())
        return json.dumps({
            "body": base64.b64encode(body).decode(), "content-encoding": "utf-8",
            "content-type": content_type,
            "headers": {"lang": "py", "task": "rag.process_ticket_created", "id": tag, **headers},
            "properties": {
                "correlation_id": tag, "delivery_mode": 2, "delivery_tag": tag, "priority": 0,
                "body_encoding": "base64", "delivery_info": {"exchange": "", "routing_key": QUEUE},
            },
        }).encode()  # fmt: skip

    async with consumers.one() as process:
        for raw in (
            envelope(b"{not json"), envelope(b"\x80\x04K\x01.", "application/x-python-serialize"),
            envelope(b'[[{}], {}, {}]', task="rag.process_nothing"), envelope(b'{"args": 1}'),
            envelope(b"[]"), b"\xff\xfe rubbish", b"{}", b"[1, 2]",
            b'{"body": 7, "headers": {}, "properties": {}}',
        ):  # fmt: skip
            consumers.server.client.lpush(QUEUE, raw)
        given = consumers.give("ticket_created", consumers.ticket())
        assert await consumers.result(given) == {"ok": True, "ticket_id": 17}
        assert process.returncode is None


async def test_what_breaks_is_tried_again_until_it_works(consumers: Consumers) -> None:
    async with consumers.one():
        ticket = consumers.ticket(title="break twice")
        assert (await consumers.result(consumers.give("ticket_created", ticket)))["ok"]
    assert consumers.calls == ["begin 17", "begin 17", "begin 17", "end 17"]
    assert await consumers.processed() == {ticket["event_id"]: "completed"}


async def test_a_consumer_killed_in_the_middle_is_followed_by_another_that_does_it(
    consumers: Consumers,
) -> None:
    ticket = consumers.ticket(title="hang once")
    async with consumers.one() as first:
        given = consumers.give("ticket_created", ticket)
        await until(lambda: consumers.calls == ["begin 17"])
        assert await consumers.processed() == {ticket["event_id"]: "processing"}
        kill(first)
        await first.wait()
    await consumers.forget_lease()
    async with consumers.one():
        assert await consumers.result(given) == {"ok": True, "ticket_id": 17}
    assert consumers.calls == ["begin 17", "begin 17", "end 17"]
    assert await consumers.processed() == {ticket["event_id"]: "completed"}


async def test_a_process_of_the_pool_killed_in_the_middle_is_replaced(consumers: Consumers) -> None:
    async with consumers.one() as worker:
        given = consumers.give("ticket_created", consumers.ticket(title="hang once"))
        await until(lambda: consumers.calls == ["begin 17"])
        await consumers.forget_lease()
        os.kill(child_of(worker.pid), signal.SIGKILL)
        assert await consumers.result(given) == {"ok": True, "ticket_id": 17}


async def test_one_that_dies_over_a_message_does_not_lose_it_to_its_own_lease(
    consumers: Consumers,
) -> None:
    """Redelivered at once, while the ledger still says that somebody works on it."""
    ticket = consumers.ticket()
    async with consumers.world.resources.db.transaction(consumers.world.company_id) as session:
        await session.execute(
            text(
                "insert into processed_event (company_id, event_id, event_type, status, claim,"
                " claimed_until) values (current_company(), :id, 'ticket.created', 'processing',"
                " gen_random_uuid(), now() + interval '2 seconds')"
            ),
            {"id": ticket["event_id"]},
        )
    async with consumers.one():
        assert await consumers.result(consumers.give("ticket_created", ticket)) == {
            "ok": True,
            "ticket_id": 17,
        }


async def test_two_consumers_do_each_message_once_though_each_comes_twice(
    consumers: Consumers,
) -> None:
    tickets = [consumers.ticket(number) for number in range(1, 31)]
    async with consumers.one(), consumers.one(pool="threads"):
        given = [consumers.give("ticket_created", each) for each in tickets * 2]
        answers = [await consumers.result(each) for each in given]
    assert sorted(consumers.calls) == sorted(
        [f"{what} {n}" for n in range(1, 31) for what in ("begin", "end")]
    )
    assert sum("skipped" in each for each in answers) == 30


async def test_a_longer_task_than_the_broker_waits_for_is_not_done_twice(
    consumers: Consumers,
) -> None:
    ticket = consumers.ticket(title="slow 3")
    async with consumers.one(visibility=1), consumers.one(visibility=1, pool="solo"):
        assert (await consumers.result(consumers.give("ticket_created", ticket)))["ok"]
    assert consumers.calls == ["begin 17", "end 17"]


async def test_a_broker_that_is_killed_and_comes_back_with_its_data_has_it_done(
    consumers: Consumers,
) -> None:
    async with consumers.one():
        consumers.server.kill()
        await asyncio.sleep(0.5)
        consumers.server.start()
        given = consumers.give("ticket_created", consumers.ticket())
        assert await consumers.result(given) == {"ok": True, "ticket_id": 17}


async def test_both_sides_together(consumers: Consumers, desk: Desk) -> None:
    """A ticket goes out by our lane, through Redis, and comes in by our consumer."""
    ticket_id = await desk.open_and_triage("A real one")
    async with consumers.one():
        await desk.send()
        await until(lambda: consumers.calls == [f"begin {ticket_id}", f"end {ticket_id}"])
        for _ in range(100):
            (message,) = await desk.messages()
            if message.handled_at:
                break
            await asyncio.sleep(0.05)
    assert message.handled_at is not None
    assert (await desk.standing()).handled == 1
