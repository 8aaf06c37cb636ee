"""Merging, splitting, linking, macros, templates, fields and steps over HTTP."""

from typing import Any

import httpx2
import pytest

from tests.world import World
from ticketyard.people.keys import create_key
from ticketyard.tickets.changing_status import change_status
from ticketyard.tickets.commenting import add_comment
from ticketyard.tickets.queries import get_ticket


@pytest.fixture
async def admin(world: World, client: httpx2.AsyncClient) -> httpx2.AsyncClient:
    await world.log_in(client, world.admin)
    return client


async def ask(
    client: httpx2.AsyncClient, method: str, path: str, status: int = 200, **given: Any
) -> Any:
    answer = await client.request(method, path, **given)
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


async def test_a_merged_ticket_says_where_it_goes_on(
    world: World, admin: httpx2.AsyncClient
) -> None:
    survivor, merged = await world.open("Survivor"), await world.open("Merged")
    path = f"/api/tickets/{merged.number}"

    told = await ask(admin, "POST", f"{path}/merge", json={"into": survivor.number, "version": 1})
    assert (told["ticket_id"], told["merged_number"]) == (survivor.id, merged.number)
    problem = await ask(admin, "POST", f"{path}/comments", 409, json={"comment": "Hello?"})
    assert problem["merged_into_number"] == survivor.number
    found = await ask(admin, "GET", f"{path}/links")
    assert found["merged_into"]["number"] == survivor.number
    detail = await ask(admin, "GET", path)
    assert (detail["status"], detail["merged_into"]) == ("closed", survivor.id)
    both = await ask(admin, "GET", f"/api/tickets/{survivor.id}/links")
    assert [each["number"] for each in both["took_in"]] == [merged.number]
    await ask(admin, "POST", f"{path}/merge", 409, json={"into": survivor.id})


async def test_requesters_are_told_of_no_ticket_that_is_not_theirs(
    world: World, client: httpx2.AsyncClient
) -> None:
    survivor = await world.open("Kim's", requester_email="kim@else.example")
    merged = await world.open("Rita's")
    await world.log_in(client, world.admin)
    await ask(client, "POST", f"/api/tickets/{merged.id}/merge", json={"into": survivor.id})
    await world.log_in(client, world.rita)

    found = await ask(client, "GET", f"/api/tickets/{merged.id}/links")

    assert found == {"ticket_id": merged.id, "links": [], "merged_into": None, "took_in": []}
    await ask(client, "POST", f"/api/tickets/{merged.id}/merge", 403, json={"into": survivor.id})
    await ask(client, "GET", f"/api/tickets/{merged.id}/report", 403)


async def test_split_link_and_follow_up(world: World, admin: httpx2.AsyncClient) -> None:
    opened = await world.open()
    path = f"/api/tickets/{opened.id}"
    said = await ask(admin, "POST", f"{path}/comments", json={"comment": "The lamp, too."})

    new = await ask(
        admin,
        "POST",
        f"{path}/split",
        201,
        json={"comment_ids": [said["comment_id"]], "title": "Lamp"},
    )
    after = await ask(admin, "POST", f"{path}/follow-up", 201, json={"description": "Again."})
    await ask(
        admin, "POST", f"{path}/links", 201, json={"other": new["ticket_number"], "kind": "blocks"}
    )
    links = (await ask(admin, "GET", f"{path}/links"))["links"]
    assert [(each["kind"], each["id"]) for each in links] == [
        ("relates", new["ticket_id"]), ("blocks", new["ticket_id"]),
        ("followed_by", after["ticket_id"]),
    ]  # fmt: skip
    await ask(admin, "DELETE", f"{path}/links/{new['ticket_number']}?kind=blocks", 204)
    await ask(admin, "DELETE", f"{path}/links/{new['ticket_number']}?kind=blocks", 404)
    await ask(admin, "POST", f"{path}/links", 409, json={"other": opened.id, "kind": "relates"})
    await ask(admin, "POST", f"{path}/split", 422, json={"comment_ids": [7], "title": "None"})


async def test_macros_live_and_do_their_work(world: World, admin: httpx2.AsyncClient) -> None:
    opened = await world.open()
    given = {
        "name": "Wait",
        "actions": {"status": "pending", "comment": "On its way, {requester}."},
    }

    macro = await ask(admin, "POST", "/api/macros", 201, json=given)
    path = f"/api/macros/{macro['id']}"
    await ask(admin, "POST", "/api/macros", 409, json=given)
    await ask(admin, "PATCH", path, 422, json={"actions": {"status": "done"}})
    done = await ask(
        admin, "POST", f"/api/tickets/{opened.id}/macro", json={"macro_id": macro["id"]}
    )
    assert done["status"] == "pending"
    bulk = await ask(
        admin,
        "POST",
        "/api/tickets/bulk",
        json={"ticket_ids": [opened.id], "macro_id": macro["id"], "severity": "low"},
    )
    assert bulk["done"] == 1
    assert (await ask(admin, "GET", path))["used"] == 2
    assert len((await ask(admin, "GET", "/api/macros"))["macros"]) == 1
    await ask(admin, "DELETE", path, 204)
    await ask(admin, "GET", path, 404)


