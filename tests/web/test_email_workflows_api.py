"""Mail workflows over HTTP: kept, refused with reasons, run, recorded, and tried without effect."""

from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from tests.mailboxes.post import deliver, keep, mail
from tests.mailboxes.test_steps import SPEC_FIRST, SPEC_LINK, SPEC_SECOND
from tests.world import World

PATH = "/api/v1/email-workflows"
HELP = "Our internet is down. Can you help?"


@pytest.fixture
async def admin(client: httpx2.AsyncClient, world: World) -> httpx2.AsyncClient:
    await world.log_in(client, world.admin)
    return client


async def made(client: httpx2.AsyncClient, **fields: Any) -> dict[str, Any]:
    answer = await client.post(PATH, json={**SPEC_SECOND, **fields})
    assert answer.status_code == 201, answer.text
    workflow: dict[str, Any] = answer.json()
    return workflow


async def inbound_of(world: World, ticket_id: int | None) -> int:
    async with world.resources.db.transaction(world.company_id) as session:
        return int(
            (
                await session.execute(
                    text("select inbound_id from mail_message where ticket_id = :id"),
                    {"id": ticket_id},
                )
            ).scalar_one()
        )


async def counted(world: World) -> list[int]:
    """How many rows there are of what a run would write."""
    names = ("ticket", "comment", "event", "email_workflow_executions", "mail_message")
    async with world.resources.db.transaction(world.company_id) as session:
        return [
            int((await session.execute(text(f"select count(*) from {name}"))).scalar_one())
            for name in names
        ]


@pytest.mark.parametrize("definition", [SPEC_FIRST, SPEC_SECOND])
async def test_the_definitions_of_the_document_are_taken(
    admin: httpx2.AsyncClient, definition: dict[str, Any]
) -> None:
    answer = await admin.post(PATH, json=definition)

    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert {name: told[name] for name in definition} == definition
    assert told["confidence_threshold"] == 0.7
    assert (await admin.get(f"{PATH}/{told['id']}")).json() == told
    assert (await admin.get(PATH)).json() == [told]


async def test_a_workflow_is_changed_switched_off_and_deleted(admin: httpx2.AsyncClient) -> None:
    workflow = await made(admin)
    path = f"{PATH}/{workflow['id']}"

    changed = await admin.patch(
        path, json={"confidence_threshold": 0.35, "workflow_steps": [SPEC_LINK], "priority": 3}
    )
    off = await admin.patch(path, json={"enabled": False})

    assert changed.json()["workflow_steps"] == [SPEC_LINK]
    assert (off.json()["confidence_threshold"], off.json()["priority"]) == (0.35, 3)
    assert off.json()["enabled"] is False
    assert off.json()["name"] == workflow["name"]
    assert (await admin.delete(path)).status_code == 204
    assert (await admin.get(path)).status_code == 404
    assert (await admin.delete(path)).status_code == 404
    assert (await admin.patch(path, json={"enabled": True})).status_code == 404


async def test_every_change_is_an_event(admin: httpx2.AsyncClient, world: World) -> None:
    workflow = await made(admin)
    path = f"{PATH}/{workflow['id']}"
    await admin.patch(path, json={"enabled": False})
    await admin.patch(path, json={"enabled": False})
    await admin.delete(path)

    async with world.resources.db.transaction(world.company_id) as session:
        found = await session.scalars(
            text(
                "select payload ->> 'what' from event where type = 'mail.workflow_changed'"
                " order by id"
            )
        )
        assert list(found) == ["added", "changed", "deleted"]


