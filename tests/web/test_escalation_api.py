"""Escalation from end to end: policies over HTTP, the clock, and what became of the ticket."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from tests.world import World
from ticketyard.core.events import emit
from ticketyard.core.jobs import Worker
from ticketyard.core.outgoing import Outgoing
from ticketyard.core.sealing import Sealer
from ticketyard.escalation.jobs import climb_due
from ticketyard.sla.events import SlaBreached
from ticketyard.tickets.assigning import assign_ticket
from ticketyard.tickets.changing_status import change_status
from ticketyard.tickets.commenting import add_comment
from ticketyard.tickets.labelling import Changes, change_ticket
from ticketyard.tickets.related.merging import merge_tickets
from ticketyard.webhooks.endpoints import add_endpoint
from ticketyard.webhooks.queries import list_deliveries

START = datetime(2030, 3, 4, 9, tzinfo=UTC)
MINUTE = 60


@dataclass
class Desk:
    """The cast, a clock and an admin's client."""

    world: World
    worker: Worker
    client: httpx2.AsyncClient

    async def at(self, seconds: float) -> None:
        """So long after the start everything due is done."""
        moment = START + timedelta(seconds=seconds)
        self.world.resources.db.clock = lambda: moment
        await self.worker.run_listeners(self.world.company_id)
        await climb_due(self.world.resources, self.world.company_id)
        await self.worker.run_listeners(self.world.company_id)

    async def policy(self, *levels: dict[str, Any], **given: Any) -> int:
        body = {"name": "Nobody looks", "levels": list(levels), **given}
        made = await self.client.post("/api/escalation-policies", json=body)
        assert made.status_code == 201, made.text
        return int(made.json()["id"])

    async def open(self, **given: Any) -> int:
        opened = await self.world.open(created_at=START, **{"priority": "low", **given})
        return opened.id

    async def escalations(self, ticket: int) -> Any:
        return (await self.client.get(f"/api/tickets/{ticket}/escalations")).json()

    async def ticket(self, ticket: int) -> Any:
        return (await self.client.get(f"/api/tickets/{ticket}")).json()


@pytest.fixture
async def desk(world: World, worker: Worker, client: httpx2.AsyncClient) -> Desk:
    desk = Desk(world, worker, client)
    await desk.at(0)
    await world.log_in(client, world.admin)
    return desk


def tell(to: str, wait: int = 0, **given: Any) -> dict[str, Any]:
    action = {"do": "notify", "to": to, **{k: given.pop(k) for k in ("id",) if k in given}}
    return {"wait_seconds": wait, "actions": [action], **given}


async def test_level_by_level_while_nobody_acts(desk: Desk) -> None:
    bo = desk.world.bo.id
    await desk.policy(
        tell("admins"),
        {
            "wait_seconds": 10 * MINUTE,
            "actions": [{"do": "raise_priority"}, {"do": "assign", "to": "person", "id": bo}],
        },
        tell("assignee", 5 * MINUTE),
    )
    ticket = await desk.open()
    await desk.at(1)
    (run,) = await desk.escalations(ticket)
    assert (run["level"], run["steps"][0]["done"][0]["words"]) == (1, "Told: Ada Admin.")

    await desk.at(10 * MINUTE)
    assert (await desk.escalations(ticket))[0]["level"] == 1
    await desk.at(10 * MINUTE + 1)
    (run,) = await desk.escalations(ticket)
    assert run["level"] == 2
    assert [each["words"] for each in run["steps"][1]["done"]] == [
        "Priority low becomes medium.", "Given to Bo Agent.",
    ]  # fmt: skip
    shown = await desk.ticket(ticket)
    assert (shown["priority"], shown["status"]) == ("medium", "assigned")

    await desk.at(16 * MINUTE)
    await desk.at(60 * MINUTE)
    (run,) = await desk.escalations(ticket)
    assert (run["level"], run["next_at"], len(run["steps"])) == (3, None, 3)
    assert run["steps"][2]["done"][0]["words"] == "Told: Bo Agent."
    assert run["stopped_because"] == "That was its last level."


