"""What is over is thrown away, and what may still be needed is kept."""

from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import select, text

from tests.world import World
from ticketyard.core.jobs import Worker
from ticketyard.core.storage import BlobMissing
from ticketyard.triage.engines import Engines
from ticketyard.triage.learning.errors import CannotPromote
from ticketyard.triage.learning.models import ShadowFinding
from ticketyard.triage.learning.queries import list_versions
from ticketyard.triage.learning.versions import promote_version, roll_back
from ticketyard.triage.models import TriageModel
from ticketyard.triage.pruning import KEEP_OPINIONS_DAYS, KEEP_VERSIONS, prune_triage

ROWS = [f"Where is my {thing}?,card_arrival" for thing in ("card", "new card", "bank card", "visa")]
ROWS += [
    f"I was charged twice for {thing},double_charge" for thing in ("tea", "gas", "food", "rent")
]
CSV = ("text,category\n" + "\n".join(ROWS)).encode()


async def put_versions(world: World, states: str, field: str = "category") -> None:
    """Versions 1, 2, … in these states: r(etired), c(urrent), s(hadow), x (rejected)."""
    names = {"r": "retired", "c": "current", "s": "shadow", "x": "rejected"}
    async with world.resources.db.transaction(world.company_id) as session:
        for version, state in enumerate(states, 1):
            session.add(
                TriageModel(
                    company_id=world.company_id, field=field, version=version,
                    model=b"" if state == "x" else b"bytes", learned=b"", labels=["a"], examples=9,
                    embedder=world.resources.part(Engines).embedder.name, metrics={}, origin="csv",
                    state=names[state], parent=version - 1 or None, verdict={}, thresholds={},
                    trained_by="Ada",
                )
            )  # fmt: skip
            # One by one: several at a stroke would need their types said.
            await session.flush()


async def kept(world: World, field: str = "category") -> list[int]:
    async with world.resources.db.transaction(world.company_id) as session:
        rows = await session.scalars(
            select(TriageModel.version)
            .where(TriageModel.field == field, TriageModel.model != b"")
            .order_by(TriageModel.version)
        )
        return list(rows)


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ("rrrrc", [1, 2, 3, 4, 5]),
        ("rrrrrrrc", [4, 5, 6, 7, 8]),
        ("rrrxrxxrrc", [3, 5, 8, 9, 10]),
        ("crrrrrrr", [1, 4, 5, 6, 7, 8]),
        ("rsrrrrrc", [2, 4, 5, 6, 7, 8]),
    ],
)
async def test_the_last_versions_can_be_gone_back_to_and_of_older_ones_figures_are_kept(
    world: World, states: str, expected: list[int]
) -> None:
    await put_versions(world, states)
    await put_versions(world, "rc", field="team")
    for _ in range(2):
        await prune_triage(world.resources, world.company_id)
        await prune_triage(world.resources, world.other_company_id)
    assert await kept(world) == expected
    assert await kept(world, "team") == [1, 2]


async def test_a_version_without_bytes_says_so_and_is_not_put_in_use(world: World) -> None:
    await put_versions(world, "rrrrrrc")
    await prune_triage(world.resources, world.company_id)
    engines = world.resources.part(Engines)
    embedder = engines.embedder.name
    async with world.resources.db.transaction(world.company_id) as session:
        seen = await list_versions(session, embedder=embedder)
        assert [bool(each.problem) for each in seen] == [False] * KEEP_VERSIONS + [True, True]
        assert "only its figures are kept" in (seen[-1].problem or "")
        with pytest.raises(CannotPromote, match="too old"):
            await promote_version(session, version=2, by=world.system, embedder=engines.embedder)
        with pytest.raises(CannotPromote, match="too old"):
            await roll_back(session, to=1, by=world.system, embedder=engines.embedder)
        page = await list_versions(session, embedder=embedder, before=seen[1].model.id, limit=2)
        assert [each.model.version for each in page] == [5, 4]


async def test_what_a_gone_shadow_said_is_forgotten(world: World) -> None:
    await put_versions(world, "rcs")
    opened = await world.open("x")
    async with world.resources.db.transaction(world.company_id) as session:
        for version in (1, 2, 3):
            session.add(
                ShadowFinding(
                    company_id=world.company_id, field="category", version=version,
                    ticket_id=opened.id, label="a", confidence=0.5, found_at=world.resources.clock(),
                )
            )  # fmt: skip
    await prune_triage(world.resources, world.company_id)
    async with world.resources.db.transaction(world.company_id) as session:
        assert list(await session.scalars(select(ShadowFinding.version))) == [3]


async def put_opinion(world: World, ticket_id: int, text_hash: str, days: int, **more: Any) -> None:
    at = world.resources.clock() - timedelta(days=days)
    given = {"state": "done", **more}
    async with world.resources.db.transaction(world.company_id) as session:
        await session.execute(
            text(
                "insert into second_opinion (company_id, ticket_id, content_hash, state, next_at,"
                " queued_at, settled_at) values (current_company(), :ticket, :hash, :state, :at, :at,"
                " case when :state <> 'waiting' then cast(:at as timestamptz) end)"
            ),
            {"ticket": ticket_id, "hash": text_hash, "at": at, **given},
        )


async def test_old_opinions_go_but_for_the_newest_of_a_ticket(world: World) -> None:
    old, young = KEEP_OPINIONS_DAYS + 1, KEEP_OPINIONS_DAYS - 1
    busy, quiet = (await world.open("Busy")).id, (await world.open("Quiet")).id
    await put_opinion(world, busy, "a", old)
    await put_opinion(world, busy, "b", old, state="failed")
    await put_opinion(world, busy, "c", old, state="waiting")
    await put_opinion(world, busy, "d", young)
    await put_opinion(world, busy, "e", old)
    await put_opinion(world, quiet, "f", old)
    await prune_triage(world.resources, world.company_id)
    async with world.resources.db.transaction(world.company_id) as session:
        hashes = "select content_hash from second_opinion order by content_hash"
        assert list(await session.scalars(text(hashes))) == ["c", "d", "e", "f"]


@pytest.mark.parametrize("rows", [CSV, b"text,category\nWhere is my card?,card\nAgain,card\n"])
async def test_the_file_of_a_training_goes_when_it_ends_however_that_is(
    world: World, client: httpx2.AsyncClient, worker: Worker, rows: bytes
) -> None:
    await world.log_in(client, world.admin)
    files = {"file": ("lesson.csv", rows, "text/csv")}
    asked = await client.post("/api/triage/training", files=files)
    assert asked.status_code == 202, asked.text
    find = text("select blob_key, state from training_run")
    async with world.resources.db.transaction(world.company_id) as session:
        before = (await session.execute(find)).one()
    assert await world.resources.blobs.get(before.blob_key) == rows
    again = await client.post("/api/triage/training", files=files)
    assert again.status_code == 409
    await worker.run_pending()
    async with world.resources.db.transaction(world.company_id) as session:
        after = (await session.execute(find)).one()
    assert after.blob_key is None
    assert after.state not in ("waiting", "running")
    with pytest.raises(BlobMissing):
        await world.resources.blobs.get(before.blob_key)
