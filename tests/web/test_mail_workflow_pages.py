"""The workflow pages: filled in without JavaScript, refused with a reason, tried, switched, read."""

import re
from typing import Any

import httpx2
import orjson
import pytest
from sqlalchemy import text

from tests.mailboxes.post import deliver, mail
from tests.mailboxes.test_steps import SPEC_LINK, SPEC_SECOND
from tests.world import World
from ticketyard.mailboxes.landing.classifying import LABELS
from ticketyard.mailboxes.workflows.steps import ACTIONS
from ticketyard.web.pages.mail_workflows import LABEL_WORDS
from ticketyard.web.workflow_form import rows_of, steps_of

HOME = "/settings/mail-workflows"
HELP = "Our internet is down. Can you help?"


@pytest.fixture
async def admin(client: httpx2.AsyncClient, world: World) -> httpx2.AsyncClient:
    await world.log_in(client, world.admin)
    return client


def form(**fields: Any) -> dict[str, Any]:
    return {
        "name": "Requests",
        "trigger": "support_request",
        "threshold": "0.7",
        "order": "10",
        "enabled": "1",
        "step": ["create_ticket", "add_tags", ""],
        "agent": ["", "", ""],
        "level": ["high", "", ""],
        "customer": ["", "", ""],
        "number": ["", "", ""],
        "words": ["ignored here", "vip, #lan", ""],
        "file_under": ["", "", ""],
        "because": ["", "", ""],
        **fields,
    }


async def save(client: httpx2.AsyncClient, **fields: Any) -> httpx2.Response:
    return await client.post(f"{HOME}/save", data=form(**fields))


async def stored(world: World) -> list[Any]:
    async with world.resources.db.transaction(world.company_id) as session:
        return list(await session.execute(text("select * from email_workflows order by id")))


async def test_a_workflow_is_filled_in_and_changed(admin: httpx2.AsyncClient, world: World) -> None:
    answer = await save(admin)

    assert (answer.status_code, answer.headers["location"]) == (303, HOME)
    (row,) = await stored(world)
    assert row.workflow_steps == [
        {"action": "create_ticket", "params": {"priority": "high"}},
        {"action": "add_tags", "params": {"tags": ["vip", "lan"]}},
    ]
    assert (row.name, row.priority, row.enabled) == ("Requests", 10, True)
    page = (await admin.get(f"{HOME}/{row.id}")).text
    assert 'value="vip, lan"' in page
    assert re.search(r'<option value="high" selected>', page)
    changed = await save(admin, workflow_id=str(row.id), enabled="", threshold="0,5")
    assert changed.status_code == 303
    (row,) = await stored(world)
    assert (row.enabled, round(row.confidence_threshold, 4)) == (False, 0.5)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"step": [""]}, "at least one step"),
        ({"name": " "}, "needs a name"),
        ({"threshold": "much"}, "0 to 1"),
        ({"order": "-1"}, "whole number"),
        ({"trigger": "x"}, "classification_trigger"),
        ({"step": ["link_email_to_ticket"]}, "Step 1 (link_email_to_ticket)"),
        ({"step": ["create_ticket"], "customer": ["abc"]}, "customer_id should be a number"),
        ({"definition": "{"}, "cannot be read"),
        ({"definition": "[]"}, "should be an object"),
        ({"then": "try", "mail": ""}, "Choose a mail"),
        ({"then": "try", "mail": "9999999"}, "no such mail"),
    ],
)
async def test_what_cannot_be_saved_is_told_and_stays_filled_in(
    admin: httpx2.AsyncClient, world: World, fields: dict[str, Any], says: str
) -> None:
    answer = await save(admin, **fields)

    assert answer.status_code == 422
    assert says in answer.text
    assert 'role="alert"' in answer.text
    assert await stored(world) == []


async def test_json_may_be_written_instead(admin: httpx2.AsyncClient, world: World) -> None:
    definition = orjson.dumps({**SPEC_SECOND, "workflow_steps": [SPEC_LINK]}).decode()

    answer = await admin.post(f"{HOME}/save", data={"definition": definition})

    assert answer.status_code == 303
    (row,) = await stored(world)
    assert row.workflow_steps == [SPEC_LINK]


