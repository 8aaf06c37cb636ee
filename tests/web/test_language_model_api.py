"""An admin says over HTTP what the language model is asked about."""

import httpx2
import pytest
from sqlalchemy import text

from tests.world import World

HOME = "/api/triage/language-model"
Client = httpx2.AsyncClient


async def test_what_it_is_asked_about_is_said_and_changed(world: World, client: Client) -> None:
    await world.log_in(client, world.admin)
    assert (await client.get(HOME)).json() == {
        "model": "",
        "asked_for": "unsure",
        "waiting": 0,
        "done": 0,
        "failed": 0,
        "refused": 0,
        "problems": {},
        "questions_today": 0,
        "tokens_today": 0,
        "tokens_a_day": 1_000_000,
    }
    assert (await client.put(HOME, json={"asked_for": "all"})).json()["asked_for"] == "all"
    assert (await client.get(HOME)).json()["asked_for"] == "all"
    assert (await client.put(HOME, json={"asked_for": None})).json()["asked_for"] == "unsure"
    async with world.resources.db.transaction(world.company_id) as session:
        told = "select payload from event where type = 'company.changed' order by id"
        payloads = list(await session.scalars(text(told)))
    assert [payload["fields"] for payload in payloads] == [["language_model"]] * 2


@pytest.mark.parametrize("body", [{}, {"asked_for": "some"}, {"asked_for": ["all"]}, []])
async def test_other_wishes_are_refused(world: World, client: Client, body: object) -> None:
    await world.log_in(client, world.admin)
    assert (await client.put(HOME, json=body)).status_code == 422
    assert (await client.get(HOME)).json()["asked_for"] == "unsure"


async def test_agents_may_look_but_not_change(world: World, client: Client) -> None:
    await world.log_in(client, world.ana)
    assert (await client.get(HOME)).status_code == 200
    assert (await client.put(HOME, json={"asked_for": "all"})).status_code == 403


async def test_another_company_keeps_its_own_wish(world: World, client: Client) -> None:
    await world.log_in(client, world.admin)
    await client.put(HOME, json={"asked_for": "off"})
    await world.log_in(client, world.other_admin)
    assert (await client.get(HOME)).json()["asked_for"] == "unsure"
