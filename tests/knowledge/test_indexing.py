"""The lane that reads documents: whatever breaks off in the middle leaves nothing half."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from sqlalchemy import Row, text

from tests.knowledge.documents import pdf
from tests.knowledge.shelf import as_person, send, told
from tests.world import World
from ticketyard.core.clock import utc_now
from ticketyard.core.storage import Blobs
from ticketyard.knowledge.drafts import ArticleDraft
from ticketyard.knowledge.filing import delete_document, read_all_again
from ticketyard.knowledge.indexing import _Claimed, _lease
from ticketyard.knowledge.lane import ReadingLane
from ticketyard.knowledge.reading.running import Limits
from ticketyard.knowledge.writing import add_article, change_article, set_publication

Client = httpx2.AsyncClient
RunJobs = Callable[[], Awaitable[None]]
# Long enough to be in the middle of for a while.
LONG = "\n\n".join(
    f"Paragraph {n} says that {n} is a number, and says it twice." for n in range(1_200)
)

WORKER = """
import asyncio, sys
from pathlib import Path
from ticketyard.core.config import Settings
from ticketyard.core.storage import Blobs
from ticketyard.wiring import build_reading_lane, build_resources, open_database
async def main(url, folder):
    settings = Settings(_env_file=None, data_dir=Path(folder))
    resources = build_resources(open_database(url), Blobs.on_disk(Path(folder) / "blobs"), settings)
    await build_reading_lane(resources).run()