async def test_a_name_is_taken_once(admin: httpx2.AsyncClient) -> None:
    await made(admin)
    other = await made(admin, name="Other")

    assert (await admin.post(PATH, json=SPEC_SECOND)).status_code == 409
    renamed = await admin.patch(f"{PATH}/{other['id']}", json={"name": SPEC_SECOND["name"]})
    assert renamed.status_code == 409


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"workflow_steps": [{"action": "create_ticket_stub"}]}, "Step 1"),
        ({"workflow_steps": [{"action": "link_email_to_ticket"}]}, "ticket_number is missing"),
        ({"workflow_steps": [{"action": "create_ticket", "params": {"x": 1}}]}, "does not know"),
        ({"classification_trigger": "nonsense"}, "classification_trigger"),
        ({"confidence_threshold": 2}, "confidence_threshold"),
        ({"workflow_steps": []}, "workflow_steps"),
        ({"name": " "}, "name"),
    ],
)
async def test_a_bad_workflow_is_refused_with_the_reason(
    admin: httpx2.AsyncClient, fields: dict[str, Any], says: str
) -> None:
    answer = await admin.post(PATH, json={**SPEC_SECOND, **fields})

    assert answer.status_code == 422
    assert says in answer.text
    assert (await admin.get(PATH)).json() == []


async def test_agents_read_and_admins_write(client: httpx2.AsyncClient, world: World) -> None:
    await world.log_in(client, world.admin)
    workflow = await made(client)
    path = f"{PATH}/{workflow['id']}"
    await world.log_in(client, world.ana)

    for readable in (PATH, path, f"{PATH}/executions"):
        assert (await client.get(readable)).status_code == 200
    assert (await client.post(PATH, json=SPEC_FIRST)).status_code == 403
    assert (await client.patch(path, json={"enabled": False})).status_code == 403
    assert (await client.delete(path)).status_code == 403
    assert (await client.post(f"{PATH}/dry-run", json={"message_id": 1})).status_code == 403
    await world.log_in(client, world.rita)
    for readable in (PATH, path, f"{PATH}/executions"):
        assert (await client.get(readable)).status_code == 403


async def test_another_company_sees_and_changes_none(
    client: httpx2.AsyncClient, world: World
) -> None:
    await world.log_in(client, world.admin)
    path = f"{PATH}/{(await made(client))['id']}"
    placed = await deliver(world, mail(HELP))
    inbound_id = await inbound_of(world, placed.ticket_id)
    await world.log_in(client, world.other_admin)

    assert (await client.get(PATH)).json() == []
    assert (await client.get(f"{PATH}/executions")).json()["executions"] == []
    assert (await client.patch(path, json={"enabled": False})).status_code == 404
    assert (await client.delete(path)).status_code == 404
    tried = await client.post(f"{PATH}/dry-run", json={"message_id": inbound_id})
    assert tried.status_code == 404


async def test_runs_are_listed_newest_first_and_by_status(
    admin: httpx2.AsyncClient, world: World
) -> None:
    steps = [{"action": "create_ticket", "params": {}}]
    good = await made(admin, workflow_steps=steps)
    bad = await made(admin, name="Bad", workflow_steps=[SPEC_LINK], priority=1)
    for number in range(3):
        await deliver(world, mail(f"{HELP} {number}"))

    every = (await admin.get(f"{PATH}/executions")).json()["executions"]
    failed = (await admin.get(f"{PATH}/executions?status=failed")).json()["executions"]
    of_good = (await admin.get(f"{PATH}/executions?workflow_id={good['id']}")).json()

    assert [each["id"] for each in every] == sorted([each["id"] for each in every], reverse=True)
    assert len(every) == 6
    assert {each["workflow_id"] for each in failed} == {bad["id"]}
    assert all("TKT-" not in (each["error_message"] or "") for each in of_good["executions"])
    assert all(each["status"] == "failed" and each["error_message"] for each in failed)
    assert [each["status"] for each in of_good["executions"]] == ["completed"] * 3
    assert every[0]["result"][0]["action"] == "create_ticket"
    assert 0.7 <= every[0]["confidence"] <= 1
    first = (await admin.get(f"{PATH}/executions?limit=4")).json()
    rest = (await admin.get(f"{PATH}/executions?limit=4&before={first['next_before']}")).json()
    assert [*first["executions"], *rest["executions"]] == every
    assert rest["next_before"] is None


async def test_runs_stay_when_their_workflow_goes(admin: httpx2.AsyncClient, world: World) -> None:
    workflow = await made(admin, workflow_steps=[{"action": "create_ticket"}])
    await deliver(world, mail(HELP))
    await admin.delete(f"{PATH}/{workflow['id']}")

    (run,) = (await admin.get(f"{PATH}/executions")).json()["executions"]
    assert (run["workflow_id"], run["workflow_name"]) == (None, workflow["name"])


