"""Any POST that creates may carry a key, and is then done once."""

import asyncio
from collections.abc import AsyncIterator

import httpx2
import pytest
from fastapi import APIRouter, FastAPI
from sqlalchemy import text

from tests.world import World
from ticketyard.core.errors import Invalid
from ticketyard.people.teams import add_team
from ticketyard.web.app import create_app
from ticketyard.web.deps import Session, may
from ticketyard.web.idempotency import IdempotentRoute

router = APIRouter(route_class=IdempotentRoute)
started = asyncio.Event()
go_on = asyncio.Event()


@router.post("/teams", status_code=201, dependencies=[may("tickets:create")])
async def post_team(body: dict[str, str], session: Session) -> dict[str, int]:
    team = await add_team(session, name=body["name"], description="")
    if body["name"] == "Refused":
        raise Invalid("No.")
    if body["name"] == "Slow":
        started.set()
        await go_on.wait()
    await session.flush()
    return {"id": team.id}


@pytest.fixture
async def client(world: World) -> AsyncIterator[httpx2.AsyncClient]:
    """An integration before an application with one such route."""
    app: FastAPI = create_app(world.resources)
    app.include_router(router, prefix="/test")
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://desk.test") as visitor:
        visitor.headers["x-api-key"] = world.key
        yield visitor


async def teams(world: World) -> int:
    async with world.resources.db.transaction(world.company_id) as session:
        return int(await session.scalar(text("select count(*) from team")) or 0)


async def post(client: httpx2.AsyncClient, name: str, key: str = "k") -> httpx2.Response:
    return await client.post("/test/teams", json={"name": name}, headers={"Idempotency-Key": key})


async def test_the_same_request_is_answered_alike_and_done_once(
    client: httpx2.AsyncClient, world: World
) -> None:
    before = await teams(world)
    first, again = await post(client, "One"), await post(client, "One")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert await teams(world) == before + 1
    quoted = await post(client, "One", '"k"')
    assert quoted.json() == first.json()


async def test_the_same_key_for_something_else_is_refused(
    client: httpx2.AsyncClient, world: World
) -> None:
    before = await teams(world)
    await post(client, "One")
    assert (await post(client, "Two")).status_code == 422
    assert await teams(world) == before + 1


async def test_a_refused_request_may_be_sent_again(
    client: httpx2.AsyncClient, world: World
) -> None:
    before = await teams(world)
    assert (await post(client, "Refused")).status_code == 422
    assert await teams(world) == before
    assert (await post(client, "One")).status_code == 201


async def test_a_malformed_key_is_refused(client: httpx2.AsyncClient) -> None:
    for key in ("", '""', "x" * 256):
        assert (await post(client, "One", key)).status_code == 400


async def test_while_the_first_runs_the_second_is_told_so(
    client: httpx2.AsyncClient, world: World
) -> None:
    started.clear()
    go_on.clear()
    before = await teams(world)
    first = asyncio.create_task(post(client, "Slow"))
    await started.wait()
    assert (await post(client, "Slow")).status_code == 409
    go_on.set()
    assert (await first).status_code == 201
    assert (await post(client, "Slow")).json() == (await first).json()
    assert await teams(world) == before + 1


async def test_without_a_key_nothing_changes(client: httpx2.AsyncClient, world: World) -> None:
    before = await teams(world)
    for name in ("One", "Two"):
        assert (await client.post("/test/teams", json={"name": name})).status_code == 201
    assert await teams(world) == before + 2
    stranger = await client.post(
        "/test/teams", json={"name": "X"}, headers={"x-api-key": "no", "Idempotency-Key": "k"}
    )
    assert stranger.status_code == 401
