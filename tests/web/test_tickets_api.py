"""Every ticket route over HTTP: what it gives, and what it answers to wrong, huge, hostile and missing
input."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from tests.world import World
from ticketyard.people.keys import create_key

JSON = dict[str, Any]


@pytest.fixture
async def ana(world: World, client: httpx2.AsyncClient) -> httpx2.AsyncClient:
    """Ana, logged in."""
    await world.log_in(client, world.ana)
    return client


@pytest.fixture
async def rita(world: World, app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """Rita, logged in elsewhere."""
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://desk.test") as visitor:
        await world.log_in(visitor, world.rita)
        yield visitor


async def get(client: httpx2.AsyncClient, path: str, expected: int = 200) -> JSON:
    answer = await client.get(path)
    assert answer.status_code == expected, answer.text
    body: JSON = answer.json()
    return body


# -- the list --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("paging", "limit", "offset"),
    [
        ("", 50, 0),
        ("page=2&size=2", 2, 2),
        ("page=1", 50, 0),
        ("limit=2&offset=1", 2, 1),
        ("offset=1", 100, 1),
        ("skip=2&limit=2", 2, 2),
        ("skip=0", 20, 0),
    ],
)
async def test_the_list_is_paged_in_the_style_of_each_document(
    world: World, ana: httpx2.AsyncClient, paging: str, limit: int, offset: int
) -> None:
    opened = [await world.open(f"Ticket {n}") for n in range(5)]
    body = await get(ana, f"/api/tickets?{paging}")

    newest_first = [each.id for each in opened[::-1]]
    assert [each["id"] for each in body["items"]] == newest_first[offset : offset + limit]
    assert body["tickets"] == body["items"]
    assert (body["total"], body["limit"], body["size"]) == (5, limit, limit)
    assert (body["offset"], body["skip"], body["page"]) == (offset, offset, offset // limit + 1)
    assert body["has_more"] == (offset + limit < 5)


async def test_the_list_goes_on_along_its_cursor(world: World, ana: httpx2.AsyncClient) -> None:
    for n in range(3):
        await world.open(f"Ticket {n}")
    first = await get(ana, "/api/v1/tickets?limit=2&sort=-priority")
    second = await get(ana, f"/api/tickets?limit=2&cursor={first['next_cursor']}")

    assert [each["title"] for each in second["items"]] == ["Ticket 0"]
    assert second["next_cursor"] is None


async def test_filters_of_all_documents_work_together(
    world: World, ana: httpx2.AsyncClient
) -> None:
    mine = await world.open("Mine", priority="high", tags=("fire",))
    await world.open("Other")
    await ana.put(f"/api/tickets/{mine.id}/assignee", json={"agent_id": world.ana.id})
    for query in (
        "assigned_to=me",
        f"assigned_to={world.ana.id}",
        f"assigned_to_id={world.ana.id}&status=assigned&status=open",
        "priority=high&tag=fire&requester_email=RITA@example.com",
        "unassigned=false",
        "q=mine",
        f"search={mine.number}",
    ):
        body = await get(ana, f"/api/tickets?{query}")
        assert [each["title"] for each in body["items"]] == ["Mine"], query
    assert (await get(ana, "/api/tickets?assigned_to=none"))["total"] == 1


@pytest.mark.parametrize(
    "query",
    [
        "stauts=open", "status=opened", "priority=1", "severity=x", "source=fax", "page=0",
        "page=x", "size=201", "limit=501", "limit=0", "limit=-1", "offset=-1", "skip=-1",
        "offset=99999999999999", "page=1&offset=0", "skip=0&offset=0", "cursor=abc", "sort=title",
        "sort_by=password", "sort_order=sideways", "assigned_to=everybody",
        "assigned_to=none&assigned_to=1", "created_after=soon", "created_before=2025-13-01",
        "unassigned=perhaps", "team=1&team=Billing", "camera_id=a", "q=" + "x" * 401,
        "tag=" + "x" * 51, "&".join(["status=open"] * 101), "cursor=" + "x" * 401,
    ],
)  # fmt: skip
async def test_a_wrong_question_is_refused_without_echo(
    world: World, ana: httpx2.AsyncClient, query: str
) -> None:
    answer = await ana.get(f"/api/tickets?{query}")

    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert "xxxx" not in answer.text


async def test_hostile_values_find_nothing_and_break_nothing(
    world: World, ana: httpx2.AsyncClient
) -> None:
    await world.open()
    for word in ("' or 1=1 --", "%00", "\\", "'; drop table ticket; --", "𝕏" * 50, "%ff%fe", "$$"):
        for name in ("q", "category", "team", "office", "tag", "segment", "organization_id"):
            answer = await ana.get("/api/tickets", params={name: word})
            assert answer.status_code == 200, (name, word, answer.text)
            assert answer.json()["total"] == 0, (name, word)


# -- export and figures ----------------------------------------------------------------------------


async def test_the_export_is_a_file_without_formulas(world: World, ana: httpx2.AsyncClient) -> None:
    await world.open("=HYPERLINK(1)", tags=("out",))
    await world.open("Plain")
    answer = await ana.get("/api/tickets/export?tag=out")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="tickets.csv"'
    assert [row["title"] for row in rows] == ["'=HYPERLINK(1)"]
    assert (await ana.get("/api/tickets/export?status=opened")).status_code == 422
    assert (await ana.get("/api/tickets/export?page=1")).status_code == 422


async def test_the_figures_count_every_kind(world: World, ana: httpx2.AsyncClient) -> None:
    done = await world.open("A", severity="high", source="alert")
    await world.open("B", priority="critical")
    await ana.patch(f"/api/tickets/{done.id}/status", json={"status": "resolved"})
    async with world.resources.db.transaction(world.company_id) as session:
        await session.execute(
            text(
                "insert into alert (company_id, ticket_id, provider_id, organization_id)"
                " values (current_company(), :id, 'maker', 'org')"
            ),
            {"id": done.id},
        )
        await session.execute(
            text("update ticket set organization_id = 'org' where id = :id"), {"id": done.id}
        )
    body = await get(ana, "/api/tickets/stats")
    of_one = await get(ana, "/api/tickets/stats?organization_id=org")

    assert body["total_tickets"] == 2
    assert body["by_status"] == {
        "open": 1, "assigned": 0, "in_progress": 0, "pending": 0, "resolved": 1, "closed": 0,
        "false_positive": 0,
    }  # fmt: skip
    assert body["by_severity"] == {"critical": 0, "high": 1, "medium": 0, "low": 0, "info": 0}
    assert body["by_provider"] == {"maker": 1}
    assert body["sla_breaches"] == 0
    assert body["timestamp"]
    assert (of_one["total_tickets"], of_one["by_provider"]) == (1, {"maker": 1})
    assert (await get(ana, "/api/tickets/stats?organization_id=none"))["total_tickets"] == 0


# -- one ticket ------------------------------------------------------------------------------------


async def test_a_ticket_is_found_by_id_and_by_number_however_written(
    world: World, ana: httpx2.AsyncClient
) -> None:
    opened = await world.open(description="Smoke everywhere.")
    await ana.post(f"/api/tickets/{opened.id}/comments", json={"comment": "Coming."})
    await ana.post(
        f"/api/tickets/{opened.id}/comments", json={"comment": "Drunk?", "is_internal": True}
    )
    for reference in (opened.id, opened.number, opened.number.lower()):
        answer = await ana.get(f"/api/tickets/{reference}")
        body = answer.json()
        assert answer.headers["etag"] == '"v3"'
        assert body["id"] == body["ticket"]["id"] == opened.id
        assert body["description"] == "Smoke everywhere."
        assert [each["comment"] for each in body["comments"]] == ["Coming.", "Drunk?"]
        assert [each["to_status"] for each in body["state_history"]] == ["open"]
        assert body["first_response_time_seconds"] is not None
        assert body["resolution_time_seconds"] is None
        assert body["suggestions"] == []
        assert "assigned" in body["allowed_statuses"]


async def test_a_requester_sees_their_ticket_without_what_is_internal(
    world: World, ana: httpx2.AsyncClient, rita: httpx2.AsyncClient
) -> None:
    opened = await world.open()
    path = f"/api/tickets/{opened.id}"
    await ana.post(f"{path}/comments", json={"comment": "canary-note", "is_internal": True})
    await ana.put(f"{path}/assignee", json={"agent_id": world.bo.id, "reason": "canary-reason"})
    await ana.patch(f"{path}/status", json={"status": "in_progress", "reason": "canary-why"})
    await ana.patch(path, json={"tags": ["canary-tag"]})
    body = await get(rita, path)
    history = await get(rita, f"{path}/history")

    assert "canary-note" not in str(body)
    assert "canary-reason" not in str(body)
    assert "canary-why" not in str(body)
    assert "source_data" not in body
    assert "canary" not in str(history)
    assert {each["type"] for each in history["events"]} == {
        "ticket.opened",
        "ticket.status_changed",
    }
    assert len((await get(ana, f"{path}/history"))["events"]) > len(history["events"])


CHANGING: list[tuple[str, str, JSON | None]] = [
    ("GET", "", None),
    ("GET", "/history", None),
    ("GET", "/attachments", None),
    ("GET", "/attachments/1", None),
    ("PUT", "", {"status": "resolved"}),
    ("PATCH", "", {"title": "Mine now"}),
    ("PUT", "/tags", {"tags": []}),
    ("PATCH", "/status", {"status": "resolved"}),
    ("POST", "/acknowledge", None),
    ("PUT", "/assignee", {"agent_id": 1}),
    ("DELETE", "/assignee", None),
    ("POST", "/assign", {"assigned_to_user_id": 1}),
    ("POST", "/comments", {"comment": "Hello"}),
    ("POST", "/feedback", {"rating": 1}),
]


@pytest.mark.parametrize(("method", "path", "body"), CHANGING)
async def test_unknown_and_foreign_tickets_answer_the_same(
    world: World, client: httpx2.AsyncClient, method: str, path: str, body: JSON | None
) -> None:
    opened = await world.open()
    await world.log_in(client, world.other_admin)
    answers = [
        await client.request(method, f"/api/tickets/{reference}{path}", json=body)
        for reference in (
            opened.id,
            opened.number,
            999_999_999,
            "TKT-20200101-001",
            "nonsense",
            "0",
            "-1",
            "9" * 40,
            "%00",
            "x" * 300,
            "٣",
        )
    ]

    assert {each.status_code for each in answers} == {404}
    assert len({each.text for each in answers}) == 1


@pytest.mark.parametrize(("method", "path", "body"), CHANGING)
async def test_a_requester_does_no_work_of_the_desk(
    world: World, rita: httpx2.AsyncClient, method: str, path: str, body: JSON | None
) -> None:
    own = await world.open()
    others = await world.open(requester_email="else@example.com")
    allowed = path in ("", "/history", "/attachments", "/attachments/1") and method == "GET"
    allowed = allowed or path in ("/comments", "/feedback")
    on_own = await rita.request(method, f"/api/tickets/{own.id}{path}", json=body)
    on_others = await rita.request(method, f"/api/tickets/{others.id}{path}", json=body)

    assert on_own.status_code in ((200, 201, 404) if allowed else (403,))
    assert on_others.status_code == (404 if allowed else 403)


async def test_nobody_gets_in_without_a_key(world: World, client: httpx2.AsyncClient) -> None:
    opened = await world.open()
    for method, path, body in CHANGING:
        for headers in ({}, {"x-api-key": ""}, {"x-api-key": "ty_1_wrong"}):
            answer = await client.request(
                method, f"/api/tickets/{opened.id}{path}", json=body, headers=headers
            )
            assert answer.status_code == 401, (method, path)
    for path in ("", "/export", "/stats", "/views"):
        assert (await client.get(f"/api/tickets{path}")).status_code == 401


async def test_a_gateways_key_works_as_far_as_it_was_allowed(
    world: World, client: httpx2.AsyncClient
) -> None:
    opened = await world.open()
    async with world.resources.db.transaction(world.company_id) as session:
        _, reader = await create_key(
            session, name="Reader", permissions=["tickets:read"], by=world.system
        )
        _, writer = await create_key(
            session, name="Writer", permissions=["tickets:read", "tickets:write"], by=world.system
        )
    path, comment = f"/api/tickets/{opened.id}", {"comment": "From the gateway"}
    as_reader, as_writer = {"x-api-key": reader}, {"authorization": f"Bearer {writer}"}

    assert (await client.get(path, headers=as_reader)).status_code == 200
    assert (await client.get("/api/tickets", headers=as_reader)).json()["total"] == 1
    refused = await client.post(f"{path}/comments", json=comment, headers=as_reader)
    assert refused.status_code == 403
    done = await client.post(f"{path}/comments", json=comment, headers=as_writer)
    assert done.status_code == 200
    assert (await client.get("/api/tickets", headers={"x-api-key": world.key})).status_code == 403
    assign = {"ticket_ids": [opened.id], "assignee_id": world.ana.id}
    assert (
        await client.post("/api/tickets/bulk", json=assign, headers=as_writer)
    ).status_code == 403
    assert (
        await client.put(path, json={"assigned_to_id": world.ana.id}, headers=as_writer)
    ).status_code == 403


# -- status ----------------------------------------------------------------------------------------


async def test_a_status_is_changed_with_its_comment(world: World, ana: httpx2.AsyncClient) -> None:
    opened = await world.open()
    answer = await ana.patch(
        f"/api/tickets/{opened.number}/status",
        json={"status": "Resolved", "comment": "Restarted.", "resolution": "Restart it."},
    )
    body = await get(ana, f"/api/tickets/{opened.id}")

    assert answer.json()["old_status"] == "open"
    assert answer.json()["new_status"] == "resolved"
    assert answer.json()["ticket_id"] == opened.id
    assert body["comments"][0]["comment"] == "Restarted."
    assert body["resolution"] == "Restart it."
    assert body["state_history"][-1]["reason"] == "Restarted."
    assert body["resolved_at"]
    assert body["resolution_time_seconds"] >= 0


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"status": None}, 400),
        ({"status": ""}, 400),
        ({"status": 7}, 400),
        ({"status": ["open"]}, 400),
        ({"status": "done"}, 400),
        ({"status": "x" * 100_000}, 400),
        ({"status": "closed"}, 409),
        ({"status": "resolved", "state": "x"}, 422),
        ({"status": "resolved", "version": 0}, 422),
        ({"status": "resolved", "version": 99}, 409),
        ({"status": "resolved", "comment": "x" * 100_001}, 422),
        ({"status": "resolved", "is_internal": "perhaps"}, 422),
        ([], 422),
    ],
)
async def test_a_wrong_status_is_answered_as_the_contract_says(
    world: World, ana: httpx2.AsyncClient, body: object, status: int
) -> None:
    opened = await world.open()
    answer = await ana.patch(f"/api/tickets/{opened.id}/status", json=body)
    after = await get(ana, f"/api/tickets/{opened.id}")

    assert answer.status_code == status, answer.text
    assert (after["status"], after["version"], after["comments"]) == ("open", 1, [])
    assert "xxxxx" not in answer.text


async def test_an_illegal_move_says_what_is_allowed(world: World, ana: httpx2.AsyncClient) -> None:
    opened = await world.open()
    path = f"/api/tickets/{opened.id}/status"
    answer = await ana.patch(path, json={"status": "closed"})
    again = await ana.patch(path, json={"status": "open"})

    assert answer.status_code == 409
    assert set(answer.json()["allowed"]) == {
        "assigned", "in_progress", "pending", "resolved", "false_positive",
    }  # fmt: skip
    assert again.status_code == 200
    assert again.json()["version"] == 1, "the same status again is no change"


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b'{"status": "\\ud800"}', b"[" * 5000])
async def test_what_is_no_json_is_refused(
    world: World, ana: httpx2.AsyncClient, content: bytes
) -> None:
    opened = await world.open()
    answer = await ana.patch(
        f"/api/tickets/{opened.id}/status",
        content=content,
        headers={"content-type": "application/json"},
    )

    assert answer.status_code in (400, 422)


async def test_acknowledging_is_the_first_response(world: World, ana: httpx2.AsyncClient) -> None:
    opened = await world.open()
    path = f"/api/tickets/{opened.id}"
    first = await ana.post(f"{path}/acknowledge")
    again = await ana.post(f"{path}/acknowledge")
    body = await get(ana, path)
    await ana.patch(f"{path}/status", json={"status": "resolved"})
    late = await ana.post(f"{path}/acknowledge")

    assert (first.json()["old_status"], first.json()["new_status"]) == ("open", "in_progress")
    assert again.json()["version"] == first.json()["version"]
    assert body["first_response_time_seconds"] is not None
    assert late.status_code == 409


# -- assignee --------------------------------------------------------------------------------------


async def test_a_ticket_is_given_taken_and_given_in_the_words_of_spec_2(
    world: World, ana: httpx2.AsyncClient
) -> None:
    opened = await world.open()
    path = f"/api/tickets/{opened.id}"
    given = await ana.put(f"{path}/assignee", json={"agent_id": world.bo.id})
    taken = await ana.delete(f"{path}/assignee")
    again = await ana.post(f"{path}/assign", json={"assigned_to_user_id": world.ana.id})
    body = await get(ana, path)

    assert (given.json()["status"], given.json()["assigned_to_id"]) == ("assigned", world.bo.id)
    assert (taken.json()["status"], taken.json()["assigned_to_id"]) == ("open", None)
    assert again.json()["assigned_to_id"] == world.ana.id
    assert body["assigned_to"] == "Ana Agent"
    assert body["assigned_at"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"agent_id": 0}, 422),
        ({"agent_id": 10**12}, 422),
        ({"agent_id": "Ana"}, 422),
        ({"agent_id": None}, 422),
        ({"agent_id": 10**6}, 404),
        ({"agent_id": 1, "reason": "x" * 2_001}, 422),
        ({"agent_id": 1, "extra": True}, 422),
    ],
)
async def test_an_impossible_assignee_is_refused(
    world: World, ana: httpx2.AsyncClient, body: JSON, status: int
) -> None:
    opened = await world.open()

    answer = await ana.put(f"/api/tickets/{opened.id}/assignee", json=body)
    assert answer.status_code == status


async def test_finished_work_is_given_to_nobody(world: World, ana: httpx2.AsyncClient) -> None:
    opened = await world.open()
    path = f"/api/tickets/{opened.id}"
    await ana.patch(f"{path}/status", json={"status": "false_positive"})

    answer = await ana.put(f"{path}/assignee", json={"agent_id": world.ana.id})
    assert answer.status_code == 409


# -- two at once -----------------------------------------------------------------------------------


async def test_of_two_edits_at_once_one_is_told_that_it_is_late(
    world: World, ana: httpx2.AsyncClient
) -> None:
    opened = await world.open()
    path = f"/api/tickets/{opened.id}"
    answers = await asyncio.gather(
        ana.patch(path, json={"title": "First", "version": 1}),
        ana.patch(path, json={"title": "Second"}, headers={"if-match": '"v1"'}),
    )
    by_status = {each.status_code: each for each in answers}

    assert set(by_status) == {200, 409}
    assert by_status[409].json()["version"] == 2
    assert (await get(ana, path))["title"] == by_status[200].json()["title"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [each for each in CHANGING if each[0] != "GET" and each[1] != "/feedback"],
)
async def test_every_change_compares_the_version(
    world: World, ana: httpx2.AsyncClient, method: str, path: str, body: JSON | None
) -> None:
    opened = await world.open()
    await ana.put(f"/api/tickets/{opened.id}/tags", json={"tags": ["changed"]})
    body = {name: world.ana.id if value == 1 else value for name, value in (body or {}).items()}
    url = f"/api/tickets/{opened.id}{path}"
    send = {"json": body} if body else {}
    stale = await ana.request(method, url, headers={"if-match": 'W/"v1"'}, **send)
    odd = await ana.request(method, url, headers={"if-match": '"abc"'}, **send)
    fresh = await ana.request(method, url, headers={"if-match": '"v2"'}, **send)

    assert (stale.status_code, stale.json()["version"]) == (409, 2)
    assert odd.status_code == 422
    assert fresh.status_code == 200


# -- fields ----------------------------------------------------------------------------------------


async def test_spec_1s_update_does_all_or_nothing(world: World, ana: httpx2.AsyncClient) -> None:
    opened = await world.open()
    path = f"/api/tickets/{opened.id}"
    refused = await ana.put(path, json={"priority": "high", "notes": "Nope", "status": "closed"})
    untouched = await get(ana, path)
    done = await ana.put(
        path,
        json={
            "priority": "urgent", "assigned_to_id": world.bo.id, "notes": "Called back.",
            "status": "in_progress",
        },
    )  # fmt: skip
    body = done.json()

    assert refused.status_code == 409
    assert (untouched["priority"], untouched["comments"], untouched["version"]) == ("medium", [], 1)
    assert (body["priority"], body["status"]) == ("urgent", "in_progress")
    assert body["ticket"]["assigned_to_name"] == "Bo Agent"
    assert body["comments"][0]["is_internal"] is True
    assert (await ana.put(path, json={"status": "done"})).status_code == 400
    assert (await ana.put(path, json={"assigned_to_id": 10**6})).status_code == 404
    assert (await ana.put(path, json={})).status_code == 200


async def test_fields_are_changed_and_kept_in_the_history(
    world: World, ana: httpx2.AsyncClient
) -> None:
    opened = await world.open()
    path = f"/api/tickets/{opened.id}"
    answer = await ana.patch(
        path,
        json={
            "title": "Printer smokes", "category": "Printer", "add_tags": ["Hot", "#hot"],
            "custom_fields": {"floor": 3}, "severity": "high", "urgency": 8,
        },
    )  # fmt: skip
    body = answer.json()
    history = await get(ana, f"{path}/history?limit=1&after=0")

    assert (body["title"], body["category"], body["tags"]) == ("Printer smokes", "printer", ["hot"])
    assert body["custom_fields"] == {"floor": 3}
    assert answer.headers["etag"] == '"v2"'
    assert history["events"][0]["type"] == "ticket.opened"
    assert (await ana.put(f"{path}/tags", json={"tags": ["b", "A", "b"]})).json()["tags"] == [
        "b",
        "a",
    ]


@pytest.mark.parametrize(
    "body",
    [
        {"company_id": 2},
        {"status": "closed"},
        {"title": ""},
        {"title": "x" * 301},
        {"title": 7},
        {"priority": "sky-high"},
        {"urgency": 11},
        {"category": "gardening"},
        {"tags": "fire"},
        {"tags": [str(n) for n in range(21)]},
        {"tags": ["x"] * 101},
        {"tags": [{}]},
        {"custom_fields": []},
        {"custom_fields": {"a": "x" * 5_000}},
        {"custom_fields": {f"f{n}": 1 for n in range(51)}},
        {"custom_fields": {"": 1}},
        {"version": "1; drop"},
    ],
)
async def test_a_field_that_cannot_be_is_refused(
    world: World, ana: httpx2.AsyncClient, body: JSON
) -> None:
    opened = await world.open()
    answer = await ana.patch(f"/api/tickets/{opened.id}", json=body)

    assert answer.status_code == 422, answer.text
    assert "xxxxx" not in answer.text
    assert (await get(ana, f"/api/tickets/{opened.id}"))["version"] == 1


async def test_a_body_beyond_the_limit_is_refused(world: World, ana: httpx2.AsyncClient) -> None:
    opened = await world.open()
    answer = await ana.patch(f"/api/tickets/{opened.id}", json={"title": "x" * 3_000_000})

    assert answer.status_code == 413


# -- comments and feedback -------------------------------------------------------------------------


async def test_the_requesters_reply_reopens(
    world: World, ana: httpx2.AsyncClient, rita: httpx2.AsyncClient
) -> None:
    opened = await world.open()
    path = f"/api/tickets/{opened.id}"
    await ana.patch(f"{path}/status", json={"status": "resolved"})
    reply = await rita.post(f"{path}/comments", json={"comment": "Still burning."})
    secret = await rita.post(f"{path}/comments", json={"comment": "x", "is_internal": True})

    assert reply.json() | {"comment_id": 0, "version": 0} == {
        "message": "Comment added", "comment_id": 0, "ticket_id": opened.id, "version": 0,
    }  # fmt: skip
    assert (await get(rita, path))["status"] == "in_progress"
    assert secret.status_code == 403


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"comment": ""}, 400),
        ({"comment": " \n"}, 400),
        ({"comment": None}, 400),
        ({"comment": 5}, 400),
        ({"comment": "x" * 100_001}, 422),
        ({"comment": "Hi", "author_id": 1}, 422),
        ({"comment": "Hi", "is_internal": 7}, 422),
    ],
)
async def test_a_comment_that_is_none_is_refused(
    world: World, ana: httpx2.AsyncClient, body: JSON, status: int
) -> None:
    opened = await world.open()
    answer = await ana.post(f"/api/tickets/{opened.id}/comments", json=body)

    assert answer.status_code == status, answer.text
    assert "xxxxx" not in answer.text


async def test_feedback_is_kept(
    world: World, ana: httpx2.AsyncClient, rita: httpx2.AsyncClient
) -> None:
    opened = await world.open()
    path = f"/api/tickets/{opened.id}"
    kept = await rita.post(
        f"{path}/feedback",
        json={"ticket_id": str(opened.id), "helpful": True, "rating": 4, "feedback": "Fine"},
    )
    body = await get(ana, path)

    assert kept.status_code == 200
    assert (body["satisfaction_rating"], body["satisfaction_feedback"]) == (4, "Fine")
    for wrong in ({}, {"rating": 6}, {"rating": "good"}, {"ticket_id": 999, "rating": 1}):
        assert (await rita.post(f"{path}/feedback", json=wrong)).status_code == 422


# -- many at once ----------------------------------------------------------------------------------


async def test_a_bulk_change_tells_of_each_ticket(world: World, ana: httpx2.AsyncClient) -> None:
    first, second = await world.open("A"), await world.open("B")
    await ana.patch(f"/api/tickets/{second.id}/status", json={"status": "resolved"})
    answer = await ana.post(
        "/api/tickets/bulk",
        json={
            "ticket_ids": [first.id, second.number, "TKT-19990101-001"],
            "assignee_id": world.bo.id, "add_tags": ["x"], "priority": "low",
        },
    )  # fmt: skip
    body = answer.json()

    assert (body["done"], body["refused"]) == (1, 2)
    assert [each["done"] for each in body["outcomes"]] == [True, False, False]
    assert [each["problem"]["status"] for each in body["outcomes"][1:]] == [409, 404]
    assert (await get(ana, f"/api/tickets/{second.id}"))["tags"] == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"ticket_ids": []}, 422),
        ({"ticket_ids": [1]}, 422),
        ({"ticket_ids": list(range(201)), "status": "resolved"}, 422),
        ({"ticket_ids": [1], "status": "done"}, 400),
        ({"ticket_ids": [{"id": 1}], "status": "resolved"}, 422),
        ({"ticket_ids": [1], "delete": True}, 422),
    ],
)
async def test_a_wrong_bulk_change_is_refused(
    world: World, ana: httpx2.AsyncClient, body: JSON, status: int
) -> None:
    assert (await ana.post("/api/tickets/bulk", json=body)).status_code == status


# -- files -----------------------------------------------------------------------------------------


HOSTILE = "../../..\\evil\u202egpj.html"


async def test_a_file_comes_back_only_to_be_saved(
    world: World, ana: httpx2.AsyncClient, rita: httpx2.AsyncClient
) -> None:
    opened = await world.open()
    path = f"/api/tickets/{opened.id}/attachments"
    sent = await rita.post(
        path,
        files=[
            ("files", (HOSTILE, b"<script>alert(1)</script>", "text/html")),
            ("files", ("Счёт.pdf", b"%PDF", "application/pdf")),
        ],
    )
    listed = (await get(ana, path))["attachments"]
    page, invoice = [await ana.get(each["url"]) for each in listed]

    assert sent.status_code == 201, sent.text
    assert [each["filename"] for each in listed] == ["evilgpj.html", "Счёт.pdf"]
    assert page.content == b"<script>alert(1)</script>"
    assert page.headers["content-disposition"].startswith('attachment; filename="evilgpj.html"')
    assert page.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in page.headers["content-security-policy"]
    assert "filename*=UTF-8''%D0%A1" in invoice.headers["content-disposition"]
    assert (await get(ana, f"/api/tickets/{opened.id}"))["attachment_url"] == listed[0]["url"]


async def test_files_that_cannot_be_are_refused(world: World, ana: httpx2.AsyncClient) -> None:
    opened, other = await world.open("A"), await world.open("B")
    path = f"/api/tickets/{opened.id}/attachments"
    empty = await ana.post(path, files=[("files", ("a", b""))])
    huge = await ana.post(path, files=[("files", ("a", b"x" * 10_485_761))])
    many = await ana.post(path, files=[("files", (f"{n}", b"x")) for n in range(21)])
    none = await ana.post(path, data={"comment": "no file"})
    gone = await ana.post("/api/tickets/999999/attachments", files=[("files", ("a", b"x"))])
    sent = await ana.post(path, files=[("files", ("a", b"x"))])
    file_id = sent.json()["attachments"][0]["id"]
    elsewhere = await ana.get(f"/api/tickets/{other.id}/attachments/{file_id}")
    odd = await ana.get(f"{path}/abc")

    assert [each.status_code for each in (empty, huge, many, none, gone)] == [
        422, 413, 422, 422, 404,
    ]  # fmt: skip
    assert (elsewhere.status_code, odd.status_code) == (404, 422)


async def test_a_file_that_is_only_named_or_lost_is_not_found(
    world: World, ana: httpx2.AsyncClient
) -> None:
    opened = await world.open()
    async with world.resources.db.transaction(world.company_id) as session:
        ids = list(
            await session.scalars(
                text(
                    "insert into attachment (company_id, ticket_id, filename, blob_key,"
                    " foreign_reference) values (current_company(), :id, 'a', null, '/etc/passwd'),"
                    " (current_company(), :id, 'b', '1/aa/gone', null) returning id"
                ),
                {"id": opened.id},
            )
        )
    for file_id in ids:
        answer = await ana.get(f"/api/tickets/{opened.id}/attachments/{file_id}")
        assert answer.status_code == 404


# -- views -----------------------------------------------------------------------------------------


async def test_views_are_ones_own(
    world: World, ana: httpx2.AsyncClient, rita: httpx2.AsyncClient
) -> None:
    made = await ana.post("/api/tickets/views", json={"name": "Mine", "query": {"status": "open"}})
    listed = await get(ana, "/api/tickets/views")
    gone = await ana.delete(f"/api/tickets/views/{made.json()['id']}")

    assert made.status_code == 201
    assert listed["views"] == [made.json()]
    assert gone.status_code == 204
    assert (await ana.delete(f"/api/tickets/views/{made.json()['id']}")).status_code == 404
    assert (await rita.get("/api/tickets/views")).status_code == 403
    for wrong in ({}, {"name": "", "query": {}}, {"name": "x", "query": {"q": "y" * 5_000}}):
        assert (await ana.post("/api/tickets/views", json=wrong)).status_code == 422
