"""Files that a broker tells of, read for real: another system's, and our own."""

from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text

from tests.knowledge.documents import pdf
from tests.outlet.conftest import Desk, RedisServer
from tests.world import World
from ticketyard.core.config import Settings
from ticketyard.outlet.consuming.handling import Handlers, Result, StillBusy, handle
from ticketyard.outlet.locating import NOT_NAMED
from ticketyard.wiring import consumer_handlers

GUIDE = pdf([["To reset the router press the red button.", "Wait two minutes."]])


@pytest.fixture
def settings(tmp_path: Path, broker_server: RedisServer) -> Settings:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "guide.pdf").write_bytes(GUIDE)
    (tmp_path / "shared" / "broken.pdf").write_bytes(b"%PDF-1.4 and no more")
    return Settings(
        _env_file=None,
        data_dir=tmp_path,
        rag_broker_url=broker_server.url,
        rag_files_base_path=tmp_path / "shared",
    )


def uploaded(world: World, **fields: object) -> dict[str, object]:
    return {
        "event": "file_uploaded", "event_id": str(uuid4()), "file_id": str(uuid4()),
        "company_id": world.company_id, "file_path": "", "file_relative_path": "guide.pdf",
        "original_name": "guide.pdf", "kind": "pdf", "size_bytes": len(GUIDE),
        "content_type": "application/pdf", "uploaded_at": None, **fields,
    }  # fmt: skip


def deleted(world: World, file_id: object) -> dict[str, object]:
    return {
        "event": "file_deleted", "event_id": str(uuid4()), "file_id": file_id,
        "company_id": world.company_id,
    }  # fmt: skip


async def ask(world: World, task: str, payload: object) -> Result:
    return await handle(world.resources, consumer_handlers(), task, payload)  # type: ignore[arg-type]


async def rows(world: World, table: str) -> int:
    async with world.resources.db.transaction(world.company_id) as session:
        return int(await session.scalar(text(f"select count(*) from {table}")) or 0)


async def test_another_systems_file_is_read_and_deleted_under_its_own_id(world: World) -> None:
    told = uploaded(world)
    assert await ask(world, "file_uploaded", told) == {"ok": True, "chunks": 1}
    assert await rows(world, "knowledge_chunk") == 1
    # The same said under another id of an event: nothing is doubled.
    again = {**told, "event_id": str(uuid4())}
    assert await ask(world, "file_uploaded", again) == {"ok": True, "chunks": 1}
    assert await rows(world, "knowledge_chunk") == 1
    gone = deleted(world, told["file_id"])
    assert await ask(world, "file_deleted", gone) == {"ok": True, "file_id": told["file_id"]}
    assert await rows(world, "knowledge_document") == await rows(world, "knowledge_chunk") == 0
    once_more = deleted(world, told["file_id"])
    assert (await ask(world, "file_deleted", once_more))["ok"]


async def test_our_own_file_goes_round_and_is_not_doubled(
    desk: Desk, world: World, broker_server: RedisServer
) -> None:
    await ask(world, "file_uploaded", uploaded(world))
    await desk.send()
    (told,) = broker_server.payloads()
    assert (told["event"], told["file_path"]) == ("file_uploaded", "")
    assert await ask(world, "file_uploaded", told) == {"ok": True, "chunks": 1}
    (message,) = await desk.messages()
    assert message.handled_at is not None
    await ask(world, "file_deleted", deleted(world, told["file_id"]))
    await desk.send()
    (_, gone) = broker_server.payloads()
    assert (gone["event"], gone["file_id"]) == ("file_deleted", told["file_id"])


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"file_relative_path": "broken.pdf"}, None),
        ({"kind": "word"}, None),
        ({"file_relative_path": "none.pdf"}, "There is no such file."),
        ({"file_relative_path": ""}, NOT_NAMED),
        ({"file_path": "/etc/hostname"}, "file_path lies outside of RAG_FILES_BASE_PATH"),
    ],
)
async def test_what_cannot_be_read_is_said_and_not_tried_again(
    world: World, fields: dict[str, object], problem: str | None
) -> None:
    answer = await ask(world, "file_uploaded", uploaded(world, **fields))
    assert answer["ok"] is False
    assert answer["error"] == problem or (problem is None and answer["error"])
    assert await rows(world, "knowledge_chunk") == 0


async def test_a_file_of_another_company_is_not_touched(world: World) -> None:
    told = uploaded(world)
    await ask(world, "file_uploaded", told)
    theirs = {**deleted(world, told["file_id"]), "company_id": world.other_company_id}
    assert (await ask(world, "file_deleted", theirs))["ok"]
    assert await rows(world, "knowledge_document") == 1


async def test_what_breaks_is_noted_by_its_kind_alone_and_free_again(world: World) -> None:
    async def breaks(*_: object) -> int:
        raise RuntimeError("the s3cret of a customer")

    told = uploaded(world)
    with pytest.raises(RuntimeError):
        await handle(world.resources, Handlers(file_uploaded=breaks), "file_uploaded", told)
    async with world.resources.db.transaction(world.company_id) as session:
        row = (
            await session.execute(text("select status, error_message from processed_event"))
        ).one()
    assert (row.status, row.error_message) == ("failed", "RuntimeError")
    assert (await ask(world, "file_uploaded", told))["ok"]


async def test_who_comes_while_another_works_on_it_is_sent_away_for_as_long(world: World) -> None:
    async def comes_back(*_: object) -> int:
        with pytest.raises(StillBusy) as busy:
            await ask(world, "file_uploaded", told)
        assert 15 < busy.value.seconds <= 20
        return 7

    told = uploaded(world)
    handlers = Handlers(file_uploaded=comes_back)
    answer = await handle(world.resources, handlers, "file_uploaded", told)
    assert answer == {"ok": True, "chunks": 7}
    assert await ask(world, "file_uploaded", told) == {"ok": True, "skipped": True}
