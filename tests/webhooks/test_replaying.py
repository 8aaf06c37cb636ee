"""Sending again by hand, by the API, as an admin does it."""

import json
import re
from datetime import timedelta

import httpx2
import pytest
from sqlalchemy import text

from tests.receiver import Receiver
from tests.webhooks.conftest import Hook, Run
from tests.world import World
from ticketyard.core.clock import utc_now
from ticketyard.webhooks import replaying


@pytest.fixture
async def admin(client: httpx2.AsyncClient, world: World) -> httpx2.AsyncClient:
    await world.log_in(client, world.admin)
    return client


async def test_an_admin_adds_one_sees_its_secret_once_and_what_became_of_it(
    admin: httpx2.AsyncClient, world: World, receiver: Receiver, deliver: Run
) -> None:
    made = await admin.post(
        "/api/webhooks", json={"url": receiver.url, "event_types": ["ticket.*"], "name": "Mine"}
    )
    assert made.status_code == 201, made.text
    assert made.json()["secret"].startswith("whsec_")
    assert "secret" not in (await admin.get("/api/webhooks")).json()[0]
    id_ = made.json()["id"]
    receiver.status, receiver.body = 500, b"no"
    await world.open()
    await deliver()
    (found,) = (await admin.get(f"/api/webhooks/{id_}/deliveries")).json()
    assert (found["state"], found["event_type"], found["attempts"]) == (
        "waiting",
        "ticket.opened",
        1,
    )
    (tried,) = found["tries"]
    assert (tried["status"], tried["answer"], tried["problem"]) == (500, "no", None)
    assert (await admin.get("/api/webhooks")).json()[0]["waiting"] == 1
    receiver.status = 200
    again = await admin.post(f"/api/webhooks/{id_}/deliveries/{found['id']}/replay")
    assert again.status_code == 202, again.text
    await deliver()
    assert len({got.headers["webhook-id"] for got in receiver.got}) == 1
    assert len(receiver.got) == 2
    assert (await admin.post(f"/api/webhooks/{id_}/secret")).json()["secret"] != made.json()[
        "secret"
    ]
    assert (await admin.delete(f"/api/webhooks/{id_}")).status_code == 204
    assert (await admin.get(f"/api/webhooks/{id_}/deliveries")).status_code == 404


async def test_a_test_says_that_nothing_happened(
    admin: httpx2.AsyncClient, hook: Hook, receiver: Receiver, deliver: Run
) -> None:
    asked = await admin.post(f"/api/webhooks/{hook.id}/test")
    assert asked.status_code == 202, asked.text
    await deliver()
    (got,) = receiver.got
    assert json.loads(got.body)["type"] == "webhook.test"
    assert got.headers["webhook-id"] == asked.json()["message_id"]


async def test_all_since_an_instant_is_told_again_also_from_before_it_was_there(
    admin: httpx2.AsyncClient, world: World, receiver: Receiver, deliver: Run
) -> None:
    before = await world.open()
    made = await admin.post(
        "/api/webhooks", json={"url": receiver.url, "event_types": ["ticket.opened"]}
    )
    after = await world.open()
    await deliver()
    assert len(receiver.got) == 1
    since = (utc_now() - timedelta(hours=1)).isoformat()
    asked = await admin.post(f"/api/webhooks/{made.json()['id']}/replay", json={"since": since})
    told = asked.json()
    assert (told["count"], told["next_since"]) == (2, None)
    assert told["last_at"] > since
    await deliver()
    numbers = [json.loads(got.body)["data"]["ticket"]["number"] for got in receiver.got]
    assert sorted(numbers) == sorted([after.number, before.number, after.number])
    ids = [got.headers["webhook-id"] for got in receiver.got]
    assert len(set(ids)) == 2
    future = (utc_now() + timedelta(hours=1)).isoformat()
    later = await admin.post(f"/api/webhooks/{made.json()['id']}/replay", json={"since": future})
    assert later.json() == {"count": 0, "last_at": None, "next_since": None}


