"""Promise 10, on every route: bad input gets a clear refusal, and hurts only itself.

`hostile.py` spoils each thing that each route may be told. Here a part of that is sent, the same part
every time, so that the test is quick; HOSTILE=all sends the whole (some minutes).
"""

import base64
import itertools
import json
import os
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from structlog.testing import capture_logs

from tests.web.conftest import Furnished
from tests.web.hostile import CANARY, MARKUP, Routes, Sent
from tests.web.test_companies_apart import OPEN
from tests.world import World
from ticketyard.core.auth import ROLES, Principal
from ticketyard.people.keys import create_key
from ticketyard.people.logging_in import start_session
from ticketyard.people.models import Person
from ticketyard.web.deps import COOKIE, access_of
from ticketyard.web.limits import Buckets

Client = httpx2.AsyncClient
EVERYTHING = os.environ.get("HOSTILE") == "all"
# How many wrong values each thing gets; the next thing gets the values after those.
SHARE = 1
# Where tables are sent.
TABLES = frozenset({"/api/upload", "/api/triage/training", "/api/triage/evaluation"})


@pytest.fixture
def template(furnished: Furnished, tmp_path: Path) -> str:
    furnished.copy_files(tmp_path)
    return furnished.template


@pytest.fixture
def objects(furnished: Furnished, world: World) -> dict[str, str]:
    north = {"company": "north", "token": f"{world.company_id}.nonsense"}
    return {**OPEN, **furnished.objects, **north}


class Caller:
    """Somebody who calls, and is let in anew whenever a call has ended their log-in."""

    def __init__(self, world: World, client: Client, person: Person | None, key: str = "") -> None:
        self._world = world
        self._client = client
        self._person = person
        self._key = key
        self._shown: dict[str, Any] | None = None

    async def send(self, sent: Sent) -> httpx2.Response:
        if self._shown is None:
            self._shown = await self._log_in()
        answer = await self._client.request(
            sent.method,
            sent.path,
            content=sent.content,
            headers={"accept": "text/html", **self._shown, **sent.headers},
        )
        self._client.cookies.clear()
        if "logout" in sent.path or "/account" in sent.path or answer.status_code in (303, 401):
            self._shown = None
        return answer

    async def _log_in(self) -> dict[str, str]:
        if self._key:
            return {"x-api-key": self._key}
        if self._person is None:
            return {}
        async with self._world.resources.db.transaction(self._person.company_id) as session:
            fresh = await start_session(
                session, self._person, now=self._world.resources.clock(), hours=12
            )
        return {"cookie": f"{COOKIE}={fresh.token}", "x-csrf-token": fresh.csrf_token}


@pytest.fixture
def app(app: FastAPI) -> FastAPI:
    """Without the limit for floods: this is one."""
    app.state.form_buckets = Buckets(burst=10**9, per_second=1)
    for name in ("chat", "chat_words", "chat_code"):
        setattr(app.state, f"{name}_buckets", Buckets(burst=10**9, per_second=1))
    return app


async def everybody(world: World, client: Client) -> dict[str, Caller]:
    async with world.resources.db.transaction(world.company_id) as session:
        _, key = await create_key(
            session,
            name="All",
            permissions=sorted(world.as_person(world.admin).permissions),
            by=world.system,
        )
    return {
        "admin": Caller(world, client, world.admin),
        "agent": Caller(world, client, world.ana),
        "requester": Caller(world, client, world.rita),
        "key": Caller(world, client, None, key),
        "nobody": Caller(world, client, None),
    }


def complaints(sent: Sent, answer: httpx2.Response) -> Iterator[str]:
    """What is wrong with an answer."""
    status, is_api = answer.status_code, sent.route.startswith("/api")
    if status >= 500:
        yield f"{sent}: {status}"
    if MARKUP in answer.text and "html" in answer.headers.get("content-type", ""):
        yield f"{sent}: shows markup as it is"
    if "stolen" in answer.headers.get("set-cookie", "") or "stolen" in answer.headers:
        yield f"{sent}: lets a header in"
    if "default-src" not in answer.headers["content-security-policy"]:
        yield f"{sent}: no policy"
    if answer.headers["x-content-type-options"] != "nosniff":
        yield f"{sent}: may be sniffed"
    if status < 400 or not is_api:
        return
    if answer.headers["content-type"] != "application/problem+json":
        yield f"{sent}: {status} as {answer.headers['content-type']}"
    elif not _is_useful(answer.json()):
        yield f"{sent}: {status} says only {answer.text[:200]}"
    if CANARY in _said(answer.json()).lower() and not _may_tell(sent):
        yield f"{sent}: {status} echoes: {answer.text[:300]}"


