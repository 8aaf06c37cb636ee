"""Mail over HTTP: spec 3's examples and its two curl calls, the thread, and mail handed over."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from tests.mailboxes.post import add_mailbox, deliver, mail, sent
from tests.world import World
from ticketyard.core.resources import Resources
from ticketyard.mailboxes.ledger import list_books
from ticketyard.mailboxes.moving import move_mail
from ticketyard.people.keys import create_key
from ticketyard.web.app import create_app
from ticketyard.web.deps import WebSettings

# As they stand in the document, host apart.
CURL_NEW = r"""
curl -X POST http://localhost:8001/api/v1/test/email-to-ticket \
  -H "Content-Type: application/json" \
  -d '{
    "email_data": {
      "message_id": "<test123@example.com>",
      "subject": "Test ticket",
      "from_address": "test@example.com",
      "body": "This is a test #testing",
      "received_at": "2025-12-15T10:00:00Z"
    }
  }'
"""
CURL_REPLY = r"""
curl -X POST http://localhost:8001/api/v1/test/email-to-ticket \
  -H "Content-Type: application/json" \
  -d '{
    "email_data": {
      "message_id": "<reply456@example.com>",
      "subject": "Re: TKT-20251215-001",
      "from_address": "test@example.com",
      "body": "Reply to existing ticket",
      "received_at": "2025-12-15T11:00:00Z",
      "in_reply_to": "<TKT-20251215-001@bmcnetworks.dk>"
    }
  }'
