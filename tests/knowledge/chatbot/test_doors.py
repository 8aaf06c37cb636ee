"""Who may come in: tokens, companies, other sites, floods, and what is too long."""

import asyncio
import time
from uuid import uuid4

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import text as sql

from tests.knowledge.chatbot.test_dialogue import rows
from tests.knowledge.chatbot.visitor import Visitor
from tests.world import World
from ticketyard.core.errors import Invalid
from ticketyard.knowledge.chatbot.keeping import MESSAGES_MAX
from ticketyard.knowledge.chatbot.setting_up import (
    ChatSettings,
    get_chat_settings,
    normal_origin,
    save_chat_settings,
)
from ticketyard.web.limits import Buckets

SHOP = "https://shop.example.com"


async def set_up(world: World, **chosen: object) -> None:
    async with world.resources.db.transaction(world.company_id) as session:
        settings = ChatSettings(**chosen)  # type: ignore[arg-type]
        await save_chat_settings(session, settings, by=world.system)
        assert await get_chat_settings(session) == settings


async def test_a_conversation_belongs_to_its_token(
    world: World, client: httpx2.AsyncClient
) -> None:
    mine, theirs = await Visitor.enter(client), await Visitor.enter(client)
    south = await Visitor.enter(client, "south")
    await mine.say("My secret is blue.")
    strangers = [theirs.headers, south.headers, {}, {"authorization": "Bearer "},
                 {"authorization": "Basic x"}, {"x-api-key": world.key}]  # fmt: skip
    for headers in strangers:
        for answer in (
            await client.get(f"{mine.base}/messages", headers=headers),
            await client.post(f"{mine.base}/messages", json={"text": "hi"}, headers=headers),
            await client.post(f"{mine.base}/choices", json={"choice": "person"}, headers=headers),
            await client.post(
                f"{mine.base}/identity", json={"email": "a@example.com"}, headers=headers
            ),
            await client.post(
                f"{mine.base}/identity/code", json={"code": "123456"}, headers=headers
            ),
        ):
            assert answer.status_code == 404
            assert "blue" not in answer.text
    elsewhere = mine.base.replace("/north/", "/south/")
    assert (await client.get(f"{elsewhere}/messages", headers=mine.headers)).status_code == 404
    for unknown in (uuid4(), "nonsense", "0"):
        path = f"/chat/north/conversations/{unknown}/messages"
        assert (await client.get(path, headers=mine.headers)).status_code == 404
    (kept,) = await rows(
        world, "select token_hash from chat where conversation_id = :id",
        id=mine.base.rpartition("/")[2],
    )  # fmt: skip
    assert kept["token_hash"] not in mine.headers["authorization"]


@pytest.mark.parametrize(
    ("text", "status"),
    [("", 422), ("   ", 422), ("x" * 4_001, 422), ("x" * 10 * 2**20, 413), (None, 422), (7, 200),
     ("\x00\ud800", 200), ("<script>alert(1)</script>", 200)],
)  # fmt: skip
async def test_what_cannot_be_a_message_is_said(
    world: World, client: httpx2.AsyncClient, text: object, status: int
) -> None:
    visitor = await Visitor.enter(client)
    if text == "\x00\ud800":
        content = b'{"text": "\\u0000 \\ud800"}'
        headers = {**visitor.headers, "content-type": "application/json"}
        answer = await client.post(f"{visitor.base}/messages", content=content, headers=headers)
    else:
        answer = await visitor.post("messages", text=text)
    assert answer.status_code == status, answer.text
    assert (await visitor.say("Hello!"))[0]["state"] == "answering"


async def test_a_chat_that_is_off_is_not_there(world: World, client: httpx2.AsyncClient) -> None:
    visitor = await Visitor.enter(client)
    await set_up(world, is_on=False)
    assert (await client.get("/chat/north/config")).status_code == 404
    assert (await client.post("/chat/north/conversations", json={})).status_code == 404
    assert (await visitor.post("messages", text="Hello!")).status_code == 404
    assert (await client.get("/chat/nowhere/config")).status_code == 404
    assert (await client.get("/chat/south/config")).status_code == 200


async def test_it_looks_as_the_company_wants_it(world: World, client: httpx2.AsyncClient) -> None:
    plain = (await client.get("/chat/north/config")).json()
    assert (plain["name"], plain["accent"], plain["needs_origin"]) == ("North Desk", None, False)
    await set_up(world, name="Nora", greeting="Ahoy!", accent="#2f6f4f", origins=(SHOP,))
    told = (await client.get("/chat/north/config")).json()
    assert (told["name"], told["greeting"], told["accent"]) == ("Nora", "Ahoy!", "#2f6f4f")
    assert told["needs_origin"]
    visitor = await Visitor.enter(client, language="ru-RU")
    assert (await visitor.messages())[0]["text"] == "Ahoy!"