async def test_only_dead_letters_are_told_again_where_that_is_asked(
    admin: httpx2.AsyncClient, world: World, hook: Hook, receiver: Receiver, deliver: Run
) -> None:
    await world.open()
    await deliver()
    receiver.status = 410
    await world.open()
    await deliver()
    asked = {"since": (utc_now() - timedelta(hours=1)).isoformat(), "only_failed": True}
    refused = await admin.post(f"/api/webhooks/{hook.id}/replay", json=asked)
    assert refused.status_code == 409
    await admin.patch(f"/api/webhooks/{hook.id}", json={"is_enabled": True})
    receiver.status = 200
    again = await admin.post(f"/api/webhooks/{hook.id}/replay", json=asked)
    assert again.json()["count"] == 1
    await deliver()
    assert [each.state for each in await hook.deliveries()] == ["delivered", "delivered"]


@pytest.mark.parametrize("only_failed", [False, True])
async def test_more_than_one_step_is_gone_on_with_and_nothing_is_left_out(
    admin: httpx2.AsyncClient, world: World, hook: Hook, monkeypatch: pytest.MonkeyPatch,
    only_failed: bool,
) -> None:  # fmt: skip
    monkeypatch.setattr(replaying, "REPLAY_MAX", 3)
    for _ in range(8):
        await world.open()
    async with world.resources.db.transaction(world.company_id) as session:
        # Two at one instant, where a step would end between them; what happened is never changed.
        await session.execute(
            text("update webhook_delivery set state = 'failed', settled_at = now(),"
                 " created_at = now() - interval '10 minutes'"
                 "   + interval '1 minute' * case when id = 4 then 3 else id end")
        )  # fmt: skip
    asked = {"since": (utc_now() - timedelta(hours=1)).isoformat(), "only_failed": only_failed}
    steps: list[int] = []
    while asked["since"]:
        answer = await admin.post(f"/api/webhooks/{hook.id}/replay", json=asked)
        steps.append(answer.json()["count"])
        asked["since"] = answer.json()["next_since"]
    assert steps == ([4, 3, 1] if only_failed else [3, 3, 2])
    assert [each.state for each in await hook.deliveries()] == ["waiting"] * 8


async def test_the_page_says_that_there_is_more_and_goes_on(
    admin: httpx2.AsyncClient, world: World, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replaying, "REPLAY_MAX", 2)
    admin.headers["origin"] = "http://desk.test"
    for _ in range(3):
        await world.open()
    home = f"/settings/webhooks/{hook.id}"
    first = await admin.post(f"{home}/replay", data={"age": "week"})
    page = (await admin.get(first.headers["location"])).text
    assert "Sending 2 again, of what happened until 20" in page
    assert "Go on from there" in page
    (since,) = re.findall(r'name="since" value="([^"]+)"', page)
    last = await admin.post(f"{home}/replay", data={"since": since})
    assert last.headers["location"] == home
    page = (await admin.get(home)).text
    assert "Sending 1 again." in page
    assert "Go on from there" not in page


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "http://127.0.0.2/x", "event_types": ["*"]},
        {"url": "http://[::1]/x", "event_types": ["*"]},
        {"url": "ftp://a.example/x", "event_types": ["*"]},
        {"url": "https://u:p@a.example/", "event_types": ["*"]},
        {"url": "https://a.example/", "event_types": []},
        {"url": "https://a.example/", "event_types": ["nothing.such"]},
        {"url": "https://a.example/", "event_types": ["ticket.%"]},
        {"url": "https://a.example/", "event_types": ["*"], "secret": "mine"},
        {"url": "https://a.example/"},
    ],
)
async def test_what_cannot_be_an_endpoint_is_refused(
    admin: httpx2.AsyncClient, wrong: dict[str, object]
) -> None:
    refused = await admin.post("/api/webhooks", json=wrong)
    assert refused.status_code == 422, refused.text
    assert (await admin.get("/api/webhooks")).json() == []


async def test_agents_have_no_say_in_it(
    client: httpx2.AsyncClient, world: World, hook: Hook
) -> None:
    await world.log_in(client, world.ana)
    assert (await client.get("/api/webhooks")).status_code == 403
    assert (await client.post(f"/api/webhooks/{hook.id}/test")).status_code == 403
