import httpx2
import pytest

from tests.receiver import Receiver, listening
from tests.triage.resolving.helping import FORGOTTEN, work
from tests.world import World
from ticketyard.core.jobs import Worker

RULE = "/api/triage/auto-resolution"
SOLUTION = {
    "title": "Choose a new password yourself",
    "category": "password_reset",
    "kind": "self_service_link",
    "steps": ["Open the page."],
    "link": "https://password.north.test/",
    "success_rate": 0.95,
    "minutes": 5,
    "state": "active",
}


async def test_an_admin_lets_a_machine_resolve_and_an_agent_reads_why(
    world: World, client: httpx2.AsyncClient, worker: Worker
) -> None:
    await world.log_in(client, world.admin)
    assert (await client.get(RULE)).json() == {
        "is_on": False,
        "categories": ["password_reset"],
        "per_requester_per_day": 3,
    }
    made = await client.post("/api/solutions", json=SOLUTION)
    assert made.status_code == 201, made.text
    assert (made.json()["confidence"], made.json()["settled"]) == (0.95, 0)
    before = await world.open(FORGOTTEN)
    await work(world, worker)
    said = (await client.get(f"/api/tickets/{before.id}/auto-resolution")).json()
    assert (said["can_auto_resolve"], said["auto_action"]) == (True, "self_service_link")
    assert (said["held_back"], said["would_resolve"]) == (None, False)
    assert said["reasoning"]
    switched = await client.patch(RULE, json={"is_on": True, "categories": ["Password_Reset"]})
    assert switched.json()["categories"] == ["password_reset"]
    after = await world.open(FORGOTTEN)
    await work(world, worker)
    await world.log_in(client, world.ana)
    assert (await client.get(f"/api/tickets/{after.id}")).json()["status"] == "resolved"
    again = (await client.get(f"/api/tickets/{after.id}/auto-resolution")).json()
    assert "resolved" in again["held_back"]
    ranked = (await client.get(f"/api/tickets/{after.id}/solutions")).json()
    assert [each["solution_id"] for each in ranked] == [made.json()["id"]]


async def test_solutions_are_written_changed_and_deleted(
    world: World, client: httpx2.AsyncClient
) -> None:
    await world.log_in(client, world.admin)
    seeded = (await client.get("/api/solutions")).json()
    assert [each["state"] for each in seeded] == ["draft"] * 4
    path = f"/api/solutions/{seeded[0]['id']}"
    refused = await client.patch(path, json={"state": "active"})
    assert refused.status_code == 422
    changed = await client.patch(
        path, json={"state": "active", "link": "https://pw.north.test/", "version": 1}
    )
    assert (changed.json()["state"], changed.json()["version"]) == ("active", 2)
    assert (await client.patch(path, json={"minutes": 9, "version": 1})).status_code == 409
    emptied = await client.patch(path, json={"kind": "manual_steps", "link": None})
    assert emptied.json()["link"] is None
    assert (await client.get("/api/solutions", params={"state": "active"})).json()[0][
        "version"
    ] == 3
    assert (await client.delete(path)).status_code == 204
    assert (await client.get(path)).status_code == 404
    twin = await client.post("/api/solutions", json={**SOLUTION, "category": "vpn"})
    assert (
        await client.post("/api/solutions", json={**SOLUTION, "category": "vpn"})
    ).status_code == 409
    assert twin.status_code == 201


async def test_an_endpoint_is_set_up_and_its_secret_shown_once(
    world: World, client: httpx2.AsyncClient
) -> None:
    await world.log_in(client, world.admin)
    path = "/api/actions/password_reset/endpoint"
    made = (await client.put(path, json={"url": "https://it.north.test/reset"})).json()
    assert made["secret"].startswith("whsec_")
    assert made["is_enabled"] is True
    same = (await client.put(path, json={"url": "https://it.north.test/reset"})).json()
    assert same["secret"] is None
    moved = (await client.put(path, json={"url": "https://it.north.test/other"})).json()
    assert moved["secret"] not in (None, made["secret"])
    renewed = await client.put(
        path, json={"url": "https://it.north.test/other", "new_secret": True, "is_enabled": False}
    )
    assert renewed.json()["secret"] not in (None, moved["secret"])
    listed = {each["name"]: each for each in (await client.get("/api/actions")).json()}
    assert listed["password_reset"]["is_enabled"] is False
    assert "secret" not in listed["password_reset"]
    assert listed["vpn_reconnect"]["url"] is None
    assert (await client.delete(path)).status_code == 204
    assert (await client.delete(path)).status_code == 404


@pytest.mark.parametrize(
    ("action", "url", "status"),
    [
        ("launch_rocket", "https://it.north.test/", 404),
        ("password_reset", "https://10.0.0.1/", 422),
        ("password_reset", "ftp://it.north.test/", 422),
        ("password_reset", "https://user:pw@it.north.test/", 422),
    ],
)
async def test_an_endpoint_that_may_not_be_spoken_to_is_refused(
    world: World, client: httpx2.AsyncClient, action: str, url: str, status: int
) -> None:
    await world.log_in(client, world.admin)
    answer = await client.put(f"/api/actions/{action}/endpoint", json={"url": url})
    assert answer.status_code == status


async def test_an_agent_has_an_action_run_and_sees_what_came_of_it(
    world: World, client: httpx2.AsyncClient, worker: Worker
) -> None:
    opened = await world.open("Please unlock me")
    path = f"/api/tickets/{opened.number}/actions"
    async with listening(Receiver(body=b'{"status": "success", "message": "Done."}')) as endpoint:
        await world.log_in(client, world.admin)
        await client.put("/api/actions/unlock_account/endpoint", json={"url": endpoint.url})
        await world.log_in(client, world.ana)
        body = {"action": "unlock_account", "parameters": {"user": "rr"}}
        headers = {"idempotency-key": "unlock-rita-once"}
        asked = await client.post(path, json=body, headers=headers)
        assert asked.status_code == 202, asked.text
        assert asked.json()["status"] == "waiting"
        again = await client.post(path, json=body, headers=headers)
        assert again.json()["id"] == asked.json()["id"]
        await work(world, worker)
        assert len(endpoint.got) == 1
    (run,) = (await client.get(path)).json()
    assert (run["status"], run["message"], run["asked_by"]) == ("success", "Done.", "Ana Agent")
    assert run["executed_at"]
    assert (await client.get(f"/api/tickets/{opened.id}")).json()["status"] == "resolved"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PATCH", RULE),
        ("POST", "/api/solutions"),
        ("DELETE", "/api/solutions/1"),
        ("PUT", "/api/actions/password_reset/endpoint"),
        ("DELETE", "/api/actions/password_reset/endpoint"),
    ],
)
async def test_only_an_admin_changes_what_a_machine_may_do(
    world: World, client: httpx2.AsyncClient, method: str, path: str
) -> None:
    await world.log_in(client, world.ana)
    bodies = {"POST": SOLUTION, "PATCH": {"is_on": True}, "PUT": {"url": "https://x.north.test/"}}
    answer = await client.request(method, path, json=bodies.get(method))
    assert answer.status_code == 403


async def test_a_requester_sees_and_runs_nothing_of_it(
    world: World, client: httpx2.AsyncClient
) -> None:
    opened = await world.open("x")
    await world.log_in(client, world.rita)
    for path in ("/api/solutions", "/api/actions", RULE, f"/api/tickets/{opened.id}/actions"):
        assert (await client.get(path)).status_code == 403
    body = {"action": "unlock_account"}
    answer = await client.post(f"/api/tickets/{opened.id}/actions", json=body)
    assert answer.status_code == 403
