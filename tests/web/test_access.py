"""Who may in, and what the door says to the others."""

from collections.abc import AsyncIterator, Awaitable, Callable

import httpx2
import pytest
from fastapi import APIRouter, FastAPI
from sqlalchemy import text

from tests.world import PASSWORD, World
from ticketyard.core.auth import ROLES
from ticketyard.core.resources import Resources
from ticketyard.web.app import UndeclaredRoute, _check_declared, create_app
from ticketyard.web.deps import may, public

Client = httpx2.AsyncClient


async def login(client: Client, email: str, password: str, **more: str) -> httpx2.Response:
    return await client.post("/api/auth/login", json={"email": email, "password": password, **more})


async def test_logging_in_and_out(client: Client, world: World) -> None:
    assert (await client.get("/api/auth/me")).status_code == 401
    await world.log_in(client, world.ana)
    me = (await client.get("/api/auth/me")).json()
    assert (me["name"], me["role"], me["company_id"]) == ("Ana Agent", "agent", world.company_id)
    assert (await client.post("/api/auth/logout")).status_code == 204
    assert (await client.get("/api/auth/me")).status_code == 401


@pytest.mark.parametrize(
    ("email", "password", "company"),
    [
        ("ana@example.com", "not the password", "north"),
        ("nobody@example.com", PASSWORD, "north"),
        ("ana@example.com", PASSWORD, "south"),
        ("ana@example.com", PASSWORD, "no-such-company"),
        ("", "", "north"),
        ("ana@example.com'--", PASSWORD, "north"),
    ],
)
async def test_a_wrong_log_in_is_refused_the_same_way(
    client: Client, world: World, email: str, password: str, company: str
) -> None:
    answer = await login(client, email, password, company=company)
    assert answer.status_code == 401
    assert answer.json()["detail"] == "E-mail address and password do not belong together."
    assert "set-cookie" not in answer.headers


async def test_guessing_is_slowed_down_and_does_not_lock_others_out(
    client: Client, world: World
) -> None:
    for _ in range(6):
        await login(client, "ana@example.com", "wrong password")
    late = await login(client, "ana@example.com", PASSWORD)
    assert late.status_code == 401
    assert "wait" in late.json()["detail"]
    assert (await login(client, "bo@example.com", PASSWORD)).status_code == 200


async def test_an_inactive_person_is_out_at_once(client: Client, world: World) -> None:
    await world.log_in(client, world.ana)
    async with world.resources.db.transaction(world.company_id) as session:
        await session.execute(
            text("update person set is_active = false where id = :id"), {"id": world.ana.id}
        )
    assert (await client.get("/api/auth/me")).status_code == 401


async def test_a_change_by_cookie_needs_the_token_of_its_own_page(
    client: Client, world: World
) -> None:
    await world.log_in(client, world.admin)
    token = client.headers.pop("x-csrf-token")
    for shown in ({}, {"x-csrf-token": "wrong"}, {"x-csrf-token": ""}):
        answer = await client.post("/api/teams", json={"name": "Night"}, headers=shown)
        assert answer.status_code == 403, shown
    answer = await client.post(
        "/api/teams", json={"name": "Night"}, headers={"x-csrf-token": token}
    )
    assert answer.status_code == 201


@pytest.mark.parametrize(
    "headers",
    [
        {"X-API-Key": "{key}"},
        {"Authorization": "Bearer {key}"},
        {"Authorization": "bearer {key}"},
        {"Authorization": "Bearer={key}"},
    ],
)
async def test_a_key_is_known_in_every_form_of_the_documents(
    client: Client, world: World, headers: dict[str, str]
) -> None:
    shown = {name: value.format(key=world.key) for name, value in headers.items()}
    me = await client.get("/api/auth/me", headers=shown)
    assert me.json()["kind"] == "integration"


@pytest.mark.parametrize(
    "key",
    ["", " ", "wrong", "ty_", "ty_x_y", "ty_999999999_x", "ty_99999999999_x", "ty_1_" + "x" * 9000],
)
async def test_a_wrong_key_is_refused(client: Client, world: World, key: str) -> None:
    answer = await client.get("/api/auth/me", headers={"X-API-Key": key})
    assert answer.status_code == 401
    assert "wrong" not in answer.text


async def test_a_revoked_key_stops_working(client: Client, world: World, app: FastAPI) -> None:
    assert (await client.get("/api/auth/me", headers={"X-API-Key": world.key})).status_code == 200
    await world.log_in(client, world.admin)
    (key,) = (await client.get("/api/keys")).json()
    assert (await client.delete(f"/api/keys/{key['id']}")).status_code == 204
    app.state.key_cache.clear()  # what five seconds do
    assert (await client.get("/api/auth/me", headers={"X-API-Key": world.key})).status_code == 401


