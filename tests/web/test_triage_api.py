import asyncio
from dataclasses import replace

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from tests.world import World
from ticketyard.core.db import Database
from ticketyard.core.jobs import Worker
from ticketyard.people.teams import add_team
from ticketyard.triage.queries import current_version
from ticketyard.web.app import stand_on
from ticketyard.web.deps import WebSettings
from ticketyard.wiring import WIRING

ANALYZE = "/api/analyze"
ROWS = [
    *(f"Where is my {thing}?,card_arrival" for thing in ("card", "new card", "bank card", "visa")),
    *(f"I was charged twice for {thing},double_charge" for thing in ("tea", "gas", "food", "rent")),
]
CSV = ("text,category\n" + "\n".join(ROWS)).encode()


def key(world: World) -> dict[str, str]:
    return {"x-api-key": world.key}


async def test_analyze_answers_in_the_shape_of_the_spec(
    world: World, client: httpx2.AsyncClient
) -> None:
    async with world.resources.db.transaction(world.company_id) as session:
        desktop = await add_team(
            session,
            name="Desktop",
            description="Laptops, monitors, printers and other hardware of the office.",
        )
    answer = await client.post(
        ANALYZE,
        headers=key(world),
        json={
            "description": "My laptop monitor is broken, I need new hardware please",
            "company_id": world.company_id,
        },
    )
    assert answer.status_code == 200, answer.text
    body = answer.json()
    team = body["team_assignment"]
    assert body["category"] == "request"
    assert body["priority"] in ("low", "medium", "high")
    assert team["assigned_team_id"] == desktop.id
    assert team["need_admin"] is False
    assert team["bert_category"] == "Hardware"
    assert 0 < team["bert_confidence"] <= 1
    assert team["similarity_score"] >= 0.1


async def test_many_may_ask_at_once_where_connections_are_few(
    world: World, app: FastAPI, client: httpx2.AsyncClient, database_url: str
) -> None:
    few = Database(database_url, listeners=WIRING.names(), pool_size=1)  # and one of overflow
    stand_on(app, replace(world.resources, db=few), WebSettings())
    asked = {"description": "My laptop is broken", "company_id": world.company_id}
    async with asyncio.timeout(20):
        answers = await asyncio.gather(
            *(client.post(ANALYZE, headers=key(world), json=asked) for _ in range(8))
        )
    await few.close()
    assert [each.status_code for each in answers] == [200] * 8
    assert all(each.json()["category"] == "request" for each in answers)
    async with world.resources.db.transaction(world.company_id) as session:
        assert await session.scalar(text("select analyses from training_count")) == 8


@pytest.mark.parametrize(
    ("description", "category", "priority"),
    [
        (
            "This is terrible, still waiting for the third time and nobody answers!",
            "complaint",
            "high",
        ),
        ("Thank you so much, excellent support, I am happy with the app", "feedback", "low"),
        ("Please install Excel on my computer", "request", "medium"),
    ],
)
async def test_kind_and_priority_follow_words_and_feeling(
    world: World, client: httpx2.AsyncClient, description: str, category: str, priority: str
) -> None:
    answer = await client.post(
        ANALYZE,
        headers=key(world),
        json={"description": description, "company_id": world.company_id},
    )
    assert (answer.json()["category"], answer.json()["priority"]) == (category, priority)


async def test_without_a_fitting_team_a_person_decides(
    world: World, client: httpx2.AsyncClient
) -> None:
    answer = await client.post(
        ANALYZE, headers=key(world), json={"description": "👍", "company_id": world.company_id}
    )
    assert answer.json()["team_assignment"]["assigned_team_id"] is None
    assert answer.json()["team_assignment"]["need_admin"] is True


async def test_another_company_is_not_found(world: World, client: httpx2.AsyncClient) -> None:
    for company_id in (world.other_company_id, 987_654):
        answer = await client.post(
            ANALYZE, headers=key(world), json={"description": "x", "company_id": company_id}
        )
        assert answer.status_code == 404
        assert answer.json()["error"] == "Company not found."


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"description", "company_id"}),
        ({"description": "", "company_id": 1}, {"description"}),
        ({"description": None, "company_id": 1}, {"description"}),
        ({"description": "x" * 1_000_001, "company_id": 1}, {"description"}),
        ({"description": "x", "company_id": "one"}, {"company_id"}),
        ({"description": "x"}, {"company_id"}),
        ({"description": "x", "company_id": 1, "errors": 1}, set()),
    ],
)
async def test_what_cannot_be_analysed_is_refused_with_400_by_field(
    world: World, client: httpx2.AsyncClient, body: dict[str, object], fields: set[str]
) -> None:
    answer = await client.post(ANALYZE, headers=key(world), json=body)
    assert answer.status_code == 400
    told = answer.json()
    assert told["errors"]
    assert {name for name in ("description", "company_id") if name in told} == fields
    assert all(isinstance(told[name][0], str) for name in fields)


async def test_a_body_that_is_no_json_is_refused_with_400(
    world: World, client: httpx2.AsyncClient
) -> None:
    headers = {**key(world), "content-type": "application/json"}
    answer = await client.post(ANALYZE, headers=headers, content=b"{")
    assert answer.status_code == 400