async def _take_up(desk: Desk, ticket: int, how: str) -> None:
    world = desk.world
    async with world.resources.db.transaction(world.company_id) as session:
        ana = world.as_person(world.ana)
        if how == "assign":
            await assign_ticket(session, ticket_id=ticket, agent_id=world.ana.id, by=ana)
        elif how == "status":
            await change_status(session, ticket_id=ticket, status="in_progress", by=ana)
        elif how == "resolve":
            await change_status(session, ticket_id=ticket, status="resolved", by=world.system)
        else:
            by = ana if how == "comment" else world.as_person(world.rita)
            await add_comment(session, ticket_id=ticket, body="Looking.", by=by)


@pytest.mark.parametrize(
    ("how", "stopped"),
    [
        ("assign", "Somebody took it up."),
        ("status", "Somebody took it up."),
        ("comment", "Somebody took it up."),
        ("resolve", "The work is over."),
        ("requester", None),
    ],
)
async def test_who_takes_it_up_ends_it_and_who_waits_does_not(
    desk: Desk, how: str, stopped: str | None
) -> None:
    await desk.policy(tell("admins", 10 * MINUTE))
    ticket = await desk.open()
    await desk.at(MINUTE)
    await _take_up(desk, ticket, how)
    await desk.at(11 * MINUTE)

    (run,) = await desk.escalations(ticket)
    assert run["level"] == (0 if stopped else 1)
    assert run["stopped_because"] == (stopped or "That was its last level.")


async def test_a_level_that_does_not_stop_goes_on(desk: Desk) -> None:
    await desk.policy(tell("admins", 10 * MINUTE, stop_on_ack=False))
    ticket = await desk.open()
    await desk.at(MINUTE)
    await _take_up(desk, ticket, "comment")
    await desk.at(11 * MINUTE)

    assert (await desk.escalations(ticket))[0]["level"] == 1


async def test_whoever_is_on_call_then_is_told(desk: Desk) -> None:
    world = desk.world
    rota = {
        "name": "Nights", "people": [world.ana.id, world.bo.id], "starts_on": "2030-03-04",
        "hands_over_at": 0, "days": 1,
    }  # fmt: skip
    made = await desk.client.post("/api/shift-roster", json=rota)
    assert (made.status_code, made.json()["on_call"]) == (201, world.ana.id)
    where = f"/api/shift-roster/{made.json()['id']}"
    shift = {
        "person_id": world.ana.id,
        "starts_at": "2030-03-05T00:00:00Z", "ends_at": "2030-03-05T06:00:00Z",
    }  # fmt: skip
    assert (await desk.client.post(f"{where}/shifts", json=shift)).status_code == 201
    later = (await desk.client.get(where, params={"at": "2030-03-05T07:00:00Z"})).json()
    assert later["on_call"] == world.bo.id
    during = (await desk.client.get(where, params={"at": "2030-03-05T05:00:00Z"})).json()
    assert during["on_call"] == world.ana.id

    await desk.policy(tell("on_call", 24 * 3600, id=made.json()["id"]))
    assert (await desk.client.delete(where)).status_code == 409
    ticket = await desk.open()
    await desk.at(24 * 3600)
    await world.log_in(desk.client, world.admin)
    (run,) = await desk.escalations(ticket)
    assert run["steps"][0]["done"][0]["words"] == "Told: Bo Agent."


async def test_the_told_hear_of_it_on_the_desk(desk: Desk) -> None:
    await desk.policy(tell("admins"))
    await desk.open()
    await desk.at(1)
    told = (await desk.client.get("/api/notifications")).json()

    assert "escalated" in str(told)


async def test_a_broken_promise_sets_off_its_own(desk: Desk) -> None:
    await desk.policy(tell("admins", 0), trigger="sla.breached")
    world = desk.world
    ticket = await desk.open()
    await desk.at(1)
    assert await desk.escalations(ticket) == []
    async with world.resources.db.transaction(world.company_id) as session:
        for _ in range(2):
            event = SlaBreached(
                ticket_id=ticket, clock="resolution", cycle=1, policy="Default", target_seconds=60,
                due_at=(START + timedelta(seconds=60)).isoformat(), stopped_at=None, reason="late",
            )  # fmt: skip
            await emit(session, event, by=world.system)
    await desk.at(2 * MINUTE)
    (run,) = await desk.escalations(ticket)
    assert (run["cause"], run["level"]) == ("sla.breached/resolution/1", 1)