async def test_a_draft_is_tried_without_being_saved(
    admin: httpx2.AsyncClient, world: World
) -> None:
    await deliver(world, mail(HELP, subject="Help with network issue"))
    async with world.resources.db.transaction(world.company_id) as session:
        inbound_id = await session.scalar(text("select inbound_id from mail_message"))
    assert "Help with network issue" in (await admin.get(f"{HOME}/new")).text

    answer = await save(admin, then="try", mail=str(inbound_id))

    assert answer.status_code == 200
    assert "Opens a ticket, priority high." in answer.text
    assert "Request for help" in answer.text
    assert 'value="vip, #lan"' in answer.text or 'value="vip, lan"' in answer.text
    assert await stored(world) == []


async def test_more_rows_can_be_had(admin: httpx2.AsyncClient, world: World) -> None:
    few = (await save(admin, then="more")).text

    assert few.count('name="step"') > (await admin.get(f"{HOME}/new")).text.count('name="step"')
    assert await stored(world) == []


async def test_switching_and_deleting(admin: httpx2.AsyncClient, world: World) -> None:
    await save(admin)
    (row,) = await stored(world)

    assert (await admin.post(f"{HOME}/{row.id}/switch")).status_code == 303
    assert (await stored(world))[0].enabled is False
    assert (await admin.post(f"{HOME}/{row.id}/delete")).status_code == 303
    assert await stored(world) == []
    assert (await admin.post(f"{HOME}/{row.id}/delete")).status_code == 404
    assert (await admin.get(f"{HOME}/{2**62}")).status_code == 404


async def test_failures_are_shown_with_their_reason(
    admin: httpx2.AsyncClient, world: World
) -> None:
    await save(admin, step=["link_email_to_ticket"], number=["TKT-20990101-001"])
    placed = await deliver(world, mail(HELP))
    await save(admin, name="Good", step=["create_ticket"])
    good = await deliver(world, mail(f"{HELP} Again."))

    every = (await admin.get(HOME)).text
    failed = (await admin.get(f"{HOME}?status=failed")).text

    assert "There is no ticket of this number." in every
    assert good.number in every
    assert good.number not in failed
    assert "There is no ticket of this number." in failed
    assert placed.created


async def test_a_workflow_broken_behind_our_back_can_still_be_seen(
    admin: httpx2.AsyncClient, world: World
) -> None:
    async with world.resources.db.transaction(world.company_id) as session:
        await session.execute(
            text(
                "insert into email_workflows (company_id, name, classification_trigger,"
                " workflow_steps) values (current_company(), 'Odd', 'odd', '[1, {\"params\": [3]}]')"
            )
        )
    (row,) = await stored(world)

    assert "Odd" in (await admin.get(HOME)).text
    assert (await admin.get(f"{HOME}/{row.id}")).status_code == 200
    assert (await admin.post(f"{HOME}/{row.id}/switch")).status_code == 303
    assert (await stored(world))[0].enabled is False


async def test_agents_read_and_change_nothing(client: httpx2.AsyncClient, world: World) -> None:
    await world.log_in(client, world.ana)

    page = await client.get(HOME)
    assert page.status_code == 200
    assert "Add a workflow" not in page.text
    assert (await client.get(f"{HOME}/new")).status_code == 403
    assert (await save(client)).status_code == 403
    await world.log_in(client, world.rita)
    assert (await client.get(HOME)).status_code == 403


def test_every_label_has_a_name_on_the_screen() -> None:
    assert set(LABEL_WORDS) == set(LABELS)


def test_rows_and_steps_are_the_same_thing() -> None:
    steps = [
        {"action": "create_ticket", "params": {"assigned_to_user_id": 5, "customer_id": 7}},
        {"action": "add_tags", "params": {"tags": ["a", "b"]}},
        {"action": "ignore", "params": {"reason": "x"}},
    ]
    rows = rows_of(steps)
    names = {name for row in rows for name in row.values}

    again = steps_of(
        [row.action for row in rows],
        {name: [row.values.get(name, "") for row in rows] for name in names},
    )

    assert again == steps


def test_rows_that_do_not_fit_together_hurt_nobody() -> None:
    assert steps_of(["create_ticket", "unknown"], {"agent": ["²"], "level": []}) == [
        {"action": "create_ticket", "params": {"assigned_to_user_id": "²"}},
        {"action": "unknown", "params": {}},
    ]
    assert len(steps_of(["create_ticket"] * 500, {})) == 21


def test_the_screen_knows_every_action() -> None:
    assert all(action.label and action.does for action in ACTIONS.values())