def _said(told: dict[str, Any]) -> str:
    """All of an answer but the names of the fields that were wrong."""
    said = json.dumps(told)
    for each in told.get("errors", ()):
        said = said.replace(each.get("path", ""), "")
    return said


def _may_tell(sent: Sent) -> bool:
    """Who sends a table is told the names of its columns, and who sends a field that nobody knows,
    its name; never a value."""
    return sent.route in TABLES or "unknown field" in sent.what


def _is_useful(told: dict[str, Any]) -> bool:
    detail = str(told.get("detail", ""))
    return len(detail) >= 12 and " " in detail and bool(told.get("title")) and "status" in told


def shares(streams: Iterator[Iterator[Sent]], turns: Iterator[int], every: int) -> Iterator[Sent]:
    """A share of every so many streams, so that all values have their turn on a few routes."""
    for turn, stream in zip(turns, streams, strict=False):
        if EVERYTHING:
            yield from stream
        elif turn % every == 0:
            everything = list(stream)
            start = turn // every * SHARE % max(len(everything), 1)
            yield from (everything[start:] + everything[:start])[:SHARE]


async def shower(
    caller: Caller, routes: Routes, *, every: int = 1
) -> tuple[list[str], list[MutableMapping[str, Any]]]:
    """Send its share to every route; gives what is wrong with the answers, and what was logged."""
    wrong: list[str] = []
    turns = itertools.count()
    with capture_logs() as logged:
        for method, route in routes:
            for sent in shares(routes.spoiled(method, route), turns, every):
                wrong += complaints(sent, await caller.send(sent))
    return wrong, logged


async def test_whatever_is_sent_is_answered_well_and_breaks_nothing(
    app: FastAPI,
    client: Client,
    world: World,
    objects: dict[str, str],
    run_jobs: Callable[[], Awaitable[None]],
) -> None:
    """As the admin, who gets furthest. After it the desk still works, whatever was kept."""
    admin = (await everybody(world, client))["admin"]
    wrong, logged = await shower(admin, Routes(app, objects))
    assert not wrong, f"{len(wrong)}:\n" + "\n".join(wrong)
    assert CANARY not in str(logged)

    await run_jobs()
    for method, route in Routes(app, objects):
        if method == "GET":
            sent = Routes(app, objects).plain(method, route)
            answer = await admin.send(sent)
            assert answer.status_code < 400 or "{token}" in route.path or is_gone(sent, answer)
            wrong += complaints(sent, answer)
    assert not wrong, "\n".join(wrong)


def is_gone(sent: Sent, answer: httpx2.Response) -> bool:
    """What the shower itself took away."""
    return answer.status_code in (403, 404)


@pytest.mark.parametrize("who", ["agent", "requester", "key", "nobody"])
async def test_others_break_nothing_either(
    app: FastAPI, client: Client, world: World, objects: dict[str, str], who: str
) -> None:
    caller = (await everybody(world, client))[who]
    wrong, logged = await shower(caller, Routes(app, objects), every=3)
    assert not wrong, "\n".join(wrong)
    assert CANARY not in str(logged)


@pytest.mark.parametrize("who", ["admin", "agent", "requester", "integration", "nobody"])
async def test_every_route_lets_in_whom_it_declares_and_nobody_else(
    app: FastAPI, client: Client, world: World, objects: dict[str, str], who: str
) -> None:
    people = await everybody(world, client)
    caller = people.get(who) or Caller(world, client, None, world.key)
    wrong: list[str] = []
    routes = Routes(app, objects)
    for method, route in routes:
        (access,) = access_of(list(route.dependencies))
        answer = await caller.send(routes.plain(method, route))
        is_let_in = answer.status_code not in (401, 403)
        if answer.headers.get("location", "").startswith("/login?next="):
            is_let_in = False
        expected = access.permission is None or (
            who != "nobody" and _permits(who, method, route.path, access.permission)
        )
        if is_let_in != expected and route.path not in NOT_BY_ROLE:
            wrong.append(f"{method} {route.path}: {answer.status_code} for {who}")
    assert not wrong, "\n".join(wrong)


