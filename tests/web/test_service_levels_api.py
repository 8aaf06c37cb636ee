"""Clocks explained, policies, calendars and what-if over HTTP."""

from datetime import timedelta
from typing import Any

import httpx2
import pytest

from tests.sla.conftest import START, Desk
from tests.world import World
from ticketyard.core.jobs import Worker
from ticketyard.tickets.changing_status import change_status

HOUR = 3600
BERLIN = {
    "name": "Berlin office",
    "zone": "Europe/Berlin",
    "hours": {day: [["09:00", "17:00"]] for day in ("monday", "tuesday", "wednesday")},
    "country": "de",
    "holidays": [{"on_date": "2030-03-05", "name": "Inventory"}],
}


@pytest.fixture
def desk(world: World, worker: Worker) -> Desk:
    """The desk of tests/sla."""
    return Desk(world, worker)


@pytest.fixture
async def admin(desk: Desk, client: httpx2.AsyncClient) -> httpx2.AsyncClient:
    """The admin, logged in."""
    await desk.world.log_in(client, desk.world.admin)
    return client


async def stop_clock(desk: Desk, admin: httpx2.AsyncClient, seconds: float = 0) -> None:
    """From here on the desk's clock moves only when told; who was logged in before is no more."""
    desk.at(seconds)
    desk.world.resources.db.clock = lambda: desk.now
    await desk.world.log_in(admin, desk.world.admin)


async def test_a_clock_adds_up_to_the_second(desk: Desk, admin: httpx2.AsyncClient) -> None:
    await stop_clock(desk, admin)
    ana = desk.world.as_person(desk.world.ana)
    calendar = (await admin.post("/api/sla-calendars", json=BERLIN)).json()
    policy = {
        "name": "Acme", "organization_id": "acme", "calendar_id": calendar["id"],
        "targets": {"resolution": {"any": 10 * HOUR}, "first_response": {"any": 2 * HOUR}},
    }  # fmt: skip
    assert (await admin.post("/api/sla-policies", json=policy)).status_code == 201
    desk.at(1)
    ticket = await desk.world.open(organization_id="acme")
    desk.at(HOUR + 1)
    async with desk.world.resources.db.transaction(desk.world.company_id) as session:
        await change_status(session, ticket_id=ticket.id, status="pending", by=ana)
    desk.at(2 * HOUR + 1)
    async with desk.world.resources.db.transaction(desk.world.company_id) as session:
        await change_status(session, ticket_id=ticket.id, status="in_progress", by=ana)
    # Wednesday, ten o'clock in Berlin: Tuesday was closed for the inventory.
    await stop_clock(desk, admin, 48 * HOUR)

    answer = (await admin.get(f"/api/tickets/{ticket.number}/sla")).json()
    first, resolution = answer["clocks"]

    assert (first["state"], first["elapsed_seconds"]) == ("met", HOUR)
    assert resolution["state"] == "running"
    # Monday 09:00:01 to 10:00:01 and 11:00:01 to 16:00 UTC, Wednesday 08:00 to 09:00 UTC.
    assert resolution["elapsed_seconds"] == HOUR + (5 * HOUR - 1) + HOUR
    assert sum(each["counted_seconds"] for each in resolution["intervals"]) == 7 * HOUR - 1
    assert [each["state"] for each in resolution["intervals"]] == ["running", "paused", "running"]
    assert resolution["intervals"][1]["why"] == "Ana Agent set it to pending"
    spans = resolution["intervals"][2]["spans"]
    assert [each["seconds"] for each in spans] == [5 * HOUR - 1, HOUR]
    assert resolution["remaining_seconds"] == 3 * HOUR + 1
    assert resolution["due_at"] == "2030-03-06T12:00:01Z"
    assert resolution["says"] == (
        "6 h 59 min 59 s of working time of 10 h (policy Acme, Berlin office, Europe/Berlin), not "
        "counting 1 h for which it stood still. It runs."
    )


