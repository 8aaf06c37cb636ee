"""The outlet over HTTP and in `ticketyard doctor`: how it fares, what was told, telling it again."""

import anyio.to_thread
import httpx2
import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from tests.world import World
from ticketyard.cli.main import app as commands
from ticketyard.outlet.lane import switch_on

Client = httpx2.AsyncClient


@pytest.fixture
async def on(world: World) -> World:
    async with world.resources.db.transaction(world.company_id) as session:
        await switch_on(session)
    return world


async def test_without_a_broker_it_is_off_and_nothing_can_be_told(
    world: World, client: Client
) -> None:
    await world.log_in(client, world.admin)
    await world.open()
    standing = (await client.get("/api/outlet")).json()
    assert (standing["is_on"], standing["waiting"], standing["problem"]) == (False, 0, None)
    answer = await client.post("/api/outlet/replay", json={"since": "2025-12-15T00:00:00Z"})
    assert answer.status_code == 409
    assert "RAG_BROKER_URL" in answer.json()["detail"]


async def test_what_waits_is_counted_listed_and_told_again(on: World, client: Client) -> None:
    await on.log_in(client, on.admin)
    opened = await on.open()
    standing = (await client.get("/api/outlet")).json()
    assert (standing["is_on"], standing["waiting"], standing["sent"]) == (True, 1, 0)
    (message,) = (await client.get("/api/outlet/messages?state=waiting")).json()
    assert (message["task"], message["subject"]) == ("ticket_created", str(opened.id))
    assert (await client.get("/api/outlet/messages?state=failed")).json() == []
    async with on.resources.db.transaction(on.company_id) as session:
        await session.execute(
            text("update outlet_message set state = 'failed', problem = 'No.', settled_at = now()")
        )
    assert (await client.get("/api/outlet")).json()["failed"] == 1
    told = {"since": "2025-12-15T00:00:00Z", "only_failed": True}
    answer = await client.post("/api/outlet/replay", json=told)
    assert (answer.status_code, answer.json()) == (202, {"count": 1, "next_since": None})
    (again,) = (await client.get("/api/outlet/messages")).json()
    assert (again["state"], again["event_id"]) == ("waiting", message["event_id"])
    told_of = (await client.get("/metrics")).text
    assert f'ticketyard_outlet_waiting{{company="{on.company_id}"}} 1.0' in told_of


async def test_an_agent_does_not_see_it(on: World, client: Client) -> None:
    await on.log_in(client, on.ana)
    for path in ("/api/outlet", "/api/outlet/messages"):
        assert (await client.get(path)).status_code == 403


async def test_doctor_says_what_waits_and_why(
    on: World, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await on.open()
    async with on.resources.db.transaction(on.company_id) as session:
        await session.execute(text("update outlet set failures = 3, problem = 'It is away.'"))
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("LOG_LEVEL", "ERROR")
    said = await anyio.to_thread.run_sync(lambda: CliRunner().invoke(commands, ("doctor",)).output)
    # A narrow terminal breaks the line.
    at = said.index("Celery")
    row = " ".join(said[said.rindex("\n", 0, at) : at + 400].replace("│", " ").split())
    assert "✗" in row
    assert "1 waiting" in row
    assert "away." in row