async def test_a_dry_run_says_all_and_does_nothing(desk: Desk) -> None:
    bo = desk.world.bo.id
    policy = await desk.policy(
        tell("admins"),
        {"wait_seconds": 600, "actions": [{"do": "assign", "to": "person", "id": bo}]},
        priorities=["critical"],
    )
    ticket = await desk.open(priority="low")
    asked = {"ticket_id": ticket}
    seen = (await desk.client.post("/api/escalation-policies/preview", json=asked)).json()
    assert seen == {"policy": None, "levels": []}
    where = f"/api/escalation-policies/{policy}/test-fire"
    seen = (await desk.client.post(where, json=asked)).json()
    assert [each["done"] for each in seen["levels"]] == [
        ["Told: Ada Admin."],
        ["Given to Bo Agent."],
    ]
    assert [each["tell"] for each in seen["levels"]] == [[desk.world.admin.id], []]
    assert (await desk.ticket(ticket))["status"] == "open"
    assert await desk.escalations(ticket) == []


async def test_a_policy_that_is_switched_off_ends_what_is_under_way(desk: Desk) -> None:
    policy = await desk.policy(tell("admins", 600))
    ticket = await desk.open()
    await desk.at(1)
    body = {"name": "Nobody looks", "levels": [tell("admins", 600)], "is_active": False}
    changed = await desk.client.put(f"/api/escalation-policies/{policy}", json=body)
    assert changed.status_code == 200, changed.text
    await desk.at(601)

    (run,) = await desk.escalations(ticket)
    assert (run["level"], run["stopped_because"]) == (0, "The policy was switched off.")


async def test_a_policy_does_not_reach_back_before_itself(desk: Desk) -> None:
    await desk.policy(tell("admins"))
    old = (await desk.world.open(created_at=datetime(2020, 1, 1, tzinfo=UTC))).id
    await desk.at(1)

    assert await desk.escalations(old) == []


async def test_a_level_for_nobody_is_noted_and_the_next_one_comes(desk: Desk) -> None:
    await desk.policy(tell("assignee"), tell("admins", 60))
    ticket = await desk.open()
    await desk.at(1)
    await desk.at(62)

    (run,) = await desk.escalations(ticket)
    words = [step["done"][0]["words"] for step in run["steps"]]
    assert words == ["Nobody was there to notify.", "Told: Ada Admin."]


@pytest.mark.parametrize(
    "wrong",
    [
        {"levels": []},
        {"levels": [{"wait_seconds": -1, "actions": [{"do": "notify", "to": "admins"}]}]},
        {"levels": [{"wait_seconds": 0, "actions": []}]},
        {"levels": [{"wait_seconds": 10**9, "actions": [{"do": "notify", "to": "admins"}]}]},
        {"levels": [tell("admins")] * 11},
        {"levels": [{"wait_seconds": 0, "actions": [{"do": "notify"}]}]},
        {"levels": [{"wait_seconds": 0, "actions": [{"do": "assign", "to": "assignee"}]}]},
        {"levels": [{"wait_seconds": 0, "actions": [{"do": "notify", "to": "team"}]}]},
        {"levels": [{"wait_seconds": 0, "actions": [{"do": "reboot"}]}]},
        {"priorities": ["huge"]},
        {"severity_min": "huge"},
        {"trigger": "full moon"},
        {"name": " "},
    ],
)
async def test_what_can_never_be_done_is_refused(desk: Desk, wrong: dict[str, Any]) -> None:
    body = {"name": "Nobody looks", "levels": [tell("admins")], **wrong}
    answer = await desk.client.post("/api/escalation-policies", json=body)

    assert answer.status_code == 422, answer.text