async def test_templates_fill_in_tickets_opened_by_hand(
    world: World, admin: httpx2.AsyncClient
) -> None:
    given = {"name": "Joiner", "title": "New colleague", "priority": "high", "tags": ["joiner"]}
    template = await ask(admin, "POST", "/api/ticket-templates", 201, json=given)
    path = f"/api/ticket-templates/{template['id']}"
    await ask(admin, "PATCH", path, json={"category": "hardware"})

    opened = await ask(
        admin,
        "POST",
        "/api/tickets/by-hand",
        201,
        json={"template_id": template["id"], "requester_email": "rita@example.com"},
    )

    ticket = await ask(admin, "GET", f"/api/tickets/{opened['ticket_number']}")
    assert (ticket["title"], ticket["priority"], ticket["category"], ticket["tags"]) == (
        "New colleague", "high", "hardware", ["joiner"],
    )  # fmt: skip
    assert len((await ask(admin, "GET", "/api/ticket-templates"))["templates"]) == 1
    await ask(admin, "DELETE", path, 204)
    await ask(admin, "POST", "/api/tickets/by-hand", 422, json={})


async def test_custom_fields_are_defined_kept_filtered_and_exported(
    world: World, admin: httpx2.AsyncClient
) -> None:
    await ask(admin, "POST", "/api/custom-fields", 201, json={"name": "Floor", "kind": "number"})
    building = await ask(
        admin,
        "POST",
        "/api/custom-fields",
        201,
        json={"name": "Building", "kind": "choice", "choices": ["North", "South"]},
    )
    await ask(admin, "POST", "/api/custom-fields", 201, json={"name": "Urgent", "kind": "yes_no"})
    first, second, third = await world.open(), await world.open(), await world.open()
    fields = {"floor": "3", "building": "north", "urgent": "yes"}
    for opened, given in ((first, fields), (second, {**fields, "floor": 4}), (third, {})):
        path = f"/api/tickets/{opened.id}"
        await ask(admin, "PATCH", path, json={"custom_fields": given})
    await ask(
        admin, "PATCH", f"/api/tickets/{third.id}", 422, json={"custom_fields": {"Floor": "x"}}
    )

    async def found(*words: str) -> list[int]:
        answer = await ask(admin, "GET", "/api/tickets", params=[("field", each) for each in words])
        return sorted(each["id"] for each in answer["items"])

    assert await found("floor:3") == [first.id]
    assert await found("Building:North") == [first.id, second.id]
    assert await found("Building:North", "FLOOR:4") == [second.id]
    assert await found("urgent:yes") == [first.id, second.id]
    assert await found("Nothing:7") == []
    await ask(admin, "GET", "/api/tickets?field=Floor", 422)
    exported = (await admin.get("/api/tickets/export?field=floor:3")).text.splitlines()
    assert exported[0].endswith(",Floor,Building,Urgent")
    assert exported[1].endswith(",3,North,yes")
    path = f"/api/custom-fields/{building['id']}"
    changed = await ask(admin, "PATCH", path, json={"choices": ["North"], "on_form": True})
    assert (changed["choices"], changed["on_form"]) == (["North"], True)
    await ask(admin, "PATCH", path, 422, json={"choices": []})
    await ask(admin, "DELETE", path, 204)
    names = (await ask(admin, "GET", "/api/custom-fields"))["custom_fields"]
    assert [each["name"] for each in names] == ["Floor", "Urgent"]


async def test_a_filter_by_fields_stays_in_the_company(
    world: World, client: httpx2.AsyncClient
) -> None:
    await world.open(custom_fields={"Floor": 3})
    await world.log_in(client, world.other_admin)

    assert (await ask(client, "GET", "/api/tickets?field=Floor:3"))["items"] == []


