"""Tickets come in by every route, once, and what is wrong with them is said without an echo."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import orjson
import pytest
from sqlalchemy import text

from tests.world import World
from ticketyard.core.auth import Principal
from ticketyard.core.resources import Resources
from ticketyard.people.keys import create_key, revoke_key
from ticketyard.web.app import create_app
from ticketyard.web.deps import WebSettings

Client = httpx2.AsyncClient

FORM = {
    "title": "Printer is silent",
    "description": "It blinks, nothing comes out.",
    "email": "rita@example.com",
    "name": "Rita Requester",
}
FLAT = {
    "id": "12345",
    "title": "Network connectivity issue",
    "description": "Unable to connect to the network",
    "requester_email": "user@example.com",
    "requester_name": "John Doe",
    "category": "Network",
    "priority": "High",
}
SOLMAN = {
    "IncidentID": "8000001234",
    "ShortText": "Invoice run stops",
    "Description": "It ends with a dump.",
    "ReporterEmail": "rita@example.com",
    "ReporterName": "Rita",
    "Priority": "1: Very High",
    "Category": "Application",
    "Attachments": [{"FileName": "dump.txt", "FilePath": "/etc/passwd", "FileSize": 12}],
}
EMAIL = {
    "message_id": "<7a1f@mail.example.com>",
    "subject": "Printer",
    "body": "Silent.",
    "from": {"email": "rita@example.com", "name": "Rita"},
}
CHAT = {
    "query": "I forgot my password.",
    "user_id": "u-17",
    "user_email": "rita@example.com",
    "user_name": "Rita",
    "context": {"page": "/login"},
}
DEEP: Any = orjson.loads(b"[" * 60 + b"]" * 60)
ALERT = {
    "title": "Person detected in restricted zone",
    "severity": "high",
    "camera_id": 1,
    "provider_id": "provider-uuid",
    "alert_data": {"detections": []},
}


async def row(resources: Resources, company_id: int, sql: str, **given: Any) -> Any:
    """One row of the company, as a mapping."""
    async with resources.db.transaction(company_id) as session:
        return (await session.execute(text(sql), given)).mappings().one()


async def ticket_of(world: World, number: str) -> Any:
    return await row(
        world.resources,
        world.company_id,
        "select * from ticket where number = :number",
        number=number,
    )


async def count(world: World, table: str, where: str = "true") -> int:
    found = await row(
        world.resources, world.company_id, f"select count(*) as n from {table} where {where}"
    )
    return int(found["n"])


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("glpi", {"ticket_data": FLAT},
         {"source": "glpi", "source_reference": "12345", "priority": "high", "priority_by": "source",
          "category": "network", "category_by": "source", "requester_email": "user@example.com"}),
        ("solman", {"ticket_data": SOLMAN},
         {"source": "solman", "priority": "critical", "source_priority": "1: Very High",
          "category": "software", "title": "Invoice run stops"}),
        ("email", {"email_data": EMAIL},
         {"source": "email", "source_reference": "<7a1f@mail.example.com>", "title": "Printer",
          "priority": "medium", "priority_by": "default", "category": None}),
        ("unified", {"source": "GLPI", "data": {k: v for k, v in FLAT.items() if k != "id"}},
         {"source": "glpi", "source_reference": None, "priority": "high"}),
        ("unified", {"source": "web_form", "data": FORM}, {"source": "web_form"}),
        ("unified", {"source": "WEBFORM", "data": FORM}, {"source": "web_form"}),
        ("unified", {"source": "ChatBot", "data": CHAT}, {"source": "chatbot"}),
        ("unified", {"source": "Solman", "data": SOLMAN}, {"source": "solman"}),
        ("unified", {"source": "EMAIL", "data": EMAIL}, {"source": "email"}),
        ("unified", {"source": "api", "data": {"title": "T", "tags": ["a"]}}, {"source": "api"}),
        ("chatbot", CHAT, {"source": "chatbot", "title": "I forgot my password."}),
        ("", ALERT, {"source": "alert", "severity": "high", "priority": "high"}),
    ],
)  # fmt: skip
async def test_every_source_opens_a_ticket(
    client: Client, world: World, path: str, body: dict[str, Any], expected: dict[str, Any]
) -> None:
    answer = await client.post(
        f"/api/tickets/{path}".rstrip("/"), json={**body, "api_key": world.key}
    )
    assert answer.status_code == (201 if path == "" else 200), answer.text
    told = answer.json()
    assert told["ticket_number"].startswith("TKT-")
    assert "deduplicated" not in told
    ticket = await ticket_of(world, told["ticket_number"])
    assert str(ticket["id"]) == told["ticket_id"]
    assert {name: ticket[name] for name in expected} == expected
    kept = await row(
        world.resources, world.company_id,
        "select * from inbound_message where ticket_id = :id", id=ticket["id"],
    )  # fmt: skip
    assert world.key.encode() not in kept["raw"]
    assert orjson.loads(kept["raw"])


async def test_the_answers_have_the_shapes_of_the_documents(client: Client, world: World) -> None:
    headers = {"X-API-Key": world.key}
    glpi = (
        await client.post("/api/tickets/glpi", json={"ticket_data": FLAT}, headers=headers)
    ).json()
    assert set(glpi) == {"status", "message", "ticket_id", "ticket_number"}
    assert glpi["status"] == "success"
    chat = (await client.post("/api/tickets/chatbot", json=CHAT, headers=headers)).json()
    assert chat["status"] == "ticket_created"
    assert chat["estimated_resolution"] == "15 minutes"
    assert chat["classification"]["category"] == "password_reset"
    assert chat["solutions"] == []
    alert = (await client.post("/api/tickets", json=ALERT, headers=headers)).json()
    assert set(alert) == {"message", "ticket_id", "ticket_number", "status"}
    assert alert["status"] == "open"


async def test_glpi_in_its_own_shape(client: Client, world: World) -> None:
    body = {
        "id": 77,
        "name": "No network",
        "content": "Since this morning.",
        "priority": 5,
        "itilcategories_id": {"name": "Remote Access"},
        "_users_id_recipient": {"id": 3, "email": "rita@example.com", "name": "Rita"},
        "documents": [{"filename": "../../etc/passwd", "filepath": "/etc/passwd",
                       "filesize": 9, "mime": "text/plain"}],
        "entities_id": 4,
    }  # fmt: skip
    answer = await client.post(
        "/api/v1/tickets/glpi",
        json={"ticket_data": body},
        headers={"Authorization": f"Bearer {world.key}"},
    )
    ticket = await ticket_of(world, answer.json()["ticket_number"])
    assert (ticket["priority"], ticket["source_priority"]) == ("urgent", "5")
    assert (ticket["category"], ticket["source_category"]) == ("vpn", "Remote Access")
    assert ticket["requester_id"] == world.rita.id
    assert ticket["source_data"]["entities_id"] == 4
    file = await row(
        world.resources, world.company_id,
        "select * from attachment where ticket_id = :id", id=ticket["id"],
    )  # fmt: skip
    assert (file["filename"], file["foreign_reference"]) == ("passwd", "/etc/passwd")
    assert file["blob_key"] is None


async def test_a_category_the_company_lacks_is_left_to_triage(client: Client, world: World) -> None:
    async with world.resources.db.transaction(world.company_id) as session:
        await session.execute(text("delete from category where name in ('network', 'other')"))
        await session.execute(
            text("insert into category (company_id, name) values (current_company(), 'Жалоба')")
        )
    headers = {"X-API-Key": world.key}
    found = {}
    for word in ("Network", "жалоба", "Gardening"):
        answer = await client.post(
            "/api/tickets/unified",
            json={"source": "glpi", "data": {"title": "T", "category": word}},
            headers=headers,
        )
        ticket = await ticket_of(world, answer.json()["ticket_number"])
        found[word] = (ticket["category"], ticket["category_by"], ticket["source_category"])
    assert found == {
        "Network": (None, "default", "Network"),
        "жалоба": ("Жалоба", "source", "жалоба"),
        "Gardening": (None, "default", "Gardening"),
    }


async def test_an_unknown_category_is_other_until_triage_knows_better(
    client: Client, world: World
) -> None:
    answer = await client.post(
        "/api/tickets/glpi",
        json={"ticket_data": {**FLAT, "category": "Gardening"}, "api_key": world.key},
    )
    ticket = await ticket_of(world, answer.json()["ticket_number"])
    assert (ticket["category"], ticket["category_by"]) == ("other", "default")


# -- sent twice, filed once ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/glpi", {"ticket_data": FLAT}),
        ("/solman", {"ticket_data": SOLMAN}),
        ("/email", {"email_data": EMAIL}),
        ("/unified", {"source": "GLPI", "data": FLAT}),
    ],
)
async def test_the_same_again_is_answered_with_the_first_ticket(
    client: Client, world: World, path: str, body: dict[str, Any]
) -> None:
    headers = {"X-API-Key": world.key}
    first = await client.post(f"/api/tickets{path}", json=body, headers=headers)
    again = await client.post(f"/api/tickets{path}", json=body, headers=headers)
    assert again.status_code == 200
    assert again.json()["ticket_id"] == first.json()["ticket_id"]
    assert again.json()["deduplicated"] is True
    assert await count(world, "ticket") == 1
    assert await count(world, "inbound_message", "repeats = 1") == 1


async def test_a_new_version_of_a_known_ticket_is_kept_beside_it(
    client: Client, world: World
) -> None:
    headers = {"X-API-Key": world.key}
    for title in ("One", "Two", "Two"):
        await client.post(
            "/api/tickets/glpi", json={"ticket_data": {"id": 1, "title": title}}, headers=headers
        )
    assert await count(world, "ticket", "title = 'One'") == await count(world, "ticket") == 1
    assert await count(world, "inbound_message") == 2
    assert await count(world, "inbound_message", "ticket_id is null") == 0


async def test_forty_at_once_with_one_identity_make_one_ticket(
    client: Client, world: World
) -> None:
    async def send(number: int) -> httpx2.Response:
        # Half under the source's own id, half under a key, so that both ways meet.
        headers = {"X-API-Key": world.key}
        if number % 2:
            headers["Idempotency-Key"] = f"key-{number % 4}"
        return await client.post("/api/tickets/glpi", json={"ticket_data": FLAT}, headers=headers)

    answers = await asyncio.gather(*(send(number) for number in range(40)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["ticket_id"] for answer in answers}) == 1
    assert await count(world, "ticket") == 1
    assert await count(world, "event", "type = 'ticket.opened'") == 1


async def test_an_idempotency_key_is_answered_alike(client: Client, world: World) -> None:
    headers = {"X-API-Key": world.key, "Idempotency-Key": '"8e03978e-40d5-43dd-bc93"'}
    first = await client.post("/api/tickets", json=ALERT, headers=headers)
    again = await client.post("/api/tickets", json=ALERT, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["idempotent-replayed"] == "true"
    other = await client.post("/api/tickets", json={**ALERT, "title": "Other"}, headers=headers)
    assert other.status_code == 422
    assert "Idempotency-Key" in other.json()["detail"]
    assert await count(world, "ticket") == 1
    assert await count(world, "inbound_message", "state = 'needs_look'") == 0


async def test_two_senders_may_choose_the_same_key(client: Client, world: World) -> None:
    by = Principal.system(world.company_id)
    async with world.resources.db.transaction(world.company_id) as session:
        _, second = await create_key(session, name="Second", by=by)
    for key in (world.key, second):
        answer = await client.post(
            "/api/tickets", json=ALERT, headers={"X-API-Key": key, "Idempotency-Key": "1"}
        )
        assert answer.status_code == 201
    assert await count(world, "ticket") == 2


async def test_a_malformed_idempotency_key_is_refused(client: Client, world: World) -> None:
    for key in ("", '""', "x" * 256, "tab\there"):
        answer = await client.post(
            "/api/tickets", json=ALERT, headers={"X-API-Key": world.key, "Idempotency-Key": key}
        )
        assert answer.status_code == 400, key


async def test_a_form_sent_twice_without_a_key_is_two_tickets(client: Client, world: World) -> None:
    for _ in range(2):
        assert (await client.post("/api/tickets/web-form", json=FORM)).status_code == 200
    assert await count(world, "ticket") == 2


# -- who may ---------------------------------------------------------------------------------------

KEYED = [
    ("/glpi", {"ticket_data": FLAT}),
    ("/solman", {"ticket_data": SOLMAN}),
    ("/email", {"email_data": EMAIL}),
    ("/unified", {"source": "GLPI", "data": FLAT}),
    ("/chatbot", CHAT),
    ("", ALERT),
]


async def test_a_wrong_key_is_refused(client: Client, world: World) -> None:
    wrong: list[object] = [None, "", "wrong", 5, {"a": 1}, "ty_1_wrong", "x" * 5000, True]
    for path, body in KEYED:
        for key in wrong:
            answer = await client.post(f"/api/tickets{path}", json={**body, "api_key": key})
            assert answer.status_code == 401, (path, key)
            assert answer.json()["detail"] == "Invalid API key"


async def test_without_a_key_nothing_else_is_told(client: Client, world: World) -> None:
    for path, _ in KEYED:
        for body in [b"", b"{", b"null", b"[]", b"\xff", b'{"api_key": ""}']:
            answer = await client.post(f"/api/tickets{path}", content=body)
            assert (answer.status_code, answer.json()["detail"]) == (401, "Invalid API key")
            assert "errors" not in answer.json()


async def test_a_key_for_one_source_opens_no_other(client: Client, world: World) -> None:
    async with world.resources.db.transaction(world.company_id) as session:
        _, key = await create_key(
            session, name="GLPI", sources=["glpi"], by=Principal.system(world.company_id)
        )
    assert (
        await client.post("/api/tickets/glpi", json={"ticket_data": FLAT, "api_key": key})
    ).status_code == 200
    for path, body in (
        ("/solman", {"ticket_data": SOLMAN}),
        ("/unified", {"source": "EMAIL", "data": EMAIL}),
        ("", ALERT),
    ):
        answer = await client.post(f"/api/tickets{path}", json={**body, "api_key": key})
        assert answer.status_code == 403, answer.text


async def test_a_key_that_may_not_create_is_refused(client: Client, world: World) -> None:
    async with world.resources.db.transaction(world.company_id) as session:
        _, key = await create_key(
            session, name="Reader", permissions=["tickets:read"],
            by=Principal.system(world.company_id),
        )  # fmt: skip
    answer = await client.post("/api/tickets", json={**ALERT, "api_key": key})
    assert answer.status_code == 403


async def test_a_revoked_key_ends_at_once(client: Client, world: World) -> None:
    by = Principal.system(world.company_id)
    async with world.resources.db.transaction(world.company_id) as session:
        made, key = await create_key(session, name="Short", by=by)
    assert (await client.post("/api/tickets", json={**ALERT, "api_key": key})).status_code == 201
    async with world.resources.db.transaction(world.company_id) as session:
        await revoke_key(session, key_id=made.id, by=by)
    assert (await client.post("/api/tickets", json={**ALERT, "api_key": key})).status_code == 401


async def test_another_companys_key_opens_a_ticket_there(client: Client, world: World) -> None:
    answer = await client.post("/api/tickets", json={**ALERT, "api_key": world.other_key})
    assert answer.status_code == 201
    assert await count(world, "ticket") == 0


async def test_a_requester_may_ask_the_chat_and_nothing_else(client: Client, world: World) -> None:
    await world.log_in(client, world.rita)
    assert (await client.post("/api/tickets/chatbot", json=CHAT)).status_code == 200
    assert (await client.post("/api/tickets", json=ALERT)).status_code == 403


# -- what is wrong ---------------------------------------------------------------------------------


MALFORMED: list[tuple[str, dict[str, Any], str]] = [
    ("/glpi", {}, "ticket_data"),
    ("/glpi", {"ticket_data": None}, "ticket_data"),
    ("/glpi", {"ticket_data": []}, "ticket_data"),
    ("/glpi", {"ticket_data": {}}, "ticket_data.title"),
    ("/glpi", {"ticket_data": FLAT, "suprise": 1}, "suprise"),
    ("/glpi", {"ticket_data": {**FLAT, "title": ["x"]}}, "ticket_data.title"),
    ("/glpi", {"ticket_data": {**FLAT, "category": "x" * 501}}, "ticket_data.category"),
    ("/glpi", {"ticket_data": {**FLAT, "documents": [{"filesize": -1}]}},
     "ticket_data.documents.0.filesize"),
    ("/solman", {"ticket_data": {"ShortText": {"a": 1}}}, "ticket_data.ShortText"),
    ("/email", {"email_data": {"from": {"email": 1}}}, "email_data.title"),
    ("/email", {"email_data": {"subject": "S", "from": {"email": []}}}, "email_data.from.email"),
    ("/unified", {"data": {}}, "source"),
    ("/unified", {"source": 5, "data": {}}, "source"),
    ("/unified", {"source": "GLPI", "data": {"a": DEEP}}, "data"),
    ("/unified", {"source": "API", "data": {"title": "T", "colour": "red"}}, "data.colour"),
    ("/unified", {"source": "WEB_FORM", "data": {**FORM, "email": "nobody"}}, "data.email"),
    ("/chatbot", {**CHAT, "user_email": "x"}, "user_email"),
    ("", {**ALERT, "severity": "terrible"}, "severity"),
    ("", {**ALERT, "camera_id": "left"}, "camera_id"),
    ("", {**ALERT, "camera_id": True}, "camera_id"),
    ("", {**ALERT, "camera_id": 2**40}, "camera_id"),
    ("", {**ALERT, "colour": "red"}, "colour"),
    ("", {**ALERT, "alert_data": "x"}, "alert_data"),
    ("", {**ALERT, "video_clip_url": "javascript:alert(1)"}, "video_clip_url"),
    ("", {**ALERT, "detection_count": -1}, "detection_count"),
]  # fmt: skip


async def test_a_malformed_field_is_named_by_its_path_and_kept(
    client: Client, world: World
) -> None:
    for path, body, field in MALFORMED:
        answer = await client.post(f"/api/tickets{path}", json={**body, "api_key": world.key})
        assert answer.status_code == 422, answer.text
        told = answer.json()
        assert field in [each["path"] for each in told["errors"]]
        assert world.key not in answer.text
        kept = await row(
            world.resources, world.company_id,
            "select * from inbound_message where id = :id", id=told["kept_as"],
        )  # fmt: skip
        assert (kept["state"], kept["ticket_id"]) == ("needs_look", None)
        assert world.key.encode() not in kept["raw"]
    assert await count(world, "ticket") == 0


async def test_a_missing_field_of_an_alert_is_named(client: Client, world: World) -> None:
    for name in ("title", "severity", "camera_id", "provider_id"):
        without = {each: value for each, value in ALERT.items() if each != name}
        for body in (without, {**ALERT, name: None}):
            answer = await client.post("/api/tickets", json=body, headers={"X-API-Key": world.key})
            assert answer.status_code == 400
            assert answer.json()["detail"] == f"Missing required field: {name}"


async def test_an_alert_is_kept_behind_its_ticket(client: Client, world: World) -> None:
    body = {
        **ALERT,
        "severity": "CRITICAL",
        "camera_id": 0,
        "vendor_alert_id": "evt-1",
        "organization_id": 9,
        "detection_count": 3,
        "thumbnail_url": "https://cam.example.com/1.jpg",
    }
    told = (await client.post("/api/tickets", json={**body, "api_key": world.key})).json()
    ticket = await ticket_of(world, told["ticket_number"])
    assert (ticket["severity"], ticket["priority"]) == ("critical", "critical")
    alert = await row(
        world.resources, world.company_id,
        "select * from alert where ticket_id = :id", id=ticket["id"],
    )  # fmt: skip
    assert (alert["camera_id"], alert["organization_id"], alert["detection_count"]) == (0, "9", 3)


async def test_an_unknown_source_is_told_the_known_ones(client: Client, world: World) -> None:
    answer = await client.post(
        "/api/tickets/unified", json={"source": "FAX", "data": {}, "api_key": world.key}
    )
    assert answer.status_code == 400
    assert "GLPI" in answer.json()["detail"]
    assert "FAX" not in answer.text
    assert await count(world, "inbound_message", "state = 'needs_look'") == 1


async def test_no_json_from_a_known_sender_is_kept(client: Client, world: World) -> None:
    for body in [b"{", b"\xff\xfe", b'{"a": NaN}', b'"\\ud800"', b"[" * 5000]:
        answer = await client.post(
            "/api/tickets/glpi", content=body, headers={"X-API-Key": world.key}
        )
        assert answer.status_code == 422
        kept = await row(
            world.resources, world.company_id,
            "select * from inbound_message where id = :id", id=answer.json()["kept_as"],
        )  # fmt: skip
        assert (kept["raw"], kept["state"]) == (body, "needs_look")


async def test_too_much_is_refused_and_no_cause_for_alarm(
    client: Client, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b" " * 2**20

    for content in (b" " * (3 * 2**20), pieces()):
        answer = await client.post(
            "/api/tickets/glpi", content=content, headers={"X-API-Key": world.key}
        )
        assert answer.status_code == 413
    told = capsys.readouterr()
    assert "unexpected" not in told.out + told.err


async def test_a_key_with_escapes_is_not_kept_either(client: Client, world: World) -> None:
    written = "".join(f"\\u{ord(mark):04x}" for mark in world.key)
    answer = await client.post(
        "/api/tickets/glpi", content=b'{"api_key": "' + written.encode() + b'", "x": "\\n"}'
    )
    assert answer.status_code in (400, 422)
    kept = await row(world.resources, world.company_id, "select * from inbound_message")
    assert world.key.encode() not in kept["raw"]
    assert written.encode() not in kept["raw"]


HOSTILE = [
    None, True, 0, -1, 2**63, 1e300, "", " ", "\x00", "\u202e", "x" * 100_000, "ж" * 50_000, [], [[]],
    {}, {"": ""}, {"\x00": "\x00"}, ["a", 1, None], "javascript:1", "'; drop table ticket; --",
]  # fmt: skip


@pytest.mark.parametrize(("path", "body"), KEYED)
async def test_whatever_a_field_holds_the_answer_is_no_500_and_no_echo(
    client: Client, world: World, path: str, body: dict[str, Any]
) -> None:
    for index, hostile in enumerate(HOSTILE):
        for name in [*sorted(_fields(body)), "\x00", "x" * 1000]:
            changed: dict[str, Any] = orjson.loads(orjson.dumps(body))
            _fields(changed)[name] = hostile
            answer = await client.post(
                f"/api/tickets{path}", json={**changed, "api_key": world.key}
            )
            assert answer.status_code in (200, 201, 400, 422), (index, name, answer.text)
            assert world.key not in answer.text
            assert len(answer.content) < 5_000


def _fields(body: dict[str, Any]) -> dict[str, Any]:
    """The dictionary with the source's own fields."""
    return next(
        (each for name, each in body.items() if name in ("ticket_data", "email_data", "data")), body
    )


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/tickets/glpi", {"ticket_data": FLAT}),
        ("/api/tickets/unified", {"source": "GLPI", "data": FLAT}),
    ],
)
async def test_a_source_that_is_off_is_told_to_come_back(
    world: World, path: str, body: dict[str, Any]
) -> None:
    app = create_app(world.resources, settings=WebSettings(sources_off=frozenset({"glpi"})))
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://desk.test") as sender:
        answer = await sender.post(path, json=body, headers={"x-api-key": world.key})
        other = await sender.post(
            "/api/tickets/solman", json={"ticket_data": SOLMAN}, headers={"x-api-key": world.key}
        )
    await app.state.live.close()

    assert answer.status_code == 503
    assert other.status_code == 200