@pytest.mark.parametrize("to", ["person", "team", "on_call"])
async def test_who_does_not_exist_is_not_found(desk: Desk, to: str) -> None:
    body = {"name": "Nobody looks", "levels": [tell(to, id=99)]}

    assert (await desk.client.post("/api/escalation-policies", json=body)).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"zone": "Mars/Olympus"}, 422),
        ({"days": 0}, 422),
        ({"days": 91}, 422),
        ({"hands_over_at": 1440}, 422),
        ({"people": [99]}, 404),
        ({"starts_on": "0001-01-01"}, 422),
    ],
)
async def test_a_rota_that_cannot_turn_is_refused(
    desk: Desk, wrong: dict[str, Any], status: int
) -> None:
    body = {"name": "Nights", "starts_on": "2030-03-04", **wrong}

    assert (await desk.client.post("/api/shift-roster", json=body)).status_code == status


async def _merge(desk: Desk, ticket: int, into: int) -> None:
    world = desk.world
    async with world.resources.db.transaction(world.company_id) as session:
        by = world.as_person(world.ana)
        await merge_tickets(session, ticket_id=ticket, into=into, by=by)


async def test_a_merged_ticket_ends_its_own_escalation_and_nobody_else_s(desk: Desk) -> None:
    await desk.policy(tell("admins", 10 * MINUTE))
    merged, survivor, other = [await desk.open(tags=(f"t{n}",)) for n in range(3)]
    await desk.at(MINUTE)
    await _merge(desk, merged, survivor)
    await desk.at(11 * MINUTE)

    ends = {each: (await desk.escalations(each))[0] for each in (merged, survivor, other)}
    assert (ends[merged]["level"], ends[merged]["stopped_because"]) == (0, "It was merged.")
    assert ends[merged]["next_at"] is None
    assert ends[survivor]["level"] == 1, "who merged another into it did not take it up"
    assert ends[other]["level"] == 1
    later = await desk.open()
    await desk.at(12 * MINUTE)
    assert (await desk.escalations(later))[0]["level"] == 1


async def test_a_run_that_fails_is_set_aside_and_the_others_go_on(desk: Desk) -> None:
    world = desk.world
    await desk.policy(tell("admins", 10 * MINUTE))
    broken, sound = await desk.open(), await desk.open()
    await desk.at(1)
    async with world.resources.db.transaction(world.company_id) as session:
        # A level as no verb would keep it, on a policy of its own.
        await session.execute(
            text(
                "with p as (insert into escalation_policy (company_id, name, trigger, levels) values"
                " (current_company(), 'Broken', 'sla.warned', '[{}]') returning id)"
                " update escalation_run set policy_id = (select id from p) where ticket_id = :id"
            ),
            {"id": broken},
        )
    await desk.at(10 * MINUTE + 1)

    assert (await desk.escalations(sound))[0]["level"] == 1
    (run,) = await desk.escalations(broken)
    assert (run["level"], run["stopped_because"]) == (0, None)
    assert run["next_at"] > (START + timedelta(seconds=10 * MINUTE + 30)).isoformat()
    async with world.resources.db.transaction(world.company_id) as session:
        levels = '[{"wait_seconds": 0, "stop_on_ack": true, "actions": [{"do": "raise_priority"}]}]'
        await session.execute(
            text("update escalation_policy set levels = cast(:it as jsonb) where name = 'Broken'"),
            {"it": levels},
        )
    await desk.at(12 * MINUTE)
    assert (await desk.escalations(broken))[0]["level"] == 1, "mended, it goes on"


async def _reopen(desk: Desk, ticket: int, *, by_requester: bool) -> None:
    world = desk.world
    async with world.resources.db.transaction(world.company_id) as session:
        if by_requester:
            rita = world.as_person(world.rita)
            await add_comment(session, ticket_id=ticket, body="It burns again.", by=rita)
        else:
            ana = world.as_person(world.ana)
            await change_status(session, ticket_id=ticket, status="in_progress", by=ana)