async def test_a_policy_changes_what_runs_and_leaves_what_stopped(
    desk: Desk, admin: httpx2.AsyncClient
) -> None:
    await stop_clock(desk, admin)
    ana = desk.world.as_person(desk.world.ana)
    done, open_ = await desk.world.open(priority="high"), await desk.world.open(priority="high")
    desk.at(HOUR)
    async with desk.world.resources.db.transaction(desk.world.company_id) as session:
        await change_status(session, ticket_id=done.id, status="resolved", by=ana)
    await desk.settle()
    (policy,) = (await admin.get("/api/sla-policies")).json()
    changed = {name: policy[name] for name in policy if name != "id"}
    changed["targets"] = {"resolution": {"any": 1800}}

    asked = {"policy_id": policy["id"], "policy": changed}
    seen = (await admin.post("/api/sla-policies/preview", json=asked)).json()
    assert (seen["looked_at"], seen["changed"], seen["newly_broken"]) == (1, 1, 1)
    desk.at(HOUR + 60)
    put = await admin.put(f"/api/sla-policies/{policy['id']}", json=changed)
    assert put.json()["targets"] == changed["targets"]
    await desk.settle()

    assert await desk.told(done.id) == []
    assert await desk.told(open_.id) == [("sla.breached", "resolution", 1)]
    (stopped,) = [each for each in await _clocks(admin, done.id) if each["clock"] == "resolution"]
    assert (stopped["state"], stopped["target_seconds"]) == ("met", 24 * HOUR)
    listed = (await admin.get("/api/tickets?sla_breach=true")).json()["items"]
    assert [each["id"] for each in listed] == [open_.id]
    assert (await admin.get("/api/tickets/stats")).json()["sla_breaches"] == 1


async def test_calendars_keep_public_holidays(admin: httpx2.AsyncClient) -> None:
    made = (await admin.post("/api/sla-calendars", json=BERLIN)).json()
    path = f"/api/sla-calendars/{made['id']}"

    origins = {each["on_date"][5:]: each["origin"] for each in made["holidays"]}
    assert origins["12-25"] == "country"
    assert origins["03-05"] == "own"
    assert (await admin.get(path)).json() == made
    assert (await admin.put(path, json=BERLIN | {"country": ""})).json()["holidays"] == [
        {"on_date": "2030-03-05", "name": "Inventory", "origin": "own"}
    ]
    assert (await admin.delete(path)).status_code == 204
    assert (await admin.get(path)).status_code == 404


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"zone": "Mars/Olympus"}, 422),
        ({"hours": {}}, 422),
        ({"hours": {"monday": [["17:00", "09:00"]]}}, 422),
        ({"hours": {"monday": [["09:00", "12:00"], ["11:00", "13:00"]]}}, 422),
        ({"hours": {"monday": [["9", "12:00"]]}}, 422),
        ({"hours": {"someday": [["09:00", "12:00"]]}}, 422),
        ({"country": "XX"}, 422),
        ({"name": "Office hours"}, 409),
        ({"hours": {"monday": [["00:00", "24:00"]]}}, 201),
        ({"always": True, "hours": {}}, 201),
    ],
)
async def test_bad_calendars_are_refused(
    admin: httpx2.AsyncClient, change: dict[str, Any], status: int
) -> None:
    assert (await admin.post("/api/sla-calendars", json=BERLIN | change)).status_code == status


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"calendar_id": 999_999}, 422),
        ({"targets": {"resolution": {"any": 59}}}, 422),
        ({"targets": {"lunch": {"any": 3600}}}, 422),
        ({"category": "no such"}, 422),
        ({"pauses": ["resolved"]}, 422),
        ({"warn_percent": 100}, 422),
        ({"name": "Standard"}, 409),
        ({"category": "VPN"}, 201),
        ({"warn_percent": None, "priorities": ["low"], "severities": ["info"]}, 201),
    ],
)
async def test_bad_policies_are_refused(
    admin: httpx2.AsyncClient, change: dict[str, Any], status: int
) -> None:
    (calendar, _) = (await admin.get("/api/sla-calendars")).json()
    policy = {"name": "Gold", "calendar_id": calendar["id"], "targets": {"resolution": {"any": 60}}}

    assert (await admin.post("/api/sla-policies", json=policy | change)).status_code == status


async def test_a_calendar_in_use_stays(admin: httpx2.AsyncClient) -> None:
    (policy,) = (await admin.get("/api/sla-policies")).json()
    path = f"/api/sla-calendars/{policy['calendar_id']}"

    assert (await admin.delete(path)).status_code == 409
    assert (await admin.delete(f"/api/sla-policies/{policy['id']}")).status_code == 204
    assert (await admin.delete(path)).status_code == 204


async def _clocks(admin: httpx2.AsyncClient, ticket_id: int) -> list[dict[str, Any]]:
    answer = await admin.get(f"/api/tickets/{ticket_id}/sla")
    clocks: list[dict[str, Any]] = answer.json()["clocks"]
    return clocks


def test_the_desk_begins_on_a_monday() -> None:
    assert START.weekday() == 0
    assert START.utcoffset() == timedelta(0)