# -- dry runs --------------------------------------------------------------------------------------


async def tried(
    client: httpx2.AsyncClient, message_id: int, workflow: dict[str, Any] | None = None
) -> dict[str, Any]:
    body = {"message_id": message_id, **({"workflow": workflow} if workflow else {})}
    answer = await client.post(f"{PATH}/dry-run", json=body)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_a_dry_run_tells_and_changes_nothing(admin: httpx2.AsyncClient, world: World) -> None:
    placed = await deliver(world, mail(HELP, subject="Help with network issue"))
    inbound_id = await inbound_of(world, placed.ticket_id)
    create = {"assigned_to_user_id": world.ana.id, "priority": "high"}
    await made(
        admin,
        workflow_steps=[
            {"action": "create_ticket", "params": create},
            {"action": "set_category", "params": {"category": "NETWORK"}},
            {"action": "assign_ticket", "params": {"assigned_to_user_id": world.rita.id}},
            {"action": "add_tags", "params": {"tags": ["vip"]}},
        ],
    )
    await made(admin, name="For bills", classification_trigger="billing")
    await made(admin, name="Only sure ones", confidence_threshold=1)
    await made(admin, name="Off", enabled=False)
    before = await counted(world)

    told = await tried(admin, inbound_id)

    assert await counted(world) == before
    assert told["classification"] == "support_request"
    assert told["evidence"]
    first, bills, sure, off = told["workflows"]
    assert first["runs"] is True
    assert [each["would"] for each in first["steps"][:2]] == [
        "Opens a ticket, priority high, for Ana Agent.",
        "Files it under network.",
    ]
    assert "no such agent" in first["steps"][2]["would"].lower()
    assert [each["fails"] for each in first["steps"]] == [False, False, True, True]
    assert (bills["runs"], sure["runs"], off["runs"]) == (False, False, False)
    assert "billing" in bills["why"]
    assert "below 1.00" in sure["why"]
    assert "switched off" in off["why"]


async def test_what_a_dry_run_says_is_what_happens(admin: httpx2.AsyncClient, world: World) -> None:
    first = await deliver(world, mail(subject="Printer"))
    reply = await deliver(world, mail(HELP, subject=f"Re: {first.number}"))
    assert reply.comment_id
    async with world.resources.db.transaction(world.company_id) as session:
        inbound_id = await session.scalar(
            text("select inbound_id from mail_message where outcome = 'reply'")
        )
    assert inbound_id
    draft = {
        **SPEC_SECOND,
        "workflow_steps": [
            {"action": "create_ticket"},
            {"action": "set_priority", "params": {"priority": "high"}},
        ],
    }

    told = await tried(admin, inbound_id, draft)

    (workflow,) = told["workflows"]
    assert workflow["workflow_id"] is None
    assert [each["would"] for each in workflow["steps"]] == [
        f"Adds the mail to {first.number}, which it continues.",
        "Nothing: the ticket was there before.",
    ]
    link = {**SPEC_SECOND, "workflow_steps": [SPEC_LINK]}
    (unknown,) = (await tried(admin, inbound_id, link))["workflows"]
    assert unknown["steps"][0]["fails"] is True
    assert "no ticket of this number" in unknown["steps"][0]["would"]


async def test_a_dry_run_needs_a_mail_that_is_there(
    admin: httpx2.AsyncClient, world: World
) -> None:
    waiting = await keep(world, mail(HELP))

    assert (await tried(admin, waiting))["lands"] == "It waits to be filed."
    for unknown in (0, 4711, 2**62):
        answer = await admin.post(f"{PATH}/dry-run", json={"message_id": unknown})
        assert answer.status_code == 404
    bad = {"message_id": waiting, "workflow": {**SPEC_SECOND, "workflow_steps": [{"action": "x"}]}}
    assert (await admin.post(f"{PATH}/dry-run", json=bad)).status_code == 422
