"""The web form: open to everybody, with files, and gentle to whoever clicks twice."""

from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from tests.world import World
from ticketyard.web.app import create_app
from ticketyard.web.deps import WebSettings
from ticketyard.web.limits import ADDRESSES_MAX, Buckets, TooManyRequests

Client = httpx2.AsyncClient

FORM = {
    "title": "Printer is silent",
    "description": "It blinks, nothing comes out.",
    "email": "rita@example.com",
    "name": "Rita Requester",
}
PATH = "/api/tickets/web-form"
WITH_FILES = f"{PATH}/with-attachments"


async def rows(world: World, sql: str) -> list[Any]:
    async with world.resources.db.transaction(world.company_id) as session:
        return list((await session.execute(text(sql))).mappings())


async def test_the_form_needs_no_key_and_no_user_id(client: Client, world: World) -> None:
    answer = await client.post(PATH, json={**FORM, "priority": "High", "location": "B2"})
    assert answer.status_code == 200
    assert set(answer.json()) == {"status", "message", "ticket_id", "ticket_number"}
    (ticket,) = await rows(world, "select * from ticket")
    assert ticket["requester_id"] == world.rita.id
    assert (ticket["priority"], ticket["location"]) == ("high", "B2")


async def test_what_is_wrong_with_a_form_is_told_and_nothing_is_stored(
    client: Client, world: World
) -> None:
    for changed, field in (
        ({"email": "nobody"}, "email"),
        ({"title": ""}, "title"),
        ({"priority": "asap"}, "priority"),
        ({"hobby": "x"}, "hobby"),
    ):
        for answer in (
            await client.post(PATH, json={**FORM, **changed}),
            await client.post(WITH_FILES, data={**FORM, **changed}),
        ):
            assert answer.status_code == 422
            assert [each["path"] for each in answer.json()["errors"]] == [field]
            assert "nobody" not in answer.text
    for body in (b"{", b"[]", b"\xff"):
        assert (await client.post(PATH, content=body)).status_code == 422
    assert await rows(world, "select * from inbound_message") == []
    assert await rows(world, "select * from ticket") == []


async def test_files_come_along_under_safe_names(client: Client, world: World) -> None:
    names = ["../../etc/passwd", "отчёт.pdf", "a\u202egpj.exe", "x" * 300 + ".pdf", "C:\\a\\b.txt"]
    answer = await client.post(
        WITH_FILES,
        data={**FORM, "priority": "", "user_id": "u-1"},
        files=[("files", (name, b"bytes of " + name.encode(), "text/html")) for name in names],
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["attachments_count"] == len(names)
    kept = await rows(world, "select * from attachment order by id")
    assert [each["filename"] for each in kept[:3]] == ["passwd", "отчёт.pdf", "agpj.exe"]
    assert all(len(each["filename"]) <= 200 and "/" not in each["filename"] for each in kept)
    for each, name in zip(kept, names, strict=True):
        assert await world.resources.blobs.get(each["blob_key"]) == b"bytes of " + name.encode()


async def test_a_form_without_files_is_welcome_too(client: Client, world: World) -> None:
    answer = await client.post(WITH_FILES, data=FORM)
    assert answer.json()["attachments_count"] == 0
    answer = await client.post(WITH_FILES, data=FORM, files=[("files", ("", b"", None))])
    assert (answer.status_code, answer.json()["attachments_count"]) == (200, 0)


@pytest.fixture
def small_app(world: World) -> FastAPI:
    """The application where a file may have 1,000 bytes."""
    return create_app(world.resources, settings=WebSettings(max_upload_bytes=1_000))


async def test_a_large_file_is_refused(small_app: FastAPI, world: World) -> None:
    transport = httpx2.ASGITransport(small_app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://desk.test") as client:
        for size, status in ((1_000, 200), (1_001, 413), (1_100_000, 413)):
            answer = await client.post(
                WITH_FILES, data=FORM, files=[("files", ("a.bin", b"x" * size))]
            )
            assert answer.status_code == status
            assert answer.headers["content-type"].endswith("json")
    assert len(await rows(world, "select * from ticket")) == 1


async def test_what_is_no_form_is_refused(client: Client, world: World) -> None:
    headers = {"content-type": "multipart/form-data; boundary=x"}
    for content in (
        b"",
        b"--x\r\n",
        b"--x\r\nContent-Disposition: form-data\r\n\r\n",
        b"\x00" * 99,
    ):
        answer = await client.post(WITH_FILES, content=content, headers=headers)
        assert answer.status_code in (400, 422)
    many = [("files", (f"{number}", b"x")) for number in range(30)]
    assert (await client.post(WITH_FILES, data=FORM, files=many)).status_code in (400, 422)
    wrong = await client.post(WITH_FILES, data=FORM, files=[("photo", ("a", b"x"))])
    assert (wrong.status_code, wrong.json()["errors"][0]["path"]) == (422, "photo")
    text_file = await client.post(WITH_FILES, data={**FORM, "files": "text"})
    assert text_file.status_code == 422
    assert await rows(world, "select * from ticket") == []


async def test_a_form_with_a_key_is_filed_once_whatever_divides_its_parts(
    client: Client, world: World
) -> None:
    headers = {"Idempotency-Key": "form-1"}
    answers = [
        await client.post(WITH_FILES, data=FORM, files=[("files", ("a", b"x"))], headers=headers)
        for _ in range(2)
    ]
    assert answers[0].json() == answers[1].json()
    other = await client.post(
        WITH_FILES, data=FORM, files=[("files", ("a", b"y"))], headers=headers
    )
    assert other.status_code == 422
    assert len(await rows(world, "select * from ticket")) == 1
    assert len(await rows(world, "select * from attachment")) == 1


async def test_a_flood_from_one_address_is_slowed_down(client: Client, world: World) -> None:
    answers = [await client.post(PATH, content=b"{") for _ in range(200)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert refused[0].headers["retry-after"] == str(refused[0].json()["retry_after_seconds"])
    assert all(answer.status_code == 422 for answer in answers[:100])


def test_a_bucket_fills_again() -> None:
    buckets = Buckets(burst=2, per_second=1)
    buckets.take("a", 0)
    buckets.take("a", 0)
    with pytest.raises(TooManyRequests):
        buckets.take("a", 0.5)
    buckets.take("b", 0.5)
    buckets.take("a", 1.6)
    with pytest.raises(TooManyRequests):
        buckets.take("a", 1.7)


def test_addresses_are_forgotten_when_there_are_too_many() -> None:
    buckets = Buckets(burst=1, per_second=0.001)
    for number in range(ADDRESSES_MAX + 1):
        buckets.take(str(number), 0)
    buckets.take("0", 0)
    with pytest.raises(TooManyRequests):
        buckets.take(str(ADDRESSES_MAX), 0)