async def test_steps_and_the_board(world: World, admin: httpx2.AsyncClient) -> None:
    opened = await world.open()
    path = f"/api/tickets/{opened.number}"

    assert (await ask(admin, "GET", "/api/steps"))["is_default"]
    moved = await ask(admin, "POST", f"{path}/advance", json={"seen": "Open"})
    assert (moved["step"], moved["status"]) == ("Assign to Team", "open")
    problem = await ask(admin, "POST", f"{path}/advance", 409, json={"seen": "Open"})
    assert problem["step"] == "Assign to Team"
    moved = await ask(admin, "POST", f"{path}/step", json={"step": "In Progress"})
    assert moved["status"] == "in_progress"
    assert (await ask(admin, "GET", path))["step"] == "In Progress"
    problem = await ask(admin, "POST", f"{path}/step", 409, json={"step": "Open"})
    assert "resolved" in problem["allowed"]
    await ask(admin, "POST", f"{path}/step", 404, json={"step": "Lunch"})
    columns = (await ask(admin, "GET", "/api/board"))["columns"]
    assert [(each["name"], each["count"]) for each in columns] == [
        ("Open", 0), ("Assign to Team", 0), ("Assign to Member", 0), ("In Progress", 1), ("Done", 0),
    ]  # fmt: skip
    (card,) = columns[3]["tickets"]
    assert card["steps_allowed"] == ["Assign to Member", "In Progress", "Done"]
    assert not any(
        each["count"] for each in (await ask(admin, "GET", "/api/board?mine=true"))["columns"]
    )
    other = await world.open()
    ask_for = f"/api/tickets/{other.number}/step"
    problem = await ask(admin, "POST", ask_for, 409, json={"step": "Assign to Member"})
    assert "to an agent" in problem["detail"]
    async with world.resources.db.transaction(world.company_id) as session:
        _, secret = await create_key(
            session, name="Wall", by=world.as_person(world.admin), permissions=["tickets:read"]
        )
    async with httpx2.AsyncClient(
        transport=admin._transport, base_url="http://desk.test", headers={"x-api-key": secret}
    ) as key:
        assert sum(each["count"] for each in (await ask(key, "GET", "/api/board"))["columns"]) == 2
        mine = (await ask(key, "GET", "/api/board?mine=true"))["columns"]
        assert [each["count"] for each in mine] == [0] * 5
    await ask(admin, "POST", f"/api/tickets/{other.number}/step", json={"step": "Done"})
    steps = [{"name": "New", "status": "open"}, {"name": "Done", "status": "resolved"}]
    assert not (await ask(admin, "PUT", "/api/steps", json={"steps": steps}))["is_default"]
    await ask(admin, "PUT", "/api/steps", 422, json={"steps": steps[:1]})
    columns = (await ask(admin, "GET", "/api/board"))["columns"]
    assert [each["count"] for each in columns] == [1, 1], "shown on the nearest step"
    assert (await ask(admin, "PUT", "/api/steps", json={"steps": []}))["is_default"]


async def test_no_ticket_is_lost_between_steps(world: World, admin: httpx2.AsyncClient) -> None:
    """Whatever status and mark, each stands on one step, and the database says the same as the rule."""
    ana = world.as_person(world.ana)
    numbers = set()
    for n, status in enumerate(
        ("open", "open", "pending", "in_progress", "resolved", "false_positive")
    ):
        opened = await world.open(f"Ticket {n}")
        numbers.add(opened.number)
        async with world.resources.db.transaction(world.company_id) as session:
            await change_status(session, ticket_id=opened.id, status=status, by=ana)
            ticket = await get_ticket(session, opened.id)
            ticket.work_step = (None, "Assign to Team", "In Progress", "gone", "Open", "Done")[n]
    columns = (await ask(admin, "GET", "/api/board"))["columns"]

    shown = [card["number"] for column in columns for card in column["tickets"]]
    assert sorted(shown) == sorted(numbers)
    assert [each["count"] for each in columns] == [1, 1, 0, 2, 2]


async def test_the_report_tells_everything_in_order(
    world: World, admin: httpx2.AsyncClient
) -> None:
    survivor, merged = await world.open("Survivor"), await world.open("Merged")
    async with world.resources.db.transaction(world.company_id) as session:
        await add_comment(
            session, ticket_id=merged.id, body="It burns.", by=world.as_person(world.rita)
        )
    await ask(admin, "POST", f"/api/tickets/{merged.id}/merge", json={"into": survivor.id})

    report = await ask(admin, "GET", f"/api/tickets/{survivor.number}/report")

    assert report["took_in"] == [merged.number]
    assert report["is_complete"]
    at = [each["at"] for each in report["timeline"]]
    assert at == sorted(at)
    said = [each["body"] for each in report["timeline"] if each["kind"] == "comment"]
    assert said[0] == "It burns."
    events = [
        (each["type"], each["from_ticket"])
        for each in report["timeline"]
        if each["kind"] == "event"
    ]
    assert ("ticket.opened", None) in events
    assert ("ticket.opened", merged.number) in events
    assert ("ticket.took_in", None) in events


async def test_a_blank_reason_does_not_hide_the_comment(
    world: World, admin: httpx2.AsyncClient
) -> None:
    opened = await world.open()
    path = f"/api/tickets/{opened.id}"
    body = {"status": "IN_PROGRESS", "reason": "  ", "comment": "On it.", "is_internal": True}
    told = await ask(admin, "PATCH", f"{path}/status", json=body)
    assert (told["old_status"], told["new_status"]) == ("open", "in_progress")
    await ask(
        admin,
        "PATCH",
        f"{path}/status",
        json={"status": "pending", "reason": "Parts", "comment": "Hm"},
    )

    history = (await ask(admin, "GET", path))["state_history"]

    assert [each["reason"] for each in history] == [None, "On it.", "Parts"]
