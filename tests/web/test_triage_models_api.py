"""Trainings, versions and what is set aside, over HTTP."""

import httpx2
import pytest

from tests.triage.learning.lessons import all_texts, flipped
from tests.world import World
from ticketyard.core.jobs import Worker

PAIRS = all_texts()


def csv_of(pairs: list[tuple[str, str]]) -> dict[str, tuple[str, bytes]]:
    rows = ["text,category", *(f'"{text}",{label}' for text, label in pairs)]
    return {"file": ("train.csv", "\n".join(rows).encode())}


async def test_from_training_to_rollback(
    world: World, client: httpx2.AsyncClient, worker: Worker
) -> None:
    await world.log_in(client, world.admin)
    for until in (80, 160):
        asked = await client.post("/api/triage/training", files=csv_of(PAIRS[:until]))
        assert asked.status_code == 202, asked.text
        if until == 80:
            second = await client.post("/api/triage/training")
            assert second.status_code == 409
            assert second.json()["training_id"] == asked.json()["training_id"]
            assert "Ada Admin" in second.json()["detail"]
        await worker.run_pending()
    newest, first = (await client.get("/api/triage/trainings")).json()
    assert (newest["state"], newest["version"], newest["progress"]) == ("promoted", 2, 1.0)
    assert newest["cause"] == "csv"
    older = await client.get("/api/triage/trainings", params={"before": newest["id"]})
    assert [each["id"] for each in older.json()] == [first["id"]]

    back = await client.post("/api/triage/rollback", json={})
    assert (back.json()["version"], back.json()["is_current"]) == (1, True)
    rules = await client.post("/api/triage/rollback", json={"reason": "Too bold."})
    assert (rules.status_code, rules.json()) == (200, None)
    again = await client.post("/api/triage/rollback", json={"to": "rules"})
    assert again.status_code == 409
    odd = await client.post("/api/triage/rollback", json={"to": "nothing"})
    assert odd.status_code == 422
    forth = await client.post("/api/triage/models/2/promote")
    assert forth.json()["promoted_by"] == "Ada Admin"
    assert (await client.post("/api/triage/models/9/promote")).status_code == 404
    models = (await client.get("/api/triage/models", params={"field": "category"})).json()
    assert [(each["version"], each["state"], each["parent"]) for each in models] == [
        (2, "current", 1),
        (1, "retired", None),
    ]
    assert models[0]["problem"] is None
    assert (await client.get("/api/triage/models", params={"field": "team"})).json() == []

    poisoned = await client.post("/api/triage/training", files=csv_of(flipped(PAIRS[:30])))
    assert poisoned.status_code == 202
    await worker.run_pending()
    held = (await client.get("/api/triage/aside")).json()
    assert len(held) == 30
    body = {"example_ids": [held[0]["id"]], "decision": "dismiss"}
    assert (await client.post("/api/triage/aside/decisions", json=body)).status_code == 204
    dismissed = await client.get("/api/triage/aside", params={"state": "dismissed"})
    assert [each["id"] for each in dismissed.json()] == [held[0]["id"]]


async def test_how_a_company_learns_is_said_and_changed(
    world: World, client: httpx2.AsyncClient
) -> None:
    await world.log_in(client, world.admin)
    assert (await client.get("/api/triage/learning")).json() == {
        "max_error": 0.03,
        "threshold": None,
        "shadow": False,
        "analyses": 0,
        "analyses_needed": 100,
        "note": "",
        "in_shadow": None,
    }
    body = {"max_error": 0.1, "threshold": 0.6, "shadow": True}
    changed = await client.patch("/api/triage/learning", json=body)
    assert {name: changed.json()[name] for name in body} == body
    same = await client.patch("/api/triage/learning", json={})
    assert {name: same.json()[name] for name in body} == body
    back = await client.patch("/api/triage/learning", json={"threshold": None})
    assert {name: back.json()[name] for name in body} == body | {"threshold": None}


@pytest.mark.parametrize("max_error", [0.001, 0.3, "NaN", None])
async def test_a_share_of_errors_that_makes_no_sense_is_refused(
    world: World, client: httpx2.AsyncClient, max_error: object
) -> None:
    await world.log_in(client, world.admin)
    answer = await client.patch("/api/triage/learning", json={"max_error": max_error})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/triage/training"),
        ("POST", "/api/triage/rollback"),
        ("POST", "/api/triage/evaluation"),
        ("POST", "/api/triage/models/1/promote"),
        ("GET", "/api/triage/aside"),
        ("POST", "/api/triage/aside/decisions"),
        ("PATCH", "/api/triage/learning"),
    ],
)
async def test_agents_may_look_but_not_change(
    world: World, client: httpx2.AsyncClient, method: str, path: str
) -> None:
    await world.log_in(client, world.ana)
    assert (await client.request(method, path)).status_code == 403
    assert (await client.get("/api/triage/trainings")).status_code == 200


async def test_a_training_is_asked_for_by_a_form_alone(
    world: World, client: httpx2.AsyncClient
) -> None:
    await world.log_in(client, world.admin)
    as_json = await client.post("/api/triage/training", json={"anyway": True})
    assert as_json.status_code == 422
    file = {"file": ("train.csv", b"text,label\nx,printer\ny,vpn\n", "text/csv")}
    of_teams = await client.post("/api/triage/training", data={"field": "team"}, files=file)
    assert of_teams.status_code == 422
    asked = await client.post("/api/triage/training", data={"field": "team"})
    assert asked.status_code == 202, asked.text


async def test_a_file_is_tried_and_nothing_is_kept(
    world: World, client: httpx2.AsyncClient
) -> None:
    await world.log_in(client, world.admin)
    tried = await client.post("/api/triage/evaluation", files=csv_of([*PAIRS[:4], ("Hm", "fax")]))
    assert tried.status_code == 200, tried.text
    told = tried.json()
    assert (told["texts"], told["taught"], told["untaught"]["texts"]) == (5, 0, 5)
    assert "fax" in told["unknown_labels"]
    assert (await client.get("/api/triage/models")).json() == []
    many = await client.post("/api/triage/evaluation", files=csv_of([("Hm", "fax")] * 2_001))
    assert many.status_code == 422
    assert "2000 texts" in many.json()["detail"]
