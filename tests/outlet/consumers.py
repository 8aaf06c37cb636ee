"""Real Celery workers on a real Redis, given messages made by hand as a foreign producer makes them."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from celery import Celery
from celery.result import AsyncResult
from sqlalchemy import text

from tests.outlet.conftest import QUEUE, RedisServer
from tests.world import World

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

    @contextmanager
    def one(
        self, *, pool: str = "prefork", visibility: int = 1
    ) -> Iterator[subprocess.Popen[bytes]]:
        """A worker process with its pool, as an operator starts it; ready when this begins."""
        self.base.mkdir(exist_ok=True)
        backlog = self.log.count("ready.") if (self.folder / "log").exists() else 0
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "celery", "-A", "tests.outlet.consumer", "worker",
                "-Q", QUEUE, "--pool", pool, "-c", "1", "-l", "INFO",
                "--without-gossip", "--without-mingle"],
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
            end = time.monotonic() + 30
            while self.log.count("ready.") == backlog:
                assert process.poll() is None, self.log
                assert time.monotonic() < end, self.log
                time.sleep(0.05)
            yield process
        finally:
            kill(process)

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


def kill(process: subprocess.Popen[bytes]) -> None:
    """The worker and its pool, at once."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def child_of(pid: int) -> int:
    """The process of its pool."""
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])


def consumers_on(world: World, server: RedisServer, url: str, folder: Path) -> Consumers:
    """Those that a test may start; what they write lies in the folder."""
    producer = Celery("foreign", broker=server.url, backend=server.url)
    folder.mkdir(exist_ok=True)
    return Consumers(world, server, url, folder, producer)
