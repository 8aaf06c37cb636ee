"""`celery -A ticketyard.celery worker -Q rag_events`, as the docs say it, with what it really does."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest
from celery import Celery
from sqlalchemy import text

from tests.knowledge.documents import pdf
from tests.outlet.conftest import Desk, RedisServer, until
from tests.outlet.consumers import kill
from tests.world import World

pytestmark = pytest.mark.slow


async def test_files_and_tickets_of_another_system_are_done(
    world: World, desk: Desk, broker_server: RedisServer, database_url: str, tmp_path: Path
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "guide.pdf").write_bytes(
        pdf([["To reset the router press the red button.", "Wait two minutes, then log in."]])
    )
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: ASYNC220
            [sys.executable, "-m", "celery", "-A", "ticketyard.celery", "worker", "-Q", "rag_events",
             "-c", "1"],
            cwd=tmp_path, start_new_session=True, stdout=output, stderr=output,
            env={
                "PATH": os.environ["PATH"], "HOME": str(tmp_path), "DATABASE_URL": database_url,
                "DATA_DIR": str(tmp_path / "data"), "CELERY_BROKER_URL": broker_server.url,
                "CELERY_RESULT_BACKEND": broker_server.url, "RAG_FILES_BASE_PATH": str(shared),
            },
        )  # fmt: skip
    try:
        await until(lambda: "ready." in log.read_text() or process.poll() is not None, 60)
        assert process.poll() is None, log.read_text()
        foreign = Celery("foreign", broker=broker_server.url, backend=broker_server.url)

        async def ask(task: str, **fields: object) -> object:
            told = {"event_id": str(uuid4()), "company_id": world.company_id, **fields}
            given = foreign.send_task(f"rag.process_{task}", args=[told], queue="rag_events")
            return await asyncio.to_thread(given.get, timeout=60, interval=0.05)

        file_id = str(uuid4())
        uploaded = await ask(
            "file_uploaded", file_id=file_id, kind="pdf", file_relative_path="guide.pdf"
        )
        assert uploaded == {"ok": True, "chunks": 1}
        opened = await world.open(
            "Router", description="How do I reset the router? Which button do I press?"
        )
        answered = await ask(
            "ticket_created", ticket_id=opened.id, description="How do I reset the router?"
        )
        assert answered == {"ok": True, "ticket_id": opened.id}
        async with world.resources.db.transaction(world.company_id) as session:
            proposed = await session.scalar(
                text("select count(*) from ticket_solution where ticket_id = :id"),
                {"id": opened.id},
            )
        assert proposed == 1
        unknown = await ask("ticket_created", ticket_id=opened.id + 999, description="?")
        assert unknown == {"ok": False, "error": "There is no such ticket."}
        assert await ask("file_deleted", file_id=file_id) == {"ok": True, "file_id": file_id}
    finally:
        kill(process)
    async with world.resources.db.transaction(world.company_id) as session:
        assert await session.scalar(text("select count(*) from knowledge_document")) == 0
        assert await session.scalar(text("select count(*) from knowledge_chunk")) == 0