"""


@pytest.fixture
async def open_client(resources: Resources) -> AsyncIterator[httpx2.AsyncClient]:
    """A visitor of a desk where mail can be played."""
    app = create_app(resources, settings=WebSettings(test_routes=True))
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://desk.test") as visitor:
        yield visitor
    await app.state.live.close()


@pytest.fixture
async def admin(open_client: httpx2.AsyncClient, world: World) -> httpx2.AsyncClient:
    await world.log_in(open_client, world.admin)
    return open_client


def typed(command: str) -> tuple[str, Any]:
    """Path and body of a printed curl call."""
    path = re.search(r"localhost:\d+(\S+)", command)
    body = re.search(r"-d '(.*)'", command, re.DOTALL)
    assert path
    assert body
    return path[1], json.loads(body[1])


async def play(client: httpx2.AsyncClient, **data: Any) -> dict[str, Any]:
    given = {"from_address": "customer@example.com", **data}
    answer = await client.post("/api/test/email-to-ticket", json={"email_data": given})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def told(client: httpx2.AsyncClient, path: str) -> Any:
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def rows(world: World, query: str, **values: Any) -> list[Any]:
    async with world.resources.db.transaction(world.company_id) as session:
        return list(await session.execute(text(query), values))


# -- spec 3 ----------------------------------------------------------------------------------------


async def test_both_printed_curl_calls_work(admin: httpx2.AsyncClient, world: World) -> None:
    world.resources.db.clock = lambda: datetime(2025, 12, 15, 12, tzinfo=UTC)
    path, body = typed(CURL_NEW)

    first = await admin.post(path, json=body)

    assert first.status_code == 200, first.text
    made = first.json()
    assert made == {
        "ticket_id": made["ticket_id"],
        "ticket_number": "TKT-20251215-001",
        "created": True,
        "linked": False,
    }
    ticket = await told(admin, f"/api/tickets/{made['ticket_id']}")
    assert ticket["ticket"]["tags"] == ["testing"]
    path, body = typed(CURL_REPLY)
    reply = await admin.post(path, json=body)
    assert reply.json() == {**made, "created": False, "linked": True}


async def test_a_key_with_the_permission_may_play_mail(
    open_client: httpx2.AsyncClient, world: World
) -> None:
    by = world.as_person(world.admin)
    async with world.resources.db.transaction(world.company_id) as session:
        _, secret = await create_key(session, name="Tests", permissions=["settings:manage"], by=by)
    path, body = typed(CURL_NEW)

    assert (await open_client.post(path, json=body)).status_code == 401
    plain = await open_client.post(path, json=body, headers={"x-api-key": world.key})
    assert plain.status_code == 403
    answer = await open_client.post(path, json=body, headers={"x-api-key": secret})
    assert answer.json()["created"]


async def test_mail_cannot_be_played_where_that_is_off(
    client: httpx2.AsyncClient, world: World
) -> None:
    await world.log_in(client, world.admin)
    path, body = typed(CURL_NEW)

    assert (await client.post(path, json=body)).status_code == 404


async def test_agents_may_not_play_mail(open_client: httpx2.AsyncClient, world: World) -> None:
    await world.log_in(open_client, world.ana)
    path, body = typed(CURL_NEW)

    assert (await open_client.post(path, json=body)).status_code == 403


async def test_a_first_mail_and_its_reply_are_one_thread(
    admin: httpx2.AsyncClient, world: World
) -> None:
    """Examples 1 and 2."""
    first = await play(
        admin,
        message_id="<abc123@example.com>",
        subject="Help with network issue",
        body="Our internet is down. Can you help?",
        received_at="2025-12-15T10:00:00Z",
    )
    number = first["ticket_number"]
    reply = await play(
        admin,
        message_id="<def456@example.com>",
        subject=f"Re: {number}",
        body="Thanks, issue is resolved now",
        received_at="2025-12-15T11:00:00Z",
        in_reply_to=f"<{number}@desk.example>",
    )

    ticket = (await told(admin, f"/api/tickets/{first['ticket_id']}"))["ticket"]
    assert (ticket["priority"], ticket["tags"]) == ("medium", [])
    assert reply == {**first, "created": False, "linked": True}
    thread = await told(admin, f"/api/v1/tickets/{first['ticket_id']}/emails")
    ids = [each.pop("id") for each in thread["emails"]]
    assert ids == sorted(ids)
    assert all(each.pop("created_at") for each in thread["emails"])
    assert thread == {
        "ticket_id": first["ticket_id"],
        "ticket_number": number,
        "emails": [
            {
                "email_message_id": "<abc123@example.com>",
                "email_from": "customer@example.com",
                "email_subject": "Help with network issue",
                "email_received_at": "2025-12-15T10:00:00Z",
                "is_reply": False,
            },
            {
                "email_message_id": "<def456@example.com>",
                "email_from": "customer@example.com",
                "email_subject": f"Re: {number}",
                "email_received_at": "2025-12-15T11:00:00Z",
                "is_reply": True,
            },
        ],
    }
    found = await told(admin, "/api/v1/tickets/by-email/CUSTOMER@example.com")
    assert found["email_address"] == "CUSTOMER@example.com"
    (listed,) = found["tickets"]
    assert list(listed) == ["id", "ticket_number", "subject", "status", "created_at"]
    assert (listed["ticket_number"], listed["subject"]) == (number, "Help with network issue")


async def test_a_tagged_urgent_mail_is_critical(admin: httpx2.AsyncClient) -> None:
    """Example 3."""
    made = await play(
        admin,
        from_address="vip@example.com",
        subject="URGENT: Server down!",
        body="Production server is down #critical #server",
    )

    ticket = (await told(admin, f"/api/tickets/{made['ticket_id']}"))["ticket"]
    assert (ticket["priority"], ticket["tags"]) == ("critical", ["critical", "server"])
    assert ticket["custom_fields"]["created_from_email"] is True


async def test_what_is_played_is_kept_as_it_would_have_arrived(
    admin: httpx2.AsyncClient, world: World
) -> None:
    made = await play(admin, subject="Blåbær\r\nBcc: x@evil.example", body="Grød\r\n.\r\nx")

    ((raw,),) = await rows(
        world, "select raw from inbound_message where ticket_id = :id", id=made["ticket_id"]
    )
    head, _, _ = bytes(raw).partition(b"\r\n\r\n")
    names = [line.partition(b":")[0] for line in head.split(b"\r\n") if line[:1] != b" "]
    assert b"Bcc" not in names
    assert names[:2] == [b"From", b"Subject"]
    ticket = (await told(admin, f"/api/tickets/{made['ticket_id']}"))["ticket"]
    assert ticket["title"] == "Blåbær Bcc: x@evil.example"
    assert ticket["description"].endswith("Grød\n.\nx")


async def test_a_message_id_played_twice_makes_no_second_ticket(
    admin: httpx2.AsyncClient,
) -> None:
    data = {"message_id": "<same@example.com>", "subject": "Once", "body": "Only once."}
    first = await play(admin, **data)
    again = await play(admin, **data)

    assert again == {**first, "created": False, "linked": True}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("message_id", "<a@b>\r\nBcc: x@evil.example"),
        ("in_reply_to", "\x00\r\n\r\nBody: here"),
        ("from_address", "a@example.com\nBcc: x@evil.example"),
        ("references", ["<a@b.example>", "\r\nX: 1"]),
        ("subject", "=?utf-8?b?DQpCY2M6IHg=?="),
        ("body", "\ud800 \x00"),
        ("received_at", "9999-12-31T23:59:59+00:00"),
        ("received_at", "0001-01-01T00:00:00-23:59"),
        ("message_id", "x" * 9_000),
    ],
)
async def test_odd_fields_hurt_nobody(admin: httpx2.AsyncClient, field: str, value: Any) -> None:
    data = {"from_address": "customer@example.com", "body": "Hello", field: value}
    body = json.dumps({"email_data": data}).encode()

    answer = await admin.post(
        "/api/test/email-to-ticket", content=body, headers={"content-type": "application/json"}
    )

    assert answer.status_code in (200, 422), answer.text
    assert "evil" not in json.dumps(answer.json())


# -- who sees what ---------------------------------------------------------------------------------


async def test_our_own_mail_is_told_when_asked_for(
    client: httpx2.AsyncClient, world: World
) -> None:
    opened = await world.open()
    ours = await sent(world, opened.id, opened.number)
    await world.log_in(client, world.ana)

    assert (await told(client, f"/api/tickets/{opened.id}/emails"))["emails"] == []
    (shown,) = (await told(client, f"/api/tickets/{opened.number}/emails?include_sent=true"))[
        "emails"
    ]
    assert (shown["email_message_id"], shown["direction"]) == (f"<{ours}>", "out")


async def test_requesters_see_their_own_tickets_only(
    client: httpx2.AsyncClient, world: World
) -> None:
    own = await deliver(world, mail(sender="Rita <rita@example.com>"))
    foreign = await deliver(world, mail(sender="cy@example.com", cc="rita@example.com"))
    await world.log_in(client, world.rita)

    assert (await told(client, f"/api/tickets/{own.ticket_id}/emails"))["emails"]
    refused = await client.get(f"/api/tickets/{foreign.ticket_id}/emails")
    assert refused.status_code == 404
    mine = await told(client, "/api/tickets/by-email/rita@example.com")
    assert [each["id"] for each in mine["tickets"]] == [own.ticket_id]
    assert (await told(client, "/api/tickets/by-email/cy@example.com"))["tickets"] == []


async def test_requesters_learn_nothing_of_mail_that_became_a_note(
    client: httpx2.AsyncClient, world: World
) -> None:
    own = await deliver(world, mail(sender="Rita <rita@example.com>"))
    ours = await sent(world, own.ticket_id or 0, own.number or "")
    # An agent's address that nobody vouches for: added as a note.
    note = await deliver(
        world, mail(sender="ana@example.com", in_reply_to=f"<{ours}>", subject="Re: x")
    )
    assert note.ticket_id == own.ticket_id

    await world.log_in(client, world.rita)
    assert len((await told(client, f"/api/tickets/{own.ticket_id}/emails"))["emails"]) == 1
    await world.log_in(client, world.ana)
    assert len((await told(client, f"/api/tickets/{own.ticket_id}/emails"))["emails"]) == 2


async def test_requesters_learn_nothing_of_what_came_back(
    client: httpx2.AsyncClient, world: World
) -> None:
    own = await deliver(world, mail(sender="Rita <rita@example.com>"))
    async with world.resources.db.transaction(world.company_id) as session:
        await session.execute(text("update mail_message set is_bounce = true"))
    await world.log_in(client, world.rita)

    assert (await told(client, f"/api/tickets/{own.ticket_id}/emails"))["emails"] == []


async def test_an_address_finds_a_ticket_whose_requester_is_nobody_known(
    client: httpx2.AsyncClient, world: World
) -> None:
    opened = await world.open()
    async with world.resources.db.transaction(world.company_id) as session:
        await session.execute(
            text("update ticket set requester_id = null, requester_email = 'Old@Example.com'")
        )
    await world.log_in(client, world.ana)

    found = await told(client, "/api/tickets/by-email/old@example.com")

    assert [each["id"] for each in found["tickets"]] == [opened.id]


async def test_unknown_tickets_and_addresses(client: httpx2.AsyncClient, world: World) -> None:
    await world.log_in(client, world.ana)

    assert (await client.get("/api/tickets/4711/emails")).status_code == 404
    for address in ("nobody@example.com", "%00", "a%27b", "x" * 3_000):
        answer = await client.get(f"/api/tickets/by-email/{address}")
        assert answer.status_code == 200
        assert answer.json()["tickets"] == []


async def test_an_address_finds_tickets_it_asked_for_in_other_ways(
    client: httpx2.AsyncClient, world: World
) -> None:
    form = await world.open(requester_email="Rita@Example.com")
    await world.log_in(client, world.ana)

    found = await told(client, "/api/tickets/by-email/rita@example.com")

    assert [each["id"] for each in found["tickets"]] == [form.id]


async def test_another_companys_mail_is_not_found(client: httpx2.AsyncClient, world: World) -> None:
    own = await deliver(world, mail())
    await world.log_in(client, world.other_admin)

    assert (await client.get(f"/api/tickets/{own.ticket_id}/emails")).status_code == 404
    found = await told(client, "/api/tickets/by-email/rita@example.com")
    assert found["tickets"] == []


# -- handed over by another program ----------------------------------------------------------------


async def hand_over(
    client: httpx2.AsyncClient, world: World, key: str = "", **data: Any
) -> httpx2.Response:
    given = {
        "from": {"email": "rita@example.com", "name": "Rita"},
        "subject": "Printer",
        "body": "It blinks.",
        **data,
    }
    headers = {"x-api-key": world.key, **({"idempotency-key": key} if key else {})}
    return await client.post("/api/tickets/email", json={"email_data": given}, headers=headers)


async def opened_by(client: httpx2.AsyncClient, world: World, **data: Any) -> dict[str, Any]:
    answer = await hand_over(client, world, **data)
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_mail_handed_over_waits_for_whoever_works_on_its_ticket(
    client: httpx2.AsyncClient, world: World
) -> None:
    made = await opened_by(client, world, message_id="<h1@x.example>")
    subject = f"Re: [{made['ticket_number']}] Printer"
    async with world.resources.db.transaction(world.company_id) as session:
        # As triage does: first a row that names the ticket, then the ticket itself.
        await session.execute(text("select 1 from ticket for key share"))
        answer = asyncio.create_task(
            hand_over(client, world, message_id="<h2@x.example>", subject=subject, body="More.")
        )
        await until_somebody_waits(world)
        await session.execute(text("select 1 from ticket for update"))
    answered = await answer
    assert answered.status_code == 200, answered.text
    assert answered.json()["ticket_number"] == made["ticket_number"]


async def until_somebody_waits(world: World) -> None:
    for _ in range(500):
        ((waiting,),) = await rows(world, "select count(*) from pg_locks where not granted")
        if waiting:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("Nobody waits for a lock.")


async def tickets(world: World) -> int:
    ((count,),) = await rows(world, "select count(*) from ticket")
    return int(count)


@pytest.mark.parametrize("way", ["in_reply_to", "references", "listed", "subject", "own id"])
async def test_a_reply_that_is_handed_over_joins(
    client: httpx2.AsyncClient, world: World, way: str
) -> None:
    first = await opened_by(client, world, message_id="<one@mailer.example>")
    number = first["ticket_number"]
    names = {
        "in_reply_to": {"in_reply_to": f"<{number}@desk.example>"},
        "references": {"references": f"<x@y.example> <{number}@desk.example>"},
        "listed": {"references": ["<x@y.example>", f"<{number}@desk.example>"]},
        "subject": {"subject": f"AW: [{number}] Printer"},
        "own id": {"in_reply_to": "<one@mailer.example>"},
    }[way]

    reply = await hand_over(
        client, world, message_id="<two@mailer.example>", body="Still silent.", **names
    )

    assert reply.json() == {
        "status": "success",
        "message": "Added to the ticket it continues.",
        "ticket_id": first["ticket_id"],
        "ticket_number": number,
    }
    assert await tickets(world) == 1
    ((body, internal, author),) = await rows(
        world, "select body, is_internal, author_id from comment"
    )
    assert (body, internal, author) == ("Still silent.", False, world.rita.id)
    logged = await rows(
        world,
        "select email_message_id, is_reply, direction from tticket_email_log order by id",
    )
    assert [tuple(each) for each in logged] == [
        ("<one@mailer.example>", False, "in"),
        ("<two@mailer.example>", True, "in"),
    ]


async def test_a_strangers_reply_is_opened_apart(client: httpx2.AsyncClient, world: World) -> None:
    first = await opened_by(client, world)

    apart = await opened_by(
        client,
        world,
        **{"from": "eve@elsewhere.example"},
        in_reply_to=f"<{first['ticket_number']}@desk.example>",
    )

    assert apart["ticket_id"] != first["ticket_id"]
    ((note,),) = await rows(
        world, "select body from comment where ticket_id = :id", id=int(apart["ticket_id"])
    )
    assert first["ticket_number"] in note


async def test_a_reply_handed_over_twice_is_added_once(
    client: httpx2.AsyncClient, world: World
) -> None:
    first = await opened_by(client, world)
    reply = {
        "message_id": "<two@mailer.example>",
        "in_reply_to": f"<{first['ticket_number']}@desk.example>",
        "body": "Still silent.",
    }
    await opened_by(client, world, **reply)

    again = await hand_over(client, world, **reply)
    with_key = await hand_over(client, world, key="k1", **reply)

    assert again.json()["deduplicated"] is True
    assert with_key.json()["ticket_id"] == first["ticket_id"]
    assert len(await rows(world, "select 1 from comment")) == 1
    assert await tickets(world) == 1


async def test_replies_handed_over_at_once_are_one(
    client: httpx2.AsyncClient, world: World
) -> None:
    first = await opened_by(client, world)
    reply = {
        "message_id": "<two@mailer.example>",
        "in_reply_to": f"<{first['ticket_number']}@desk.example>",
    }

    answers = await asyncio.gather(
        *(hand_over(client, world, key=key, **reply) for key in ("", "a", "", "b", ""))
    )

    assert {each.status_code for each in answers} == {200}
    assert {each.json()["ticket_id"] for each in answers} == {first["ticket_id"]}
    assert len(await rows(world, "select 1 from comment")) == 1
    assert await tickets(world) == 1


async def test_a_reply_is_replayed_by_its_key(client: httpx2.AsyncClient, world: World) -> None:
    first = await opened_by(client, world)
    reply = {"in_reply_to": f"<{first['ticket_number']}@desk.example>", "body": "Still silent."}
    joined = await hand_over(client, world, key="k1", **reply)

    replay = await hand_over(client, world, key="k1", **reply)
    other = await hand_over(client, world, key="k1", **{**reply, "body": "Else."})

    assert replay.headers["idempotent-replayed"] == "true"
    assert replay.json()["ticket_id"] == joined.json()["ticket_id"]
    assert other.status_code == 422
    assert len(await rows(world, "select 1 from comment")) == 1


async def test_what_is_handed_over_and_delivered_is_one_ticket(
    client: httpx2.AsyncClient, world: World
) -> None:
    box = await add_mailbox(world)
    told_first = await opened_by(client, world, message_id="<one@mailer.example>")
    delivered = await deliver(world, mail(message_id="<one@mailer.example>"), box)
    assert (delivered.created, delivered.number) == (False, told_first["ticket_number"])

    brought = await deliver(world, mail(message_id="<two@mailer.example>"), box)
    told_later = await hand_over(client, world, message_id="<two@mailer.example>")

    assert told_later.json()["ticket_number"] == brought.number
    assert told_later.json()["deduplicated"] is True
    assert await tickets(world) == 2


async def test_a_reply_handed_over_and_delivered_is_one_comment(
    client: httpx2.AsyncClient, world: World
) -> None:
    box = await add_mailbox(world)
    first = await opened_by(client, world)
    names = f"<{first['ticket_number']}@desk.example>"
    await opened_by(client, world, message_id="<two@mailer.example>", in_reply_to=names)

    await deliver(world, mail(message_id="<two@mailer.example>", in_reply_to=names), box)

    assert len(await rows(world, "select 1 from comment")) == 1


async def test_somebody_elses_mail_of_the_same_id_is_another(
    client: httpx2.AsyncClient, world: World
) -> None:
    """Or whoever learns of an id could make a mail of somebody else disappear."""
    box = await add_mailbox(world)
    await opened_by(
        client, world, **{"from": "eve@elsewhere.example"}, message_id="<one@mailer.example>"
    )

    delivered = await deliver(world, mail(message_id="<one@mailer.example>"), box)

    assert delivered.created


async def test_a_closed_ticket_gets_a_follow_up(client: httpx2.AsyncClient, world: World) -> None:
    first = await opened_by(client, world)
    await rows(
        world,
        "update ticket set status = 'closed' where id = :id returning id",
        id=int(first["ticket_id"]),
    )

    later = await opened_by(
        client, world, in_reply_to=f"<{first['ticket_number']}@desk.example>", body="Again!"
    )

    assert later["message"] == "Ticket created."
    notes = await rows(world, "select ticket_id, body from comment order by ticket_id")
    assert [ticket for ticket, _ in notes] == [int(first["ticket_id"]), int(later["ticket_id"])]
    assert later["ticket_number"] in notes[0].body
    assert first["ticket_number"] in notes[1].body


async def test_the_books_balance_over_what_is_handed_over(
    client: httpx2.AsyncClient, world: World
) -> None:
    first = await opened_by(client, world, message_id="<one@mailer.example>")
    reply = {"message_id": "<two@mailer.example>", "subject": f"Re: {first['ticket_number']}"}
    for key in ("", "", "k1"):
        await hand_over(client, world, key=key, **reply)
    await opened_by(client, world, message_id="<one@mailer.example>")
    await world.log_in(client, world.admin)

    async with world.resources.db.transaction(world.company_id) as session:
        (books,) = await list_books(session)
    assert books.balances
    assert (books.tickets, books.replies) == (1, 1)


async def test_a_reply_that_was_handed_over_can_be_moved(
    client: httpx2.AsyncClient, world: World
) -> None:
    first = await opened_by(client, world)
    await opened_by(client, world, subject=f"Re: {first['ticket_number']}", body="Grødgrød")
    ((inbound_id,),) = await rows(
        world, "select inbound_id from mail_message where outcome = 'reply'"
    )

    moved = await move_mail(
        world.resources, inbound_id=inbound_id, to=None, by=world.as_person(world.ana)
    )

    ((description,),) = await rows(
        world, "select description from ticket where id = :id", id=moved.ticket_id
    )
    assert "Grødgrød" in description
    assert "email_data" not in description


async def test_the_unified_door_threads_as_well(client: httpx2.AsyncClient, world: World) -> None:
    first = await opened_by(client, world)
    data = {
        "from": "rita@example.com",
        "body": "Still silent.",
        "subject": f"Re: {first['ticket_number']}",
    }

    answer = await client.post(
        "/api/tickets/unified",
        json={"source": "EMAIL", "data": data},
        headers={"x-api-key": world.key},
    )

    assert answer.json()["ticket_id"] == first["ticket_id"]


async def test_mail_handed_over_finds_its_ticket_by_address(
    client: httpx2.AsyncClient, world: World
) -> None:
    made = await opened_by(client, world, message_id="<one@mailer.example>")
    await world.log_in(client, world.ana)

    found = await told(client, "/api/tickets/by-email/rita@example.com")

    assert [str(each["id"]) for each in found["tickets"]] == [made["ticket_id"]]