@pytest.mark.parametrize("by_requester", [True, False])
async def test_a_ticket_that_is_reopened_is_escalated_anew_from_then(
    desk: Desk, by_requester: bool
) -> None:
    await desk.policy(tell("admins", 10 * MINUTE), tell("admins", 60 * MINUTE))
    ticket = await desk.open(requester_id=desk.world.rita.id)
    await desk.at(11 * MINUTE)
    await _take_up(desk, ticket, "resolve")
    await desk.at(20 * MINUTE)
    await _reopen(desk, ticket, by_requester=by_requester)
    await desk.at(29 * MINUTE)
    first, second = await desk.escalations(ticket)
    assert (first["level"], first["next_at"]) == (1, None), "one at a time"
    assert first["stopped_because"] == "It was done, and taken up again."
    assert (second["level"], second["cause"][:9]) == (0, "reopened/")

    await desk.at(30 * MINUTE)
    assert (await desk.escalations(ticket))[1]["level"] == 1
    await _take_up(desk, ticket, "comment")
    await desk.at(120 * MINUTE)
    assert (await desk.escalations(ticket))[1]["stopped_because"] == "Somebody took it up."


async def test_who_answers_after_a_reopening_ends_it(desk: Desk) -> None:
    await desk.policy(tell("admins", 10 * MINUTE))
    ticket = await desk.open(requester_id=desk.world.rita.id)
    await desk.at(MINUTE)
    await _take_up(desk, ticket, "resolve")
    await desk.at(2 * MINUTE)
    await _reopen(desk, ticket, by_requester=False)
    await desk.at(3 * MINUTE)
    await _take_up(desk, ticket, "comment")
    await desk.at(15 * MINUTE)

    runs = await desk.escalations(ticket)
    assert [each["level"] for each in runs] == [0, 0]
    assert runs[1]["stopped_because"] == "Somebody took it up."


async def test_a_reopened_ticket_that_is_changed_does_not_count_from_its_opening(
    desk: Desk,
) -> None:
    await desk.policy(tell("admins", 10 * MINUTE), priorities=["critical"])
    ticket = await desk.open(requester_id=desk.world.rita.id)
    await desk.at(MINUTE)
    await _take_up(desk, ticket, "resolve")
    await desk.at(60 * MINUTE)
    for field in ({"priority": "critical"}, {"add_tags": ["late"]}):
        async with desk.world.resources.db.transaction(desk.world.company_id) as session:
            changes = Changes.of(field)
            by = desk.world.system
            await change_ticket(session, ticket_id=ticket, changes=changes, by=by)
        await desk.at(61 * MINUTE)
        if "priority" in field:
            await _reopen(desk, ticket, by_requester=True)
            await desk.at(61 * MINUTE)

    (run,) = await desk.escalations(ticket)
    assert (run["cause"][:9], run["level"]) == ("reopened/", 0)


async def test_webhooks_hear_of_the_levels_that_tell_them(desk: Desk) -> None:
    world = desk.world
    async with world.resources.db.transaction(world.company_id) as session:
        endpoint, _ = await add_endpoint(
            session,
            url="http://127.0.0.1:9/hook",
            event_types=["escalation.*"],
            sealer=world.resources.part(Sealer),
            outgoing=world.resources.part(Outgoing),
            by=world.as_person(world.admin),
        )
    call = {"wait_seconds": 10 * MINUTE, "actions": [{"do": "webhook"}]}
    await desk.policy(tell("admins"), call, tell("admins", 10 * MINUTE))
    ticket = await desk.open()
    await desk.at(1)
    await desk.at(21 * MINUTE)
    await desk.at(40 * MINUTE)
    assert (await desk.escalations(ticket))[0]["level"] == 3
    async with world.resources.db.transaction(world.company_id) as session:
        told = await list_deliveries(session, endpoint.id)
        reached = await session.scalars(
            text("select payload from event where type = 'escalation.reached' order by id")
        )
        events = {each.event_id for each in told}
        assert [each["webhooks"] for each in reached] == [False, True, False]
        rows = await session.scalars(
            text("select payload from event where id = any(:ids)"), {"ids": list(events)}
        )
        assert [each["level"] for each in rows] == [2]
