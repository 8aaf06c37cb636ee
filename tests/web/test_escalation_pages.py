"""The page of escalation and of who is on call."""

from typing import Any

import httpx2
import pytest

from tests.world import World

HOME = "/settings/escalation"
POLICY: dict[str, Any] = {
    "name": "Night watch", "trigger": "opened", "priorities": ["critical"], "minutes": ["0", "15"],
    "whom": ["admins", ""], "give": ["0"], "call": ["0"],
}  # fmt: skip


@pytest.fixture
async def admin(client: httpx2.AsyncClient, world: World) -> httpx2.AsyncClient:
    await world.log_in(client, world.admin)
    return client


async def test_a_policy_is_made_tried_switched_off_and_deleted(
    admin: httpx2.AsyncClient, world: World
) -> None:
    ticket = await world.open()
    made = await admin.post(HOME, data=POLICY)
    assert made.status_code == 303, made.text
    page = (await admin.get(HOME)).text
    assert "When a ticket is opened, priority critical" in page
    assert "at once: tell the admins, give it to the admins, tell webhooks" in page

    (policy,) = (await admin.get("/api/escalation-policies")).json()
    where = f"{HOME}/{policy['id']}"
    tried = await admin.get(f"{where}/try", params={"ticket": ticket.number})
    assert "Told: Ada Admin. Given to Ada Admin. Webhooks that ask" in tried.text
    missing = await admin.get(f"{where}/try", params={"ticket": "TKT-20200101-999"})
    assert missing.status_code == 422
    await admin.post(f"{where}/switch", data={})
    assert "Switch on" in (await admin.get(HOME)).text
    await admin.post(f"{where}/delete", data={})
    assert "Nothing escalates yet" in (await admin.get(HOME)).text


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"trigger": "full moon"},
        {"whom": ["", ""]},
        {"whom": ["everybody"]},
        {"whom": ["person:"]},
        {"minutes": ["soon"]},
        {"minutes": ["-1"]},
        {"severity_min": "huge"},
        {"priorities": ["huge"]},
    ],
)
async def test_nonsense_is_told_on_the_page(
    admin: httpx2.AsyncClient, wrong: dict[str, Any]
) -> None:
    answer = await admin.post(HOME, data={**POLICY, **wrong})

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert (await admin.get("/api/escalation-policies")).json() == []


async def test_a_rota_turns_and_somebody_stands_in(admin: httpx2.AsyncClient, world: World) -> None:
    given = {"name": "Nights", "people": [str(world.ana.id)], "starts_on": "2026-01-05"}
    assert (await admin.post(f"{HOME}/on-call", data=given)).status_code == 303
    assert "now: Ana Agent" in (await admin.get(HOME)).text
    (rota,) = (await admin.get("/api/shift-roster")).json()
    where = f"{HOME}/on-call/{rota['id']}"
    shift = {
        "person": str(world.bo.id), "starts_at": "2026-01-06T10:00", "ends_at": "2026-12-31T10:00",
    }  # fmt: skip
    assert (await admin.post(f"{where}/shifts", data=shift)).status_code == 303
    assert "now: Bo Agent" in (await admin.get(HOME)).text
    wrong = await admin.post(f"{where}/shifts", data=shift | {"ends_at": "later"})
    assert wrong.status_code == 422
    (rota,) = (await admin.get("/api/shift-roster")).json()
    await admin.post(f"{where}/shifts/{rota['shifts'][0]['id']}/delete", data={})
    assert "now: Ana Agent" in (await admin.get(HOME)).text
    await admin.post(f"{where}/delete", data={})
    assert "Nobody is on call" in (await admin.get(HOME)).text


async def test_agents_see_and_do_not_change(client: httpx2.AsyncClient, world: World) -> None:
    await world.log_in(client, world.ana)
    page = (await client.get(HOME)).text

    assert "A new policy" not in page
    assert (await client.post(HOME, data=POLICY)).status_code == 403
