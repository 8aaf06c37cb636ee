"""The doors of the desk: logging in, forms, headers, and what a requester may find out."""

import asyncio

import httpx2
import pytest
from fastapi import FastAPI

from tests.world import PASSWORD, World
from ticketyard.core.log import strike
from ticketyard.tickets.commenting import add_comment
from ticketyard.web.deps import COOKIE
from ticketyard.web.limits import LOGIN_BURST

Client = httpx2.AsyncClient


async def wrong_tries(client: Client, email: str, count: int) -> list[httpx2.Response]:
    """Many at the same moment."""
    return await asyncio.gather(
        *(
            client.post("/api/auth/login", json={"email": email, "password": f"wrong {number}"})
            for number in range(count)
        )
    )


async def test_many_guesses_at_once_are_no_more_than_a_few(client: Client, world: World) -> None:
    answers = await wrong_tries(client, "ana@example.com", 20)
    waits = [answer for answer in answers if "wait" in answer.json()["detail"]]
    assert len(waits) == 15


async def test_one_address_cannot_try_a_password_on_everybody(client: Client, world: World) -> None:
    # More than the limit, for it gives way a little while a slow machine looks at the passwords.
    statuses = [
        (await wrong_tries(client, f"p{number}@example.com", 1))[0].status_code
        for number in range(LOGIN_BURST + 12)
    ]
    assert statuses[:LOGIN_BURST] == [401] * LOGIN_BURST
    assert 429 in statuses


async def test_another_site_logs_nobody_in(client: Client, world: World) -> None:
    """A form of another site can send text that looks like JSON, but not say that it is."""
    body = f'{{"email": "ana@example.com", "password": "{PASSWORD}"}}'
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        answer = await client.post(
            "/api/auth/login", content=body, headers={"content-type": kind, "origin": "http://evil"}
        )
        assert answer.status_code in (400, 422), kind
        assert "set-cookie" not in answer.headers


async def test_each_log_in_has_a_token_of_its_own_out_of_reach_for_scripts(
    client: Client, world: World
) -> None:
    planted = f"{world.company_id}.planted-by-somebody-else"
    client.cookies.set(COOKIE, planted)
    given = []
    for _ in range(2):
        answer = await client.post(
            "/api/auth/login", json={"email": "ana@example.com", "password": PASSWORD}
        )
        (cookie,) = answer.headers.get_list("set-cookie")
        assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
        given.append(cookie.partition(";")[0])
    assert len({*given, f"{COOKIE}={planted}"}) == 3


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example", "/\\evil.example", "https://evil.example", "\\\\evil.example", "/\tevil",
        "javascript:alert(1)", "/\r\nLocation: //evil.example", "//evil.example/..", " //evil.example",
        "/\x00/evil", "evil.example", "///evil.example",
    ],
)  # fmt: skip
async def test_nobody_is_led_elsewhere(client: Client, world: World, target: str) -> None:
    form = {"email": "ana@example.com", "password": PASSWORD, "next": target}
    answer = await client.post("/login", data=form)
    assert answer.headers["location"] == "/queue"
    again = await client.get("/login", params={"next": target})
    assert again.headers["location"] == "/queue"


async def test_every_change_by_cookie_needs_the_token(
    app: FastAPI, client: Client, world: World
) -> None:
    """htmx and forms alike: each route that changes something, without and with a wrong one."""
    await world.log_in(client, world.admin)
    client.headers.pop("x-csrf-token")
    opened = await world.open()
    for path, method in (
        (f"/tickets/{opened.number}/comments", "POST"),
        (f"/tickets/{opened.number}/status", "POST"),
        (f"/api/tickets/{opened.id}", "PATCH"),
        (f"/api/tickets/{opened.id}/assignee", "DELETE"),
        ("/api/tickets/glpi", "POST"),
        ("/api/tickets/chatbot", "POST"),
        ("/settings/keys", "POST"),
        ("/logout", "POST"),
        ("/theme", "POST"),
        ("/import", "POST"),
    ):
        for headers in ({}, {"hx-request": "true"}, {"x-csrf-token": "x"}):
            answer = await client.request(method, path, data={"csrf_token": "x"}, headers=headers)
            assert answer.status_code == 403, (method, path, headers)


async def test_a_requester_learns_nothing_of_the_desk(client: Client, world: World) -> None:
    mine = await world.open("My own printer")
    other = await world.open("Somebody else", requester_email="else@example.com")
    secret = "zq7-internal"
    async with world.resources.db.transaction(world.company_id) as session:
        await add_comment(
            session, ticket_id=mine.id, body=secret, is_internal=True,
            by=world.as_person(world.ana),
        )  # fmt: skip
    await world.log_in(client, world.rita)
    client.headers["accept"] = "text/html"
    for path in (
        "/api/tickets",
        f"/api/tickets/{mine.id}",
        f"/api/tickets/{mine.id}/history",
        f"/api/tickets/{mine.id}/attachments",
        f"/my/{mine.number}",
        "/my",
        "/settings/account",
    ):
        answer = await client.get(path)
        assert answer.status_code == 200, path
        assert secret not in answer.text, path
        assert other.number not in answer.text, path
    assert "unassigned</span>" not in (await client.get("/settings/account")).text
    for path in (
        f"/api/tickets/{mine.id}/analysis",
        f"/api/tickets/{mine.id}/receipt",
        f"/tickets/{mine.number}",
        "/api/tickets/export",
        "/api/tickets/stats",
        "/live",
        "/api/tickets?sentiment=negative",
        "/api/tickets?needs_review=true",
        "/api/tickets?language=RU",
    ):
        assert (await client.get(path)).status_code == 403, path
    for path in (f"/api/tickets/{other.id}", f"/my/{other.number}"):
        assert (await client.get(path)).status_code == 404, path
    foreign = await client.get("/api/tickets", params={"requester_email": "else@example.com"})
    assert foreign.json()["total"] == 0


def test_a_log_line_holds_no_link_that_logs_in() -> None:
    assert strike("GET /login/link/1.abcDEF-_x?y") == "GET /login/link/***?y"
