"""Chats and gateways are changed, in the form and by the API, and keep their secrets."""

import json
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from tests.receiver import Receiver, listening
from tests.world import World
from ticketyard.core.sealing import Sealer
from ticketyard.notify.telling.leaving import send_due_notifications

HOME = "/settings/notifications"


@pytest.fixture
async def admin(client: httpx2.AsyncClient, world: World) -> httpx2.AsyncClient:
    await world.log_in(client, world.admin)
    client.headers["origin"] = "http://desk.test"
    async with world.resources.db.transaction(world.company_id) as session:
        await session.execute(
            text("update person set phone = '+77001234567' where id = :id"), {"id": world.admin.id}
        )
    return client


async def secret(world: World) -> dict[str, str]:
    async with world.resources.db.transaction(world.company_id) as session:
        sealed = await session.scalar(text("select secret from notification_target"))
    found: dict[str, str] = json.loads(world.resources.part(Sealer).open(sealed))
    return found


async def tested(admin: httpx2.AsyncClient, world: World) -> None:
    await admin.post(f"{HOME}/targets/1/test")
    await send_due_notifications(world.resources, world.company_id)


async def test_a_gateway_of_forms_is_entered_and_changed_in_the_form(
    admin: httpx2.AsyncClient, world: World
) -> None:
    async with listening(Receiver()) as receiver:
        given = {
            "target": "sms", "name": "Gateway", "url": receiver.url, "header_name": "X-Key",
            "header_value": "sesame", "content_type": "application/x-www-form-urlencoded",
            "body_template": "to={{to}}&text={{text}}",
        }  # fmt: skip
        added = await admin.post(f"{HOME}/targets", data=given)
        assert added.status_code == 303, added.text
        await tested(admin, world)
        page = (await admin.get(f"{HOME}?change=1")).text
        assert 'value="Gateway"' in page
        assert '"application/x-www-form-urlencoded" selected' in page
        assert "sesame" not in page
        assert receiver.url not in page
        change = {"name": "SMS", "content_type": "application/json"}
        refused = await admin.post(f"{HOME}/targets/1", data=change)
        assert refused.status_code == 422  # the body that stayed is no JSON
        change["body_template"] = '{"n": "{{to}}", "t": "{{text}}"}'
        assert (await admin.post(f"{HOME}/targets/1", data=change)).status_code == 303
        await tested(admin, world)
    form, as_json = receiver.got
    assert form.headers["content-type"] == "application/x-www-form-urlencoded"
    assert form.body.startswith(b"to=%2B77001234567&text=This+is+a+test")
    assert as_json.headers["content-type"] == "application/json"
    assert json.loads(as_json.body)["n"] == "+77001234567"
    assert [each.headers["x-key"] for each in receiver.got] == ["sesame", "sesame"]
    assert "SMS" in (await admin.get(HOME)).text


async def test_a_chat_is_changed_by_the_api_and_what_is_empty_stays(
    admin: httpx2.AsyncClient, world: World
) -> None:
    url = "http://127.0.0.1:9/services/secret"
    made = await admin.post(
        "/api/notifications/targets",
        json={"kind": "slack", "name": "#desk", "url": url, "event_kinds": ["assigned"]},
    )
    path = f"/api/notifications/targets/{made.json()['id']}"
    changed = await admin.patch(path, json={"event_kinds": ["sla_breached"], "url": ""})
    assert changed.json()["event_kinds"] == ["sla_breached"], changed.text
    assert (await admin.patch(path, json={"name": "#night"})).json()["name"] == "#night"
    off = (await admin.patch(path, json={"is_enabled": False})).json()
    assert (off["is_enabled"], off["name"], off["event_kinds"]) == (
        False,
        "#night",
        ["sla_breached"],
    )
    assert (await secret(world))["url"] == url
    moved = await admin.patch(path, json={"url": "http://127.0.0.1:9/other"})
    assert moved.json()["host"] == "127.0.0.1"
    assert (await secret(world))["url"] == "http://127.0.0.1:9/other"
    assert (await admin.patch(path, json={"event_kinds": []})).status_code == 422
    assert (await admin.patch(path, json={"url": "http://10.0.0.1/"})).status_code == 422
    assert (
        await admin.patch("/api/notifications/targets/99", json={"name": "x"})
    ).status_code == 404


async def test_a_header_is_not_carried_to_another_host(
    admin: httpx2.AsyncClient, world: World
) -> None:
    given = {
        "kind": "sms", "name": "Gateway", "url": "http://127.0.0.1:9/", "header_name": "X-Key",
        "header_value": "sesame", "body_template": '["{{to}}", "{{text}}"]',
    }  # fmt: skip
    made = await admin.post("/api/notifications/targets", json=given)
    path = f"/api/notifications/targets/{made.json()['id']}"
    elsewhere = {"url": "https://evil.example/"}
    refused = await admin.patch(path, json=elsewhere)
    assert refused.status_code == 422
    assert (await secret(world))["url"] == "http://127.0.0.1:9/"
    again = await admin.patch(path, json={**elsewhere, "header_value": "other"})
    assert again.status_code == 200, again.text
    kept = await secret(world)
    assert (kept["header_name"], kept["header_value"]) == ("X-Key", "other")


@pytest.mark.parametrize(
    "name", ["Host", "content-length", "Transfer-Encoding", "CONNECTION", "Content-Type"]
)
async def test_a_gateway_cannot_set_what_is_ours(admin: httpx2.AsyncClient, name: str) -> None:
    given: dict[str, Any] = {
        "kind": "sms", "name": "Gateway", "url": "http://127.0.0.1:9/", "header_name": name,
        "header_value": "x", "body_template": '["{{to}}", "{{text}}"]',
    }  # fmt: skip
    refused = await admin.post("/api/notifications/targets", json=given)
    assert refused.status_code == 422
    assert "set by the desk itself" in refused.text