async def test_a_team_is_corrected_and_the_analysis_tells_where_a_ticket_belongs(
    world: World, client: httpx2.AsyncClient, worker: Worker
) -> None:
    async with world.resources.db.transaction(world.company_id) as session:
        team = await add_team(session, name="Desktop", description="Laptops and printers.")
    opened = await world.open("The printer prints blank pages, printers of laptops too")
    await worker.run_pending()
    await world.log_in(client, world.ana)
    found = (await client.get(f"/api/tickets/{opened.number}/analysis")).json()
    assert (found["topic"], found["kind"]) == ("Hardware", "request")
    assert found["team_id"] == team.id
    assert found["urgency_level"] == "next_day"
    assert "printer" in found["keywords"]
    assert {"topic", "team"} <= set(found["evidence"])
    path = f"/api/tickets/{opened.id}/team"
    assert (await client.put(path, json={"team_id": 987_654})).status_code == 404
    given = await client.put(path, json={"team_id": team.id})
    assert given.json()["team_id"] == team.id
    assert given.json()["team_by"] == "agent"
    await world.log_in(client, world.rita)
    assert (await client.put(path, json={"team_id": team.id})).status_code == 403


async def test_an_analysis_is_shown_to_agents_of_its_company_only(
    world: World, client: httpx2.AsyncClient, worker: Worker
) -> None:
    opened = await world.open("The printer prints blank pages")
    path = f"/api/tickets/{opened.number}/analysis"
    await world.log_in(client, world.ana)
    assert (await client.get(path)).status_code == 404
    await worker.run_pending()
    body = (await client.get(path)).json()
    assert (body["category"], body["language"], body["engine"]) == ("printer", "ENG", "rules")
    assert body["evidence"]["category"]
    await world.log_in(client, world.rita)
    assert (await client.get(path)).status_code == 403
    await world.log_in(client, world.other_admin)
    assert (await client.get(path)).status_code == 404


async def test_one_click_corrects_and_empties_the_review(
    world: World, client: httpx2.AsyncClient, worker: Worker
) -> None:
    opened = await world.open("Hm")
    await worker.run_pending()
    await world.log_in(client, world.ana)
    assert [each["ticket_id"] for each in (await client.get("/api/triage/review")).json()] == [
        opened.id
    ]
    path = f"/api/tickets/{opened.id}/category"
    wrong = await client.put(path, json={"category": "spaceships"})
    assert wrong.status_code == 422
    assert "printer" in wrong.json()["allowed"]
    stale = await client.put(path, json={"category": "printer", "version": 99})
    assert stale.status_code == 409
    right = await client.put(path, json={"category": "printer"})
    assert right.json()["category_by"] == "agent"
    assert (await client.get("/api/triage/review")).json() == []


async def test_an_uploaded_file_teaches_the_model(
    world: World, client: httpx2.AsyncClient, worker: Worker
) -> None:
    await world.log_in(client, world.admin)
    answer = await client.post("/api/triage/training", files={"file": ("train.csv", CSV)})
    assert answer.status_code == 202, answer.text
    assert answer.json() == {
        "queued": True,
        "training_id": 1,
        "learns_from": "csv",
        "examples": 8,
        "labels": 2,
    }
    await worker.run_pending()
    (model,) = (await client.get("/api/triage/models")).json()
    assert (model["version"], model["is_current"], model["examples"]) == (1, True, 8)
    assert model["labels"] == ["card_arrival", "double_charge"]
    assert model["trained_by"] == "Ada Admin"


async def test_a_file_that_teaches_nothing_is_refused_at_once(
    world: World, client: httpx2.AsyncClient
) -> None:
    await world.log_in(client, world.admin)
    answer = await client.post("/api/triage/training", files={"file": ("x.csv", b"a,b\n1,2\n")})
    assert answer.status_code == 422
    assert "no text column" in answer.json()["detail"]


async def test_too_little_history_leaves_everything_as_it_was(
    world: World, client: httpx2.AsyncClient, worker: Worker
) -> None:
    await world.log_in(client, world.admin)
    answer = await client.post("/api/triage/training")
    assert answer.status_code == 202
    assert answer.json()["learns_from"] == "history"
    await worker.run_pending()
    async with world.resources.db.transaction(world.company_id) as session:
        assert await current_version(session) is None


async def test_agents_may_not_train(world: World, client: httpx2.AsyncClient) -> None:
    await world.log_in(client, world.ana)
    answer = await client.post("/api/triage/training", files={"file": ("train.csv", CSV)})
    assert answer.status_code == 403


async def test_every_analyse_call_is_counted(world: World, client: httpx2.AsyncClient) -> None:
    for _ in range(3):
        body = {"description": "The printer is jammed", "company_id": world.company_id}
        await client.post(ANALYZE, headers=key(world), json=body)
    async with world.resources.db.transaction(world.company_id) as session:
        counted = await session.scalar(text("select analyses from training_count"))
    assert counted == 3