asyncio.run(main(*sys.argv[1:]))
"""


async def rows(world: World, query: str, company_id: int | None = None) -> list[Row[Any]]:
    async with world.resources.db.transaction(company_id or world.company_id) as session:
        return list((await session.execute(text(query))).all())


async def document(world: World) -> Row[Any]:
    (found,) = await rows(world, "select * from knowledge_document")
    return found


async def until_reading(world: World) -> None:
    for _ in range(1_500):
        if (await document(world)).state == "reading":
            return
        await asyncio.sleep(0.02)
    raise AssertionError("nobody began to read")


def later(world: World, **by: float) -> None:
    at = utc_now() + timedelta(**by)
    world.resources.db.clock = lambda: at


async def article(world: World, body: str = LONG[:8_000], company_id: int | None = None) -> str:
    """A published article; gives its id."""
    by = world.system if company_id is None else replace(world.system, company_id=company_id)
    async with world.resources.db.transaction(by.company_id) as session:
        made = await add_article(session, draft=ArticleDraft("Numbers", body), by=by)
        await session.flush()
        await set_publication(session, file_id=made.file_id, publication="published", by=by)
        return str(made.file_id)


async def test_a_worker_killed_in_the_middle_leaves_nothing_half(
    world: World, client: Client, database_url: str, tmp_path: Path
) -> None:
    await as_person(world, client, world.ana)
    sent = (await send(client, "long.txt", LONG.encode(), "text")).json()
    for killed, moment in enumerate((0.0, 0.3), 1):
        worker = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", WORKER, database_url, str(tmp_path))
        )
        try:
            await until_reading(world)
            await asyncio.sleep(moment)
        finally:
            worker.kill()
            await worker.wait()
        assert (await document(world)).attempts == killed
        assert not await rows(world, "select 1 from knowledge_chunk")
        await rows(
            world,
            "update knowledge_document set claimed_until = now() - interval '1 s' returning 1",
        )
        await rows(world, "update knowledge_document set state = 'waiting' returning 1")

    lane = ReadingLane(world.resources)
    assert await lane.read_due() == 1

    after = await told(client, sent["uuid"])
    assert (after["state"], after["chunks"]) == (
        "ready",
        len(await rows(world, "select 1 from knowledge_chunk")),
    )
    first = await rows(world, "select number, text, starts_at from knowledge_chunk order by number")
    await client.post(f"/api/files/{sent['uuid']}/reading")
    assert await lane.read_due() == 1
    assert (
        await rows(world, "select number, text, starts_at from knowledge_chunk order by number")
        == first
    )


async def test_what_kills_its_worker_each_time_rests_with_a_sentence(world: World) -> None:
    await article(world)
    await rows(
        world,
        "update knowledge_document set state = 'reading', attempts = 3, claim = gen_random_uuid(),"
        " claimed_until = now() - interval '1 s' returning 1",
    )

    assert await ReadingLane(world.resources).read_due() == 0

    after = await document(world)
    assert (after.state, after.claim) == ("failed", None)
    assert "broke off each time" in after.problem
    (event,) = await rows(world, "select payload from event where type = 'knowledge.unreadable'")
    assert event.payload["problem"] == after.problem


async def test_what_another_worker_reads_is_left_to_it(world: World) -> None:
    await article(world)
    await rows(
        world,
        "update knowledge_document set state = 'reading', attempts = 1, claim = gen_random_uuid(),"
        " claimed_until = now() + interval '30 s' returning 1",
    )
    lane = ReadingLane(world.resources)

    assert await lane.read_due() == 0
    later(world, seconds=31)
    assert await lane.read_due() == 1
    assert (await document(world)).state == "ready"


async def test_a_reader_that_breaks_off_is_tried_three_times_with_rests(
    world: World, client: Client
) -> None:
    await as_person(world, client, world.ana)
    await send(client, "slow.md", b"*a [" * 100_000, "markdown")
    lane = ReadingLane(world.resources, Limits(cpu_seconds=1, wall_seconds=5))
    rests = []
    for _ in range(3):
        assert await lane.read_due() == 1
        after = await document(world)
        rests.append(after.state)
        assert await lane.read_due() == 0
        later(world, hours=len(rests))

    assert rests == ["waiting", "waiting", "failed"]
    assert "took too long" in (await document(world)).problem


async def test_a_storage_that_is_away_is_waited_for(
    world: World, client: Client, run_jobs: RunJobs
) -> None:
    await as_person(world, client, world.ana)
    await send(client, "guide.pdf", pdf([["Words."]]), "pdf")
    nowhere = Blobs.in_s3(
        endpoint="127.0.0.1:1", bucket="b", access_key="k", secret_key="s", secure=False
    )

    await ReadingLane(replace(world.resources, blobs=nowhere)).read_due()

    after = await document(world)
    assert (after.state, after.attempts, after.problem) == ("waiting", 0, None)
    later(world, minutes=1)
    await run_jobs()
    assert (await document(world)).state == "ready"


async def test_bytes_that_are_lost_are_told_of(
    world: World, client: Client, tmp_path: Path
) -> None:
    await as_person(world, client, world.ana)
    await send(client, "guide.pdf", pdf([["Words."]]), "pdf")
    elsewhere = Blobs.on_disk(tmp_path / "elsewhere")

    await ReadingLane(replace(world.resources, blobs=elsewhere)).read_due()

    assert "storage does not hold" in (await document(world)).problem


async def test_what_changes_while_it_is_read_is_read_anew(world: World, run_jobs: RunJobs) -> None:
    file_id = await article(world)
    reading = asyncio.create_task(ReadingLane(world.resources).read_due())
    await until_reading(world)

    async with world.resources.db.transaction(world.company_id) as session:
        draft = ArticleDraft("Numbers", "Other words.")
        await change_article(session, file_id=file_id, draft=draft, by=world.system)
    await reading

    assert not await rows(world, "select 1 from knowledge_chunk")
    await run_jobs()
    assert [each.text for each in await rows(world, "select text from knowledge_chunk")] == [
        "Other words."
    ]


async def test_what_is_deleted_while_it_is_read_is_gone(world: World) -> None:
    file_id = await article(world)
    reading = asyncio.create_task(ReadingLane(world.resources).read_due())
    await until_reading(world)

    async with world.resources.db.transaction(world.company_id) as session:
        await delete_document(session, file_id=file_id, sources=("article",), by=world.system)
    await reading

    for table in ("knowledge_document", "knowledge_chunk", "knowledge_text", "knowledge_version"):
        assert not await rows(world, f"select 1 from {table}")


async def test_each_company_has_its_turn(world: World) -> None:
    for _ in range(3):
        await article(world, "North's words.")
    await article(world, "South's words.", world.other_company_id)
    lane = ReadingLane(world.resources)

    assert [await lane.read_due() for _ in range(4)] == [2, 1, 1, 0]
    for company_id, count in ((world.company_id, 3), (world.other_company_id, 1)):
        found = await rows(world, "select 1 from knowledge_chunk", company_id)
        assert len(found) == count


async def test_all_can_be_read_again(world: World, run_jobs: RunJobs) -> None:
    await article(world, "Words.")
    await run_jobs()
    before = (await document(world)).read_at

    async with world.resources.db.transaction(world.company_id) as session:
        assert await read_all_again(session, states=("failed",)) == 0
        assert await read_all_again(session, states=("ready", "failed")) == 1
    # What was found stays until it was read.
    assert await rows(world, "select 1 from knowledge_chunk")
    await run_jobs()

    after = await document(world)
    assert after.state == "ready"
    assert after.read_at > before


async def test_a_lease_that_cannot_be_renewed_for_a_moment_costs_no_reading(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ticketyard.knowledge.indexing.LEASE_SECONDS", 0.03)
    # No column holds such an id: the database refuses every renewal.
    nobody = _Claimed(
        id=2**70, file_id=uuid4(), claim=uuid4(), kind="markdown", blob_key=None, size_bytes=0,
        body="", title="", category=None, visibility="internal", languages=("en",),
    )  # fmt: skip
    async with _lease(world.resources, world.company_id, nobody):
        await asyncio.sleep(0.1)