async def test_a_key_is_shown_once_and_kept_only_as_a_hash(client: Client, world: World) -> None:
    await world.log_in(client, world.admin)
    made = (await client.post("/api/keys", json={"name": "GLPI", "sources": ["glpi"]})).json()
    assert made["secret"].startswith(f"ty_{world.company_id}_")
    assert made["secret"] not in (await client.get("/api/keys")).text
    async with world.resources.db.transaction(world.company_id) as session:
        everything = await session.scalar(text("select json_agg(k)::text from api_key k"))
    assert made["secret"] not in everything


async def test_nobody_gives_away_what_they_may_not_do(client: Client, world: World) -> None:
    await world.log_in(client, world.ana)
    answer = await client.post("/api/keys", json={"name": "x", "permissions": ["keys:manage"]})
    assert answer.status_code == 403


async def test_nobody_removes_the_branch_they_sit_on(client: Client, world: World) -> None:
    await world.log_in(client, world.admin)
    for change in ({"role": "agent"}, {"is_active": False}):
        answer = await client.patch(f"/api/people/{world.admin.id}", json=change)
        assert answer.status_code == 422


@pytest.mark.parametrize("role", sorted(ROLES))
def test_roles_grow_one_out_of_the_other(role: str) -> None:
    assert "tickets:create" in ROLES[role]
    assert ROLES[role] <= ROLES["admin"]


def test_a_route_that_says_nothing_or_two_things_about_access_stops_the_start() -> None:
    silent, double, good = APIRouter(), APIRouter(), APIRouter()
    silent.add_api_route("/x", lambda: None)
    double.add_api_route("/x", lambda: None, dependencies=[public(), may("tickets:read")])
    good.add_api_route("/x", lambda: None, dependencies=[public()])
    _check_declared(good)
    for router in (silent, double):
        with pytest.raises(UndeclaredRoute):
            _check_declared(router)


async def test_an_answer_never_echoes_what_was_sent(client: Client, world: World) -> None:
    secret = "hunter2-hunter2"
    answer = await client.post(
        "/api/auth/login", json={"email": 7, "password": [secret], "x": secret}
    )
    assert answer.status_code == 422
    assert secret not in answer.text
    assert {each["path"] for each in answer.json()["errors"]} == {"email", "password", "x"}


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[]", b"null", b'{"email": "\\ud800"}'])
async def test_a_broken_body_is_a_422(client: Client, world: World, body: bytes) -> None:
    answer = await client.post(
        "/api/auth/login", content=body, headers={"content-type": "application/json"}
    )
    assert answer.status_code in (401, 422)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_body_that_is_too_large_is_a_413(client: Client, world: World) -> None:
    body = b'{"email": "' + b"x" * (3 * 1024 * 1024) + b'"}'
    answer = await client.post(
        "/api/auth/login", content=body, headers={"content-type": "application/json"}
    )
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == 413
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_form_that_is_too_large_is_a_413_page_for_a_browser(
    client: Client, world: World
) -> None:
    answer = await client.post(
        "/login",
        content=b"x" * 3 * 1024 * 1024,
        headers={
            "content-type": "application/x-www-form-urlencoded",
            "accept": "text/html",
            "sec-fetch-site": "same-origin",
        },
    )
    assert answer.status_code == 413
    assert "Too large" in answer.text
    assert answer.headers["content-type"].startswith("text/html")


async def test_a_body_that_grows_too_large_without_a_length_is_a_413(
    client: Client, world: World
) -> None:
    async def growing() -> AsyncIterator[bytes]:
        for _ in range(48):
            yield b" " * 1024 * 1024

    answer = await client.post(
        "/api/auth/login", content=growing(), headers={"content-type": "application/json"}
    )
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"


async def test_an_unexpected_error_says_nothing_of_itself(resources: Resources) -> None:
    async def broken() -> None:
        raise RuntimeError("secret inside")

    app = create_app(resources)
    app.add_api_route("/broken", broken)
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.get("/broken")
    assert answer.status_code == 500
    assert "secret" not in answer.text


async def test_every_path_answers_under_v1_too(client: Client) -> None:
    assert (await client.get("/api/v1/auth/me")).status_code == 401
    assert (await client.get("/api/v2/auth/me")).status_code == 404


async def test_health_is_503_when_the_database_is_gone(
    client: Client, world: World, run_jobs: Callable[[], Awaitable[None]]
) -> None:
    assert (await client.get("/health")).json()["status"] == "healthy"
    assert (await client.get("/ready")).json() == {"ready": True, "problem": None}
    world.resources.db.conninfo = "host=127.0.0.1 port=1 connect_timeout=1"
    await world.resources.db.engine.dispose()
    answer = await client.get("/health")
    assert answer.status_code == 503
    assert answer.json()["status"] == "unhealthy"
    assert (await client.get("/ready")).status_code == 503
