"""Files over HTTP, from their sender's hand to their chunks and back out."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import uuid4

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from tests.knowledge.documents import BOMB, MACRO, excel, ole, pdf, with_part, word
from tests.knowledge.shelf import as_person, key_with, send, told
from tests.world import World
from ticketyard.core.storage import BlobMissing
from ticketyard.web.deps import WebSettings

Client = httpx2.AsyncClient
RunJobs = Callable[[], Awaitable[None]]
GUIDE = pdf([["To reset the router press the red button.", "Wait two minutes."], ["Then call us."]])


async def count(world: World, table: str) -> int:
    async with world.resources.db.transaction(world.company_id) as session:
        return int(await session.scalar(text(f"select count(*) from {table}")) or 0)


@pytest.mark.parametrize(
    ("name", "content", "kind", "said"),
    [
        ("guide.pdf", GUIDE, "pdf", "To reset the router press the red button."),
        ("guide.docx", word((1, "VPN"), "Open the client."), "word", "Open the client."),
        ("prices.xlsx", excel(Prices=[["Bolt", 3]]), "excel", "# Sheet: Prices\nBolt | 3"),
        ("note.md", b"# VPN\n\nOpen **it**.", "markdown", "VPN\nOpen it."),
        ("page.html", b"<h1>VPN</h1><p>Open it.", "html", "VPN\nOpen it."),
        ("note.txt", "Откройте клиент.".encode("cp1251"), "text", "Откройте клиент."),
    ],
)
async def test_a_file_is_taken_read_and_cut_into_chunks(
    world: World, client: Client, run_jobs: RunJobs, name: str, content: bytes, kind: str, said: str
) -> None:
    await as_person(world, client, world.ana)

    answer = await send(client, name, content, kind, company=world.company_id, category="vpn")
    await run_jobs()

    assert answer.status_code == 201, answer.text
    sent = answer.json()
    assert (sent["original_name"], sent["kind"], sent["size_bytes"]) == (name, kind, len(content))
    assert (sent["company"], sent["state"], sent["category"]) == (
        world.company_id,
        "waiting",
        "vpn",
    )
    after = await told(client, sent["uuid"])
    assert (after["state"], after["problem"], after["progress"], after["chunks"]) == (
        "ready", None, 1.0, 1,
    )  # fmt: skip
    (chunk,) = (await client.get(f"/api/files/{sent['uuid']}/chunks")).json()["items"]
    assert chunk["chunk_id"] == f"{sent['uuid']}-0"
    assert said in chunk["text"]
    assert (await client.get(sent["file"])).content == content


async def test_every_chunk_is_a_span_of_the_kept_text(
    world: World, client: Client, run_jobs: RunJobs
) -> None:
    await as_person(world, client, world.ana)
    lines = [
        [f"Sentence {n} of page {page} tells a little more." for n in range(40)]
        for page in range(5)
    ]
    sent = (await send(client, "long.pdf", pdf(lines), "pdf")).json()
    await run_jobs()

    async with world.resources.db.transaction(world.company_id) as session:
        whole = await session.scalar(text("select content from knowledge_text"))
        rows = (await session.execute(text("select * from knowledge_chunk order by number"))).all()
    assert whole is not None
    assert len(rows) > 10
    assert [row.number for row in rows] == list(range(len(rows)))
    assert all(row.text == whole[row.starts_at : row.ends_at] for row in rows)
    assert (rows[0].place["page"], rows[-1].place["to_page"]) == (1, 5)
    assert all(row.context == "long" and row.visibility == "internal" for row in rows)
    assert (await told(client, sent["uuid"]))["chunks"] == len(rows)


async def test_the_slash_at_the_end_may_be_left_out(world: World, client: Client) -> None:
    await as_person(world, client, world.ana)
    sent = (await send(client, "guide.pdf", GUIDE, "pdf", path="/api/files")).json()

    for path in ("/api/files", "/api/files/", f"/api/files/?company_id={world.company_id}"):
        found = (await client.get(path)).json()
        assert [each["uuid"] for each in found["items"]] == [sent["uuid"]]
        assert found["total"] == 1
    assert (await client.get(f"/api/files/{sent['uuid']}")).status_code == 200
    assert (await client.delete(f"/api/files/{sent['uuid']}")).status_code == 204
    assert (await client.get(f"/api/files/{sent['uuid']}/")).status_code == 404


async def test_the_same_bytes_are_one_document(world: World, client: Client) -> None:
    await as_person(world, client, world.ana)
    first = await send(client, "guide.pdf", GUIDE, "pdf")
    again = await send(client, "copy of guide.pdf", GUIDE, "pdf", title="Another")

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["uuid"] == first.json()["uuid"]
    assert again.json()["original_name"] == "guide.pdf"
    assert await count(world, "knowledge_document") == 1


async def test_the_same_bytes_at_the_same_moment_are_one_document(
    world: World, client: Client, run_jobs: RunJobs
) -> None:
    key = await key_with(world, "knowledge:write", "knowledge:read")
    answers = await asyncio.gather(
        *(send(client, f"{n}.pdf", GUIDE, "pdf", headers=key) for n in range(6))
    )
    await run_jobs()

    assert sorted(each.status_code for each in answers) == [200] * 5 + [201]
    assert len({each.json()["uuid"] for each in answers}) == 1
    kept = [path for path in world.resources.blobs._folder.rglob("named/*")]  # type: ignore[union-attr]
    assert len(kept) == 1


@pytest.mark.parametrize(
    ("name", "content", "kind", "word_of_it"),
    [
        ("a.docx", word("x"), "pdf", "ends otherwise"),
        ("a.pdf", GUIDE, "word", "ends otherwise"),
        ("a.pdf", word("x"), "pdf", "not of the kind"),
        ("a.doc", ole(is_encrypted=False), "word", "save it as .docx"),
        ("a.xls", ole(is_encrypted=False), "excel", "save it as .xlsx"),
        ("a.docm", word("x"), "word", "macros"),
        ("a.xlsm", excel(A=[["x"]]), "excel", "macros"),
        ("a.docx", with_part(word("x"), "word/vbaProject.bin", MACRO), "word", "macros"),
        ("a.docx", ole(is_encrypted=True), "word", "password"),
        ("a.docx", with_part(word("x"), "word/a.xml", BOMB), "word", "unpacks to far more"),
        ("a.docx", word("x")[:500], "word", "damaged"),
        ("a.pdf", b"", "pdf", "empty"),
    ],
)
async def test_what_cannot_be_read_is_refused_with_a_sentence(
    world: World, client: Client, name: str, content: bytes, kind: str, word_of_it: str
) -> None:
    await as_person(world, client, world.ana)

    answer = await send(client, name, content, kind)

    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert word_of_it in answer.json()["detail"]
    assert await count(world, "knowledge_document") == 0


@pytest.mark.parametrize(
    ("name", "content", "kind", "word_of_it"),
    [
        ("locked.pdf", pdf([["x"]], is_locked=True), "pdf", "password"),
        ("half.pdf", GUIDE[:300], "pdf", "damaged"),
        ("scanned.pdf", pdf([[], []]), "pdf", "no text"),
        ("blank.docx", word("", " "), "word", "no text"),
        ("blank.txt", b" \n\t\n", "text", "no text"),
        ("bad.xlsx", with_part(excel(A=[["x"]]), "xl/worksheets/sheet1.xml", b"<oops"), "excel", "damaged"),
        ("script.html", b"<script>alert(1)</script>", "html", "no text"),
        ("endless.txt", b"word " * 610_000, "text", "too long"),
    ],
)  # fmt: skip
async def test_what_turns_out_unreadable_says_why(
    world: World,
    client: Client,
    run_jobs: RunJobs,
    name: str,
    content: bytes,
    kind: str,
    word_of_it: str,
) -> None:
    await as_person(world, client, world.ana)
    sent = await send(client, name, content, kind)
    await run_jobs()

    assert sent.status_code == 201, sent.text
    after = await told(client, sent.json()["uuid"])
    assert (after["state"], after["chunks"]) == ("failed", 0)
    assert word_of_it in after["problem"]
    failed = (await client.get("/api/files/", params={"state": "failed"})).json()
    assert [each["uuid"] for each in failed["items"]] == [after["uuid"]]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"kind": "zip"}, 422),
        ({"kind": ""}, 422),
        ({"kind": "pdf", "company": "x"}, 422),
        ({"kind": "pdf", "company": str(2**63)}, 422),
        ({"kind": "pdf", "company": "999999"}, 404),
        ({"kind": "pdf", "visibility": "secret"}, 422),
        ({"kind": "pdf", "category": "no such"}, 422),
        ({"kind": "pdf", "title": "x" * 400}, 422),
        ({"kind": "pdf", "title": "\x00\u202e"}, 422),
        ({}, 422),
    ],
)
async def test_wrong_fields_are_refused(
    world: World, client: Client, fields: dict[str, str], status: int
) -> None:
    await as_person(world, client, world.ana)

    answer = await client.post(
        "/api/files/", data=fields, files={"file": ("guide.pdf", GUIDE, "application/pdf")}
    )

    assert answer.status_code == status, answer.text
    assert await count(world, "knowledge_document") == 0


async def test_a_missing_file_and_one_that_is_too_large_are_refused(
    world: World, app: FastAPI, client: Client
) -> None:
    app.state.web_settings = WebSettings(max_upload_bytes=1_000)
    await as_person(world, client, world.ana)

    assert (await client.post("/api/files/", data={"kind": "pdf"})).status_code == 422
    assert (await send(client, "a.txt", b"x" * 1_000, "text")).status_code == 201
    too_large = await send(client, "a.txt", b"x" * 1_001, "text")
    assert too_large.status_code == 413
    assert "1,000 bytes" in too_large.json()["detail"]


@pytest.mark.parametrize("company", ["other", "unknown"])
async def test_another_companys_files_are_as_if_there_were_none(
    world: World, client: Client, company: str
) -> None:
    await as_person(world, client, world.ana)
    theirs = world.other_company_id if company == "other" else 999_999

    listed = await client.get("/api/files/", params={"company_id": theirs})
    sent = await send(client, "guide.pdf", GUIDE, "pdf", company=theirs)

    assert (listed.status_code, sent.status_code) == (404, 404)
    assert listed.json()["detail"] == sent.json()["detail"] == "There is no such company."


async def test_what_one_company_sent_is_not_the_others(world: World, client: Client) -> None:
    await as_person(world, client, world.ana)
    sent = (await send(client, "guide.pdf", GUIDE, "pdf")).json()
    await as_person(world, client, world.other_admin)

    for path in ("", "content", "chunks"):
        assert (await client.get(f"/api/files/{sent['uuid']}/{path}")).status_code == 404
    assert (await client.delete(f"/api/files/{sent['uuid']}/")).status_code == 404
    own = await send(client, "guide.pdf", GUIDE, "pdf")
    assert own.status_code == 201
    assert own.json()["uuid"] != sent["uuid"]


async def test_keys_need_the_permission(world: World, client: Client) -> None:
    writer = await key_with(world, "knowledge:write", "knowledge:read")
    reader = await key_with(world, "knowledge:read")
    other = await key_with(world, "tickets:create")

    sent = await send(client, "guide.pdf", GUIDE, "pdf", headers=writer)
    assert sent.status_code == 201
    assert (await send(client, "b.pdf", GUIDE, "pdf", headers=reader)).status_code == 403
    assert (await client.get("/api/files/", headers=dict(reader))).json()["total"] == 1
    assert (await client.get("/api/files/", headers=dict(other))).status_code == 403
    assert (await client.get("/api/files/")).status_code == 401
    assert (
        await client.delete(f"/api/files/{sent.json()['uuid']}/", headers=dict(reader))
    ).status_code == 403
    assert (await client.get("/api/files/", headers={"x-api-key": "wrong"})).status_code == 401


async def test_requesters_see_what_is_for_the_public(world: World, client: Client) -> None:
    await as_person(world, client, world.admin)
    internal = (await send(client, "a.txt", b"internal words", "text")).json()
    public = (await send(client, "b.txt", b"public words", "text", visibility="public")).json()
    await as_person(world, client, world.rita)

    listed = (await client.get("/api/files/")).json()
    assert [each["uuid"] for each in listed["items"]] == [public["uuid"]]
    assert listed["total"] == 1
    assert (await client.get(f"/api/files/{internal['uuid']}/")).status_code == 404
    assert (await client.get(internal["file"])).status_code == 404
    assert (await client.get(public["file"])).content == b"public words"
    assert (await client.get(f"/api/files/{public['uuid']}/chunks")).status_code == 403
    assert (await send(client, "c.txt", b"x", "text")).status_code == 403
    assert (await client.delete(f"/api/files/{public['uuid']}/")).status_code == 403


async def test_agents_send_for_colleagues_and_admins_for_the_public(
    world: World, client: Client
) -> None:
    await as_person(world, client, world.ana)

    assert (await send(client, "a.txt", b"a", "text", visibility="public")).status_code == 403
    sent = (await send(client, "a.txt", b"a", "text")).json()
    path = f"/api/files/{sent['uuid']}/"
    assert (await client.patch(path, json={"visibility": "public"})).status_code == 403
    await as_person(world, client, world.admin)
    assert (await client.patch(path, json={"visibility": "public"})).json()[
        "visibility"
    ] == "public"
    await as_person(world, client, world.ana)
    assert (await client.patch(path, json={"title": "Mine"})).status_code == 403
    assert (await client.delete(path)).status_code == 403


async def test_a_company_may_let_its_agents_publish(world: World, client: Client) -> None:
    async with world.resources.db.transaction(world.company_id) as session:
        await session.execute(
            text("update company set settings = settings || '{\"agents_publish\": true}'")
        )
    await as_person(world, client, world.ana)

    assert (await send(client, "a.txt", b"a", "text", visibility="public")).status_code == 201


async def test_what_is_said_of_a_file_can_be_changed(
    world: World, client: Client, run_jobs: RunJobs
) -> None:
    await as_person(world, client, world.ana)
    sent = (await send(client, "guide.pdf", GUIDE, "pdf")).json()
    path = f"/api/files/{sent['uuid']}/"
    await run_jobs()

    changed = (
        await client.patch(path, json={"title": " Router  guide ", "category": "NETWORK"})
    ).json()
    await run_jobs()

    assert (changed["title"], changed["category"]) == ("Router guide", "network")
    (chunk,) = (await client.get(f"{path}chunks")).json()["items"]
    assert chunk["context"] == "Router guide"
    assert (await client.patch(path, json={"category": None})).json()["category"] is None
    for wrong in (
        {"title": ""},
        {"visibility": "x"},
        {"category": "no such"},
        {"state": "ready"},
        [],
    ):
        assert (await client.patch(path, json=wrong)).status_code == 422
    assert (await client.patch(f"/api/files/{uuid4()}/", json={})).status_code == 404


async def test_hiding_a_public_file_takes_its_chunks_away_at_once(
    world: World, client: Client, run_jobs: RunJobs
) -> None:
    await as_person(world, client, world.admin)
    sent = (await send(client, "guide.pdf", GUIDE, "pdf", visibility="public")).json()
    await run_jobs()
    assert await count(world, "knowledge_chunk") == 1

    await client.patch(f"/api/files/{sent['uuid']}/", json={"visibility": "internal"})

    assert await count(world, "knowledge_chunk") == 0
    await run_jobs()
    async with world.resources.db.transaction(world.company_id) as session:
        assert await session.scalar(text("select visibility from knowledge_chunk")) == "internal"


async def test_a_deleted_file_leaves_nothing(
    world: World, client: Client, run_jobs: RunJobs
) -> None:
    await as_person(world, client, world.ana)
    sent = (await send(client, "guide.pdf", GUIDE, "pdf")).json()
    kept = (await send(client, "other.txt", b"Another one.", "text")).json()
    await run_jobs()
    async with world.resources.db.transaction(world.company_id) as session:
        key = await session.scalar(
            text("select blob_key from knowledge_document where file_id = :it"),
            {"it": sent["uuid"]},
        )

    answer = await client.delete(f"/api/files/{sent['uuid']}/")

    assert (answer.status_code, answer.content) == (204, b"")
    assert await count(world, "knowledge_document") == 1
    assert await count(world, "knowledge_chunk") == 1
    assert await count(world, "knowledge_text") == 1
    await run_jobs()
    with pytest.raises(BlobMissing):
        await world.resources.blobs.get(str(key))
    assert (await client.get(kept["file"])).content == b"Another one."
    assert (await client.delete(f"/api/files/{sent['uuid']}/")).status_code == 404


async def test_events_say_what_the_documents_want(world: World, client: Client) -> None:
    await as_person(world, client, world.ana)
    sent = (await send(client, "guide.pdf", GUIDE, "pdf")).json()
    await client.delete(f"/api/files/{sent['uuid']}/")

    async with world.resources.db.transaction(world.company_id) as session:
        rows = await session.execute(
            text("select type, payload from event where type like 'file.%' order by id")
        )
        (uploaded, first), (deleted, second) = [(row.type, row.payload) for row in rows]
    assert (uploaded, deleted) == ("file.uploaded", "file.deleted")
    names = {"event_id", "file_id", "company_id", "file_path", "file_relative_path", "original_name",
             "kind", "size_bytes", "content_type", "uploaded_at"}  # fmt: skip
    assert names <= set(first)
    assert (first["file_id"], first["company_id"], first["kind"]) == (
        sent["uuid"], world.company_id, "pdf",
    )  # fmt: skip
    assert {"event_id", "file_id", "company_id"} <= set(second)
    assert first["event_id"] != second["event_id"]


async def test_what_could_not_be_read_can_be_tried_again(
    world: World, client: Client, run_jobs: RunJobs
) -> None:
    await as_person(world, client, world.ana)
    sent = (await send(client, "locked.pdf", pdf([["x"]], is_locked=True), "pdf")).json()
    await run_jobs()

    asked = await client.post(f"/api/files/{sent['uuid']}/reading")

    assert (asked.status_code, asked.json()["state"], asked.json()["problem"]) == (
        202,
        "waiting",
        None,
    )
    await run_jobs()
    assert (await told(client, sent["uuid"]))["state"] == "failed"


@pytest.mark.parametrize(
    "name", ["not-a-uuid", "1", "%00", "00000000-0000-0000-0000-000000000000", "x" * 500]
)
async def test_an_id_that_is_none_is_not_found(world: World, client: Client, name: str) -> None:
    await as_person(world, client, world.admin)

    for path in (f"/api/files/{name}/", f"/api/files/{name}/content", f"/api/articles/{name}"):
        assert (await client.get(path)).status_code == 404


async def test_a_files_name_is_only_ever_a_name(world: World, client: Client) -> None:
    await as_person(world, client, world.ana)
    sent = (await send(client, "../../etc/<b>x\u202e.txt", b"Words.", "text")).json()

    assert sent["original_name"] == "_b_x.txt"
    answer = await client.get(sent["file"])
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-type"] == "application/octet-stream"
