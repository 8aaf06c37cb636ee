"""Alerts over HTTP: what is taken, what is refused, what can be read and set."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from tests.world import World

Client = httpx2.AsyncClient
ALERT: dict[str, Any] = {
    "title": "Person detected in restricted zone",
    "severity": "high",
    "camera_id": 0,
    "provider_id": "cams",
    "vendor_alert_id": "evt-1",
}
ALARM: dict[str, Any] = {"alarm_type": "camera_offline", "event_id": "e-1", "camera_id": 0}
EVENT: dict[str, Any] = {
    "specversion": "1.0", "id": "1", "source": "/plant", "type": "t", "data": {"title": "Hot"},
}  # fmt: skip


def group(*alerts: tuple[str, str], **fields: Any) -> dict[str, Any]:
    """A group of Alertmanager: (name, status) each."""
    return {
        "version": "4",
        "status": "firing",
        "alerts": [
            {"status": status, "labels": {"alertname": name}, "fingerprint": name}
            for name, status in alerts
        ],
        **fields,
    }


@pytest.fixture
def sender(client: Client, world: World) -> Client:
    """A program that has a key."""
    client.headers["x-api-key"] = world.key
    return client


async def one(world: World, sql: str, **given: Any) -> Any:
    async with world.resources.db.transaction(world.company_id) as session:
        return await session.scalar(text(sql), given)


async def test_an_alert_again_is_answered_with_its_ticket(sender: Client, world: World) -> None:
    first = await sender.post("/api/tickets", json=ALERT)
    again = await sender.post("/api/tickets", json=ALERT)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["ticket_id"] == first.json()["ticket_id"]
    assert again.json()["deduplicated"] is True
    assert await one(world, "select count(*) from ticket") == 1
    assert await one(world, "select count(*) from inbound_message") == 2
    shown = (await sender.get("/api/alerts")).status_code
    assert shown == 403, "a key that may only send reads nothing"


async def test_an_alert_for_a_closed_ticket_is_answered_with_it(
    sender: Client, world: World
) -> None:
    first = (await sender.post("/api/tickets", json=ALERT)).json()
    await one(world, "update ticket set status = 'closed' returning 1")
    again = await sender.post("/api/tickets", json=ALERT)
    assert again.status_code == 200
    assert (again.json()["ticket_number"], again.json()["status"]) == (
        first["ticket_number"], "closed")  # fmt: skip


async def test_an_idempotency_key_of_an_alert_is_answered_alike(
    sender: Client, world: World
) -> None:
    key = {"Idempotency-Key": "k-1"}
    first = await sender.post("/api/tickets", json=ALERT, headers=key)
    again = await sender.post("/api/tickets", json=ALERT, headers=key)
    other = await sender.post("/api/tickets", json={**ALERT, "title": "X"}, headers=key)
    assert (again.status_code, again.json()["ticket_id"]) == (201, first.json()["ticket_id"])
    assert again.headers["idempotent-replayed"] == "true"
    assert "deduplicated" not in again.json()
    assert other.status_code == 422
    assert await one(world, "select count(*) from alert_occurrence") == 1


async def test_an_alarm_comes_repeats_and_ends(sender: Client, world: World) -> None:
    url = "/api/tickets/alarm"
    answers = [
        await sender.post(url, json={**ALARM, "event_id": each, "is_clear": each == "e-3"})
        for each in ("e-1", "e-2", "e-2", "e-3", "e-3", "e-4")
    ]
    assert [each.status_code for each in answers] == [201, 200, 200, 200, 200, 200]
    assert [each.json()["outcome"] for each in answers] == [
        "opened", "repeated", "replayed", "recovered", "replayed", "reopened"]  # fmt: skip
    assert [each.json().get("deduplicated") for each in answers] == [
        None, True, True, None, True, None]  # fmt: skip
    assert len({each.json()["ticket_id"] for each in answers}) == 1
    assert answers[3].json()["status"] == "resolved"
    assert await one(world, "select count(*) from alert_occurrence") == 4


async def test_an_alarm_of_a_camera_is_one_whoever_reports_it(sender: Client, world: World) -> None:
    url = "/api/tickets/alarm"
    by_two = [
        await sender.post(url, json={**ALARM, "provider_id": each, "severity": "high"})
        for each in ("nvr", "cloud")
    ]
    assert [each.json()["outcome"] for each in by_two] == ["opened", "repeated"]
    assert len({each.json()["ticket_id"] for each in by_two}) == 1
    assert await one(world, "select provider_id from alert") == "nvr", "who reported it is kept"
    over = await sender.post(url, json={**ALARM, "event_id": "e-2", "is_clear": True})
    assert (over.json()["outcome"], over.json()["status"]) == ("recovered", "resolved")
    # Of whose system it is when no camera is named, only its reporter can say.
    no_camera = {**ALARM, "camera_id": None, "event_id": "e-3"}
    opened = [
        (await sender.post(url, json={**no_camera, "provider_id": each})).json()["outcome"]
        for each in ("nvr", "cloud")
    ]
    assert opened == ["opened", "opened"]


async def test_a_clear_of_what_never_fired_is_kept(sender: Client, world: World) -> None:
    answer = await sender.post("/api/tickets/alarm", json={**ALARM, "is_clear": True})
    assert answer.status_code == 200
    assert (answer.json()["outcome"], answer.json()["ticket_id"]) == ("recovered", None)
    assert await one(world, "select count(*) from inbound_message") == 1


async def test_the_ticket_of_an_alarm_says_how_often_it_was_seen(
    sender: Client, client: Client, world: World
) -> None:
    for number in range(3):
        first = await sender.post("/api/tickets/alarm", json={**ALARM, "event_id": number})
    del client.headers["x-api-key"]
    await world.log_in(client, world.ana)
    ticket = (await client.get(f"/api/tickets/{first.json()['ticket_id']}")).json()
    assert (ticket["detection_count"], ticket["camera_id"]) == (3, 0)


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        ("tickets", {**ALERT, "severity": "dire"}, 422, "severity"),
        ("tickets", {**ALERT, "severity": None}, 400, "Missing required field: severity"),
        ("tickets", {}, 400, "Missing required field: title"),
        ("tickets", {**ALERT, "vendor_alert_id": {"a": 1}}, 422, "vendor_alert_id"),
        ("tickets/alarm", {"event_id": "e"}, 400, "Missing required field: alarm_type"),
        ("tickets/alarm", {**ALARM, "severity": "dire"}, 422, "severity"),
        ("alerts/alertmanager", {"version": "3", "alerts": []}, 422, "version"),
        ("alerts/alertmanager", [], 422, "body"),
        ("alerts/cloudevents", {"specversion": "1.0"}, 422, "id"),
        ("alerts/oncall", {"state": "ok"}, 422, "title"),
        ("alerts/oncall", "x", 422, "body"),
    ],
)
async def test_what_cannot_be_read_is_refused_with_its_field_and_kept(
    sender: Client, world: World, path: str, body: Any, status: int, said: str
) -> None:
    answer = await sender.post(f"/api/{path}", json=body)
    assert answer.status_code == status
    assert said in answer.json()["detail"]
    kept = answer.json()["kept_as"]
    assert await one(world, "select state from inbound_message where id = :id", id=kept) == (
        "needs_look"
    )
    assert await one(world, "select count(*) from ticket") == 0


@pytest.mark.parametrize(
    "path",
    ["tickets", "tickets/alarm", "alerts/alertmanager", "alerts/oncall", "alerts/cloudevents"],
)
async def test_no_json_is_refused_and_a_wrong_key_learns_nothing(
    client: Client, world: World, path: str
) -> None:
    answer = await client.post(
        f"/api/{path}", content=b'{"title": ', headers={"x-api-key": world.key}
    )
    assert (answer.status_code, answer.json()["errors"][0]["problem"]) == (422, "not valid JSON")
    answer = await client.post(f"/api/{path}", json={}, headers={"x-api-key": "wrong"})
    assert (answer.status_code, answer.json()["detail"]) == (401, "Invalid API key")


async def test_a_clock_in_the_future_and_a_megabyte_of_labels_are_taken(
    sender: Client, world: World
) -> None:
    body = group(("a", "firing"))
    body["alerts"][0]["startsAt"] = "2999-01-01T00:00:00Z"
    body["alerts"][0]["labels"] |= {f"l{n}": "x" * 10_000 for n in range(100)}
    answer = await sender.post("/api/alerts/alertmanager", json=body)
    assert answer.status_code == 200, answer.text
    assert await one(world, "select length(raw) > 1000000 from inbound_message")
    assert await one(world, "select first_occurred_at <= now() from alert")
    too_large = await sender.post("/api/tickets", content=b"x" * 3_000_000)
    assert too_large.status_code == 413


async def test_a_group_of_alertmanager_opens_repeats_and_resolves(
    sender: Client, world: World
) -> None:
    url = "/api/alerts/alertmanager?provider=prod"
    first = await sender.post(url, json=group(("a", "firing"), ("b", "firing")))
    second = await sender.post(url, json=group(("b", "firing"), ("a", "resolved")))
    assert first.json()["outcomes"] == {"opened": 2}
    assert [each["outcome"] for each in second.json()["alerts"]] == ["repeated", "recovered"]
    assert second.json()["alerts"][1]["status"] == "resolved"
    assert await one(world, "select string_agg(distinct provider_id, ',') from alert") == "prod"
    assert (await sender.post(url, json=group())).json()["received"] == 0


async def test_alertmanager_may_show_its_key_as_bearer(client: Client, world: World) -> None:
    headers = {"authorization": f"Bearer {world.key}"}
    answer = await client.post(
        "/api/alerts/alertmanager", json=group(("a", "firing")), headers=headers
    )
    assert answer.status_code == 200


async def test_cloudevents_structured_batched_and_binary(sender: Client, world: World) -> None:
    url = "/api/alerts/cloudevents"
    kind = {"content-type": "application/cloudevents+json; charset=utf-8"}
    one_event = await sender.post(url, json=EVENT, headers=kind)
    assert one_event.json()["outcomes"] == {"opened": 1}
    plain = await sender.post(url, json=EVENT)
    assert plain.json()["outcomes"] == {"replayed": 1}
    batch = await sender.post(
        url,
        json=[EVENT, {**EVENT, "id": "2"}, {**EVENT, "id": "3", "subject": "s"}],
        headers={"content-type": "application/cloudevents-batch+json"},
    )
    assert [each["outcome"] for each in batch.json()["alerts"]] == [
        "replayed", "repeated", "opened"]  # fmt: skip
    binary = await sender.post(
        url,
        content=b'{"title": "Hot", "state": "resolved"}',
        headers={
            "ce-specversion": "1.0", "ce-id": "4", "ce-source": "/plant", "ce-type": "t",
            "content-type": "application/json",
        },
    )  # fmt: skip
    assert binary.json()["outcomes"] == {"recovered": 1}
    assert await one(world, "select convert_from(raw, 'UTF8') from inbound_message order by id desc"
                            " limit 1") == '{"title": "Hot", "state": "resolved"}'  # fmt: skip


async def test_oncall_opens_and_ends(sender: Client) -> None:
    fires = {"alert_uid": "u", "title": "Down", "state": "alerting"}
    first = await sender.post("/api/alerts/oncall", json=fires)
    over = await sender.post("/api/alerts/oncall", json={**fires, "state": "ok"})
    assert first.json()["outcomes"] == {"opened": 1}
    assert over.json()["alerts"][0]["status"] == "resolved"


async def test_a_companys_own_mapping(client: Client, world: World) -> None:
    await world.log_in(client, world.admin)
    definition = {"provider_id": "zabbix", "title": "{e.name} on {h}", "severity": "e.sev"}
    added = await client.post(
        "/api/alert-mappings", json={"name": "zabbix", "definition": definition}
    )
    assert added.status_code == 201
    twin = await client.post(
        "/api/alert-mappings", json={"name": "zabbix", "definition": definition}
    )
    assert twin.status_code == 409
    body = {"e": {"name": "Disk full", "sev": "high"}, "h": "db1"}
    key = {"x-api-key": world.key}
    taken = await client.post("/api/alerts/generic/zabbix", json=body, headers=key)
    assert taken.json()["outcomes"] == {"opened": 1}
    assert await one(world, "select title from ticket") == "Disk full on db1"
    unknown = await client.post("/api/alerts/generic/nagios", json=body, headers=key)
    assert unknown.status_code == 404

    url = f"/api/alert-mappings/{added.json()['id']}"
    changed = await client.patch(url, json={"definition": {**definition, "title": "{h}!"}})
    assert changed.json()["definition"]["title"] == "{h}!"
    assert (await client.patch(url, json={"definition": {}})).status_code == 422
    assert len((await client.get("/api/alert-mappings")).json()) == 1
    assert (await client.delete(url)).status_code == 204
    assert (await client.get("/api/alert-mappings")).json() == []


async def test_each_alert_of_a_list_is_known_by_its_own_identity(
    client: Client, world: World
) -> None:
    await world.log_in(client, world.admin)
    definition = {
        "provider_id": "x", "alerts": "all", "title": "t", "identity": "id", "fingerprint": ["t"],
    }  # fmt: skip
    await client.post("/api/alert-mappings", json={"name": "x", "definition": definition})
    key = {"x-api-key": world.key}

    async def outcomes(*items: dict[str, Any], **more: str) -> list[str]:
        answer = await client.post(
            "/api/alerts/generic/x", json={"all": items}, headers={**key, **more}
        )
        return [each["outcome"] for each in answer.json()["alerts"]]

    a, b, other = {"t": "A", "id": 1}, {"t": "B", "id": 2}, {"t": "A", "id": 3}
    assert await outcomes(a, b) == ["opened", "opened"]
    assert await outcomes(a, b) == ["replayed", "replayed"]
    assert await outcomes(b, other, other) == ["replayed", "repeated", "replayed"]
    assert await outcomes(a) == ["replayed"], "alone it is the same report"
    nameless = {"t": "C"}
    assert await outcomes(a, nameless) == ["replayed", "opened"]
    assert await outcomes(a, nameless) == ["replayed", "repeated"]
    first = await outcomes(a, nameless, **{"idempotency-key": "k"})
    assert await outcomes(a, nameless, **{"idempotency-key": "k"}) == first
    assert await one(world, "select count(*) from alert_occurrence") == 7
    assert await one(world, "select convert_from(raw, 'UTF8') from inbound_message order by id"
                            " limit 1") == '{"t":"A","id":1}'  # fmt: skip


async def test_alerts_are_listed_filtered_and_shown(client: Client, world: World) -> None:
    key = {"x-api-key": world.key}
    for number in range(3):
        body = {**ALERT, "vendor_alert_id": f"evt-{number}", "camera_id": number}
        await client.post("/api/tickets", json=body, headers=key)
    await client.post("/api/tickets/alarm", json=ALARM, headers=key)
    await client.post("/api/tickets/alarm", json={**ALARM, "is_clear": True}, headers=key)
    await world.log_in(client, world.ana)

    async def ids(**params: Any) -> list[int]:
        answer = await client.get("/api/alerts", params=params)
        assert answer.status_code == 200, answer.text
        return [each["id"] for each in answer.json()["alerts"]]

    everything = await ids()
    assert everything == sorted(everything, reverse=True)
    assert len(everything) == 4
    assert await ids(state="recovered") == everything[:1]
    assert await ids(active=True) == everything[1:]
    assert await ids(camera_id=0) == [everything[0], everything[3]]
    assert await ids(provider_id="alarm") == everything[:1]
    assert await ids(severity="HIGH", q="person*zone") == everything[1:]
    assert await ids(q="100%") == []
    page = (await client.get("/api/alerts", params={"limit": 3})).json()
    assert await ids(before=page["next_before"]) == everything[3:]

    shown = (await client.get(f"/api/alerts/{everything[0]}")).json()
    assert [each["outcome"] for each in shown["occurrences"]] == ["recovered", "opened"]
    assert (shown["state"], shown["ticket_status"]) == ("recovered", "resolved")
    assert (await client.get("/api/alerts/99999")).status_code == 404
    assert (await client.get("/api/alerts", params={"state": "x"})).status_code == 422


async def test_how_often_alerts_are_false_by_provider_and_camera(
    client: Client, world: World
) -> None:
    key = {"x-api-key": world.key}
    for number, status in enumerate(["false_positive", "resolved", "open", "false_positive"]):
        body = {**ALERT, "vendor_alert_id": str(number), "camera_id": number % 2}
        made = await client.post("/api/tickets", json=body, headers=key)
        await one(
            world, "update ticket set status = :status where id = :id returning 1",
            status=status, id=int(made.json()["ticket_id"]),
        )  # fmt: skip
    await world.log_in(client, world.ana)
    told = (await client.get("/api/alerts/quality")).json()
    (provider,) = told["providers"]
    assert (provider["alerts"], provider["finished"], provider["false_positives"]) == (4, 3, 2)
    assert provider["false_positive_share"] == 0.6667
    cameras = {each["camera_id"]: each["false_positive_share"] for each in told["cameras"]}
    assert cameras == {0: 1.0, 1: 0.5}


async def test_providers_are_listed_and_changed_at_once(client: Client, world: World) -> None:
    key = {"x-api-key": world.key}
    for host in ("a", "b"):
        body = {**ALERT, "vendor_alert_id": host, "alert_data": {"host": "db1"}}
        await client.post("/api/tickets", json=body, headers=key)
    await world.log_in(client, world.admin)
    url = "/api/alert-providers/cams"
    changed = await client.patch(url, json={"fingerprint_fields": ["alert_data.host"]})
    assert changed.json()["fingerprint_fields"] == ["alert_data.host"]
    tickets = set()
    for host in ("c", "d"):
        body = {**ALERT, "vendor_alert_id": host, "alert_data": {"host": "db1"}}
        tickets.add((await client.post("/api/tickets", json=body, headers=key)).json()["ticket_id"])
    assert len(tickets) == 1
    assert [each["provider_id"] for each in (await client.get("/api/alert-providers")).json()] == [
        "cams"
    ]
    for wrong in ({"group_by": ["password"]}, {"flap_stop": 8}, {"storm_seconds": 0}, {"x": 1}):
        assert (await client.patch(url, json=wrong)).status_code == 422, wrong
    assert (await client.patch("/api/alert-providers/none", json={})).status_code == 404
    assert (await client.get(url)).json()["storm_alerts"] == 1000


async def test_a_maintenance_window_over_http(client: Client, world: World) -> None:
    await world.log_in(client, world.admin)
    now = datetime.now(UTC)
    body = {
        "name": "Firmware", "camera_ids": [0], "starts_at": (now - timedelta(minutes=1)).isoformat(),
        "ends_at": (now + timedelta(hours=1)).isoformat(),
    }  # fmt: skip
    added = await client.post("/api/maintenance-windows", json=body)
    assert added.status_code == 201, added.text
    kept = await client.post("/api/tickets", json=ALERT, headers={"x-api-key": world.key})
    assert (kept.status_code, kept.json()["ticket_id"]) == (200, None)
    (listed,) = (await client.get("/api/maintenance-windows")).json()
    assert (listed["held_back"], listed["created_by"]) == (1, "Ada Admin")
    url = f"/api/maintenance-windows/{added.json()['id']}"
    assert (await client.patch(url, json={"ends_at": body["starts_at"]})).status_code == 422
    assert (await client.patch(url, json={"name": "Other"})).json()["name"] == "Other"
    ended = await client.delete(url)
    assert datetime.fromisoformat(ended.json()["ends_at"]) < now + timedelta(minutes=1)
    assert (await client.delete("/api/maintenance-windows/999")).status_code == 404


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"camera_ids": [0, 1_099_511_627_776]}, "camera_ids"),
        ({"camera_ids": [-(2**31)]}, "camera_ids"),
        ({"ends_at": "9999-12-31T23:59:59-12:00"}, "ends_at"),
        ({"starts_at": "0001-01-01T00:00:00+12:00"}, "starts_at"),
    ],
)
async def test_a_window_that_cannot_be_kept_is_refused(
    client: Client, world: World, changed: dict[str, Any], field: str
) -> None:
    await world.log_in(client, world.admin)
    now = datetime.now(UTC)
    body = {
        "name": "W",
        "starts_at": now.isoformat(),
        "ends_at": (now + timedelta(hours=1)).isoformat(),
    }
    added = await client.post("/api/maintenance-windows", json={**body, "camera_ids": [2**31 - 1]})
    assert added.status_code == 201
    refused = await client.post("/api/maintenance-windows", json={**body, **changed})
    assert refused.status_code == 422
    assert field in refused.text
    if field != "camera_ids":
        url = f"/api/maintenance-windows/{added.json()['id']}"
        assert (await client.patch(url, json=changed)).status_code == 422
    assert (await client.get("/api/maintenance-windows")).status_code == 200


async def test_a_heartbeat_over_http(client: Client, world: World) -> None:
    await world.log_in(client, world.admin)
    body = {"name": "nightly backup", "every_seconds": 60}
    added = await client.post("/api/heartbeats", json=body)
    assert (added.status_code, added.json()["state"]) == (201, "waiting")
    assert (await client.post("/api/heartbeats", json=body)).status_code == 409
    for wrong in ({**body, "name": "17"}, {**body, "every_seconds": 0}, {"name": "x"}):
        assert (await client.post("/api/heartbeats", json=wrong)).status_code == 422, wrong
    beaten = await client.post(
        "/api/heartbeats/nightly backup/beat", headers={"x-api-key": world.key}
    )
    assert (beaten.json()["state"], beaten.json()["beats"]) == ("alive", 1)
    url = f"/api/heartbeats/{added.json()['id']}"
    assert (await client.get(url)).json()["due_at"]
    assert (await client.patch(url, json={"every_seconds": 5})).json()["every_seconds"] == 5
    assert len((await client.get("/api/heartbeats")).json()) == 1
    assert (await client.delete(url)).status_code == 204
    assert (await client.get(url)).status_code == 404


async def test_thirty_of_one_alarm_at_once_over_http(sender: Client, world: World) -> None:
    answers = await asyncio.gather(
        *(sender.post("/api/tickets/alarm", json={**ALARM, "event_id": n}) for n in range(30))
    )
    assert sorted(each.status_code for each in answers) == [200] * 29 + [201]
    assert len({each.json()["ticket_id"] for each in answers}) == 1
    assert await one(world, "select count(*) from alert_occurrence") == 30
