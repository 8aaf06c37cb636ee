"""Telephone numbers: how they get to where SMS go."""

import json

import httpx2
import pytest
from sqlalchemy import text

from tests.receiver import Receiver, listening
from tests.world import PASSWORD, World
from ticketyard.notify.telling.leaving import send_due_notifications
from ticketyard.people.accounts import checked_phone
from ticketyard.people.errors import BadPhone


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("+77001234567", "+77001234567"), (" +7 (700) 123-45.67 ", "+77001234567"),
        ("+4512345678", "+4512345678"), ("", None), ("  ", None),
    ],
)  # fmt: skip
def test_a_number_is_kept_as_a_gateway_wants_it(written: str, kept: str | None) -> None:
    assert checked_phone(written) == kept


@pytest.mark.parametrize(
    "wrong",
    ["87001234567", "+0123456789", "+123456", "+1234567890123456", "+7700x234567", "+", "+٧٧٠٠١٢٣٤٥٦٧",
     "+77001234567;+77001234568"],
)  # fmt: skip
def test_what_is_no_number_is_refused(wrong: str) -> None:
    with pytest.raises(BadPhone):
        checked_phone(wrong)


async def test_an_admin_sets_and_clears_a_number(client: httpx2.AsyncClient, world: World) -> None:
    await world.log_in(client, world.admin)
    path = f"/api/people/{world.ana.id}"
    set_ = await client.patch(path, json={"phone": "+7 700 123-45-67"})
    assert set_.json()["phone"] == "+77001234567", set_.text
    assert (await client.patch(path, json={"name": "Ana A."})).json()["phone"] == "+77001234567"
    refused = await client.patch(path, json={"phone": "call me"})
    assert refused.status_code == 422
    assert "country" in refused.text
    assert (await client.patch(path, json={"phone": ""})).json()["phone"] is None
    new = {"name": "Cy", "email": "cy@example.com", "phone": "+4512345678"}
    assert (await client.post("/api/people", json=new)).json()["phone"] == "+4512345678"
    assert (
        await client.post("/api/people", json={**new, "email": None, "phone": "12"})
    ).status_code == 422


async def test_one_enters_ones_own_number_and_hears_by_sms(
    client: httpx2.AsyncClient, world: World
) -> None:
    """Through the pages alone, from the account to the gateway."""
    await world.log_in(client, world.admin)
    client.headers["origin"] = "http://desk.test"
    form = {"name": "Ada Admin", "email": "ada@example.com", "present_password": PASSWORD}
    refused = await client.post("/settings/account", data={**form, "phone": "8 700"})
    assert refused.status_code == 422
    assert 'value="8 700"' in refused.text
    saved = await client.post("/settings/account", data={**form, "phone": "+7 700 1234567"})
    assert saved.status_code == 303, saved.text
    assert 'value="+77001234567"' in (await client.get("/settings/account")).text
    # A form that does not know of numbers leaves it alone.
    assert (await client.post("/settings/account", data=form)).status_code == 303
    async with listening(Receiver()) as receiver:
        await client.post(
            "/settings/notifications/targets",
            data={"target": "sms", "name": "Gateway", "url": receiver.url,
                  "body_template": '{"to": "{{to}}", "text": "{{text}}"}'},
        )  # fmt: skip
        await client.post("/settings/notifications/targets/1/test")
        await send_due_notifications(world.resources, world.company_id)
        assert json.loads(receiver.got[0].body)["to"] == "+77001234567"


async def test_a_number_that_came_with_a_ticket_may_stay_as_it_is(
    client: httpx2.AsyncClient, world: World
) -> None:
    async with world.resources.db.transaction(world.company_id) as session:
        await session.execute(
            text("update person set phone = 'ext. 12' where id = :id"), {"id": world.ana.id}
        )
    await world.log_in(client, world.ana)
    client.headers["origin"] = "http://desk.test"
    form = {"name": "Ana", "email": "ana@example.com", "present_password": PASSWORD}
    saved = await client.post("/settings/account", data={**form, "phone": "ext. 12"})
    assert saved.status_code == 303
