"""What load balancers and scrapers ask."""

import httpx2
import psycopg
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from tests.world import World
from ticketyard.core.resources import Resources
from ticketyard.web.app import create_app
from ticketyard.web.deps import WebSettings
from ticketyard.wiring import open_database


def somebody_at(app: FastAPI, host: str) -> httpx2.AsyncClient:
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False, client=(host, 4711))
    return httpx2.AsyncClient(transport=transport, base_url="http://desk.test")


async def test_alive_and_ready(client: httpx2.AsyncClient, world: World) -> None:
    assert (await client.get("/health")).json()["status"] == "healthy"
    assert (await client.get("/ready")).json() == {"ready": True, "problem": None}


async def test_not_ready_with_tables_of_another_version(
    client: httpx2.AsyncClient, database_url: str
) -> None:
    with psycopg.connect(database_url) as owner:
        owner.execute("update alembic_version set version_num = '0001'")

    answer = await client.get("/ready")

    assert answer.status_code == 503
    assert "migrate" in answer.json()["problem"]


async def test_sick_without_a_database(resources: Resources) -> None:
    nowhere = open_database("postgresql://nobody@127.0.0.1:1/none")
    app = create_app(Resources(db=nowhere, blobs=resources.blobs, parts=resources.parts))
    async with somebody_at(app, "127.0.0.1") as client:
        sick = await client.get("/health")
        unready = await client.get("/ready")

    assert (sick.status_code, sick.json()["status"]) == (503, "unhealthy")
    assert unready.status_code == 503


async def test_without_a_database_everybody_is_asked_to_come_again(resources: Resources) -> None:
    nowhere = open_database("postgresql://nobody@127.0.0.1:1/none")
    app = create_app(Resources(db=nowhere, blobs=resources.blobs, parts=resources.parts))
    async with somebody_at(app, "127.0.0.1") as client:
        machine = await client.get("/api/tickets", headers={"X-API-Key": "ty_1_x"})
        person = await client.get("/form", headers={"accept": "text/html"})

    assert machine.headers["content-type"] == "application/problem+json"
    for answer in (machine, person):
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert "does not answer" in answer.text


@pytest.mark.parametrize(
    ("host", "headers", "token", "status"),
    [
        ("127.0.0.1", {}, "", 200),
        ("::1", {}, "", 200),
        ("10.0.0.7", {}, "", 403),
        ("127.0.0.1", {"X-Forwarded-For": "10.0.0.7"}, "", 403),
        ("10.0.0.7", {"Authorization": "Bearer t0ken"}, "t0ken", 200),
        ("10.0.0.7", {"Authorization": "Bearer wrong"}, "t0ken", 403),
        ("127.0.0.1", {}, "t0ken", 403),
        ("10.0.0.7", {"Authorization": "Bearer "}, "", 403),
    ],
)
async def test_metrics_are_for_this_machine_or_who_has_the_token(
    resources: Resources, host: str, headers: dict[str, str], token: str, status: int
) -> None:
    app = create_app(resources, settings=WebSettings(metrics_token=token))
    async with somebody_at(app, host) as client:
        answer = await client.get("/metrics", headers=headers)

    assert answer.status_code == status
    assert ("process_resident_memory_bytes" in answer.text) == (status == 200)


async def test_metrics_count_what_was_given_up(client: httpx2.AsyncClient, world: World) -> None:
    await world.open()
    async with world.resources.db.transaction(world.company_id) as session:
        await session.execute(
            text("update job_item set dead_at = now(), last_error = 'tried five times'")
        )

    answer = await client.get("/metrics")

    assert 'ticketyard_job_items_dead{job="triage.triage_tickets"} 1.0' in answer.text