def _permits(who: str, method: str, path: str, permission: str) -> bool:
    if who == "requester" and (method, path) in FOR_PROGRAMS:
        return False
    by = Principal(kind="system", id=None, company_id=1, name=who, permissions=ROLES[who])
    return by.may(permission)


# Another program's door: a requester has the web form and the chat.
FOR_PROGRAMS = frozenset(
    ("POST", f"/api/{path}")
    for path in (
        "tickets", "tickets/glpi", "tickets/solman", "tickets/email", "tickets/unified",
        "tickets/alarm", "alerts/alertmanager", "alerts/oncall", "alerts/cloudevents",
        "alerts/generic/{mapping_name}", "heartbeats/{heartbeat_id}/beat",
    )
)  # fmt: skip
# Where a password, a link or a token of its own decides, whoever comes.
NOT_BY_ROLE = frozenset({"/api/auth/login", "/login", "/login/link/{token}", "/metrics", "/logout"})


NO_COOKIES = (
    "",
    "=",
    f"{COOKIE}=",
    f"{COOKIE}=1",
    f"{COOKIE}=1.",
    f"{COOKIE}=999999999.x",
    f"{COOKIE}=9999999999.x",
    f"{COOKIE}=-1.x",
    f"{COOKIE}=1.{'x' * 5000}",
    f"{COOKIE}=1.\xff\xfe",
    f"{COOKIE}=1.\x00",
    f"{COOKIE}=1.' or 1=1 --",
    f"{COOKIE}=²;{COOKIE}=٣.x".encode().decode("latin-1"),
    "flash=bm9uc2Vuc2U=; theme=%22%3E",
    "flash=W1sic3RvcCIsIDFdLCAxXQ==",
    "flash=W1tbXSwgW11dXQ==",
    "flash=eyJhIjoxfQ==",
    f"flash={'W' * 4000}",
)


async def test_a_cookie_of_nonsense_is_no_log_in(client: Client, world: World) -> None:
    for cookie in NO_COOKIES:
        shown = {b"cookie": cookie.encode("latin-1"), b"accept": b"text/html"}
        for path, expected in (("/api/auth/me", 401), ("/queue", 303), ("/login", 200)):
            answer = await client.get(path, headers=shown)
            assert answer.status_code == expected, (path, cookie)


QUERIES = (
    "%ff%fe", "q=%ff", "q=%00", "q=%ed%a0%80", "%00=%00", "&&&==", "q=%zz", "page=%2d1", "q[]=1",
    "limit=99999999999999999999", "offset=-1", "view=%00", "after=%ff", "days=9e99", "next=%0d%0aX:1",
)  # fmt: skip


async def test_an_address_that_is_no_utf8_breaks_nothing(client: Client, world: World) -> None:
    await world.log_in(client, world.admin)
    for path in ("/api/tickets", "/api/tickets/export", "/queue", "/dashboard", "/login"):
        for query in QUERIES:
            answer = await client.get(f"{path}?{query}")
            assert answer.status_code in (200, 303, 422), (path, query)
            assert "x" not in answer.headers


CURSORS: tuple[object, ...] = (
    ["created_at", True, "2024-W01-1", "1"],
    ["created_at", True, "9999-12-31T23:59:59+00:00", "1"],
    ["created_at", True, "0001-01-01T00:00:00-23:59", "1"],
    ["number", True, "\x00", "1"],
    ["number", True, "\ud800", "1"],
    ["priority", True, "9", "2024-01-01", "1"],
    ["id", True, "999999999999999999"],
    ["id", True, "1) or true; --"],
    {"id": 1, "x": 2},
    ["id", {"a": 1}, "1"],
)


async def test_a_cursor_of_ones_own_making_breaks_nothing(client: Client, world: World) -> None:
    await world.log_in(client, world.admin)
    for cursor in CURSORS:
        word = base64.urlsafe_b64encode(json.dumps(cursor).encode()).decode()
        answer = await client.get("/api/tickets", params={"cursor": word})
        assert answer.status_code in (200, 422), cursor