async def test_only_listed_sites_may_call(world: World, client: httpx2.AsyncClient) -> None:
    await set_up(world, origins=(SHOP,))
    path = "/chat/north/conversations"
    for origin, status in [
        (SHOP, 201), ("http://desk.test", 201), (None, 201), ("https://evil.example.com", 403),
        ("null", 403), ("http://shop.example.com", 403), (f"{SHOP}.evil.example", 403),
        ("https://[", 403),
    ]:  # fmt: skip
        headers = {"origin": origin} if origin else {}
        answer = await client.post(path, json={}, headers=headers)
        assert answer.status_code == status, origin
        allowed = answer.headers.get("access-control-allow-origin")
        assert allowed == (SHOP if origin == SHOP else None)
    asked = await client.options(path, headers={"origin": SHOP})
    assert asked.status_code == 204
    assert "Authorization" in asked.headers["access-control-allow-headers"]
    assert (await client.options(path, headers={"origin": "https://x.example"})).status_code == 403
    refused = await client.post(path, json={"page": []}, headers={"origin": SHOP})
    assert refused.status_code == 422
    assert refused.headers["access-control-allow-origin"] == SHOP


@pytest.mark.parametrize(
    ("written", "origin"),
    [
        ("https://Shop.example.com/", "https://shop.example.com"),
        (" https://shop.example.com:443", "https://shop.example.com"),
        ("https://shop.example.com:8443", "https://shop.example.com:8443"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://shop.example.com", None),
        ("https://shop.example.com/page", None),
        ("https://user@shop.example.com", None),
        ("shop.example.com", None),
        ("https://*.example.com", None),
        ("javascript:alert(1)", None),
        ("https://[", None),
        ("", None),
    ],
)
def test_an_origin_is_a_site_and_nothing_more(written: str, origin: str | None) -> None:
    if origin is None:
        with pytest.raises(Invalid):
            normal_origin(written)
    else:
        assert normal_origin(written) == origin


async def test_floods_are_refused(world: World, client: httpx2.AsyncClient, app: FastAPI) -> None:
    visitor = await Visitor.enter(client)
    for name in ("chat_buckets", "chat_words_buckets", "chat_code_buckets"):
        setattr(app.state, name, Buckets(burst=1, per_second=0.01))
    for call in (
        lambda: client.post("/chat/north/conversations", json={}),
        lambda: visitor.post("messages", text="Hello!"),
        lambda: visitor.post("identity", email="a@example.com"),
    ):
        first, second = await call(), await call()
        assert first.status_code < 300
        assert second.status_code == 429
        assert int(second.headers["retry-after"]) > 0


async def test_a_conversation_has_an_end(world: World, client: httpx2.AsyncClient) -> None:
    visitor = await Visitor.enter(client)
    async with world.resources.db.transaction(world.company_id) as session:
        await session.execute(
            sql(
                "insert into chat_message (company_id, conversation_id, role, content)"
                " select company_id, conversation_id, 'requester', 'x'"
                " from chat, generate_series(1, :most)"
            ),
            {"most": MESSAGES_MAX},
        )
    assert (await visitor.post("messages", text="Hello!")).status_code == 409


async def test_words_sent_twice_are_answered_alike(
    world: World, client: httpx2.AsyncClient
) -> None:
    visitor = await Visitor.enter(client)
    await visitor.say("please open a ticket")
    first = await visitor.say("Scanner broken")
    assert await visitor.say("Scanner broken") == first
    said = [each["text"] for each in await visitor.messages() if each["role"] == "requester"]
    assert said == ["please open a ticket", "Scanner broken"]


async def test_the_first_byte_comes_at_once(
    world: World, client: httpx2.AsyncClient, app: FastAPI
) -> None:
    visitor = await Visitor.enter(client)
    await visitor.say("How do I reset my password?")
    body = b'{"text": "How do I clear a paper jam in the printer?"}'
    headers = [(b"content-type", b"application/json"), (b"host", b"desk.test"),
               (b"authorization", visitor.headers["authorization"].encode())]  # fmt: skip
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST",
        "scheme": "http", "path": f"{visitor.base}/messages", "query_string": b"",
        "raw_path": f"{visitor.base}/messages".encode(), "headers": headers,
        "client": ("127.0.0.1", 1), "server": ("desk.test", 80), "root_path": "",
    }  # fmt: skip
    arrived: list[float] = []
    done = asyncio.Event()
    sent = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> dict[str, object]:
        for message in sent:
            return message
        await done.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, object]) -> None:
        if message.get("body"):
            arrived.append(time.perf_counter())
        if message["type"] == "http.response.body" and not message.get("more_body"):
            done.set()

    began = time.perf_counter()
    await app(scope, receive, send)  # type: ignore[arg-type]
    assert len(arrived) > 3
    # 300 ms are promised on a quiet machine; tests share theirs.
    assert arrived[0] - began < 1.0
