"""One Celery worker that goes on whatever it is given, by hand as a foreign producer does it."""

import base64
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import text

from tests.conftest import TEMPLATE_WITH_CAST, Cluster
from tests.outlet.conftest import QUEUE, RedisServer
from tests.outlet.consumers import Consumers, consumers_on
from tests.world import World

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("consumer")


@pytest.fixture(scope="module")
def broker_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="module")
def database_url(cluster: Cluster, cast: World) -> Iterator[str]:
    url = cluster.clone(TEMPLATE_WITH_CAST)
    yield url
    cluster.drop(url)


@pytest.fixture(scope="module")
def running(
    cast: World, broker_server: RedisServer, database_url: str, folder: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """The one worker. Starting one takes seconds, and what these tests send is to stop none."""
    with consumers_on(cast, broker_server, database_url, folder).one() as process:
        yield process


@pytest.fixture
def consumers(
    cluster: Cluster,
    world: World,
    broker_server: RedisServer,
    database_url: str,
    folder: Path,
    running: subprocess.Popen[bytes],
) -> Iterator[Consumers]:
    (folder / "calls").unlink(missing_ok=True)
    name = str(psycopg.conninfo.conninfo_to_dict(database_url)["dbname"])
    with psycopg.connect(cluster.postgres.url(name, "postgres"), autocommit=True) as connection:
        connection.execute("delete from processed_event")
    yield consumers_on(world, broker_server, database_url, folder)
    assert running.poll() is None


async def test_each_message_is_done_once_with_the_results_of_spec_4(consumers: Consumers) -> None:
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

    for raw in (
        envelope(b"{not json"), envelope(b"\x80\x04K\x01.", "application/x-python-serialize"),
        envelope(b'[[{}], {}, {}]', task="rag.process_nothing"), envelope(b'{"args": 1}'),
        envelope(b"[]"), b"\xff\xfe rubbish", b"{}", b"[1, 2]",
        b'{"body": 7, "headers": {}, "properties": {}}',
    ):  # fmt: skip
        consumers.server.client.lpush(QUEUE, raw)
    given = consumers.give("ticket_created", consumers.ticket())
    assert await consumers.result(given) == {"ok": True, "ticket_id": 17}


async def test_what_breaks_is_tried_again_until_it_works(consumers: Consumers) -> None:
    ticket = consumers.ticket(title="break twice")
    assert (await consumers.result(consumers.give("ticket_created", ticket)))["ok"]
    assert consumers.calls == ["begin 17", "begin 17", "begin 17", "end 17"]
    assert await consumers.processed() == {ticket["event_id"]: "completed"}


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
    assert await consumers.result(consumers.give("ticket_created", ticket)) == {
        "ok": True,
        "ticket_id": 17,
    }
