"""From what happens to what people hear, through the real worker and real receivers."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from tests.receiver import Receiver, listening
from tests.world import World
from ticketyard.core.auth import PERMISSIONS, Principal
from ticketyard.core.outgoing import Outgoing
from ticketyard.core.sealing import Sealer
from ticketyard.notify.errors import BadPreference, BadTarget
from ticketyard.notify.models import OutgoingMail
from ticketyard.notify.servers import MailOut, SmtpServer
from ticketyard.notify.telling.leaving import send_due_notifications
from ticketyard.notify.telling.reading import (
    Told,
    count_unread,
    list_notifications,
    list_sent,
    mark_read,
    save_choices,
)
from ticketyard.notify.telling.targets import TargetDraft, add_target, queue_test
from ticketyard.people.models import Person
from ticketyard.tickets.assigning import assign_ticket
from ticketyard.tickets.commenting import add_comment

Run = Callable[[], Awaitable[None]]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with listening(Receiver(body=b"ok")) as found:
        yield found


@pytest.fixture
def with_mail(world: World) -> World:
    """A server that nobody listens at: mail waits in the outbox."""
    server = SmtpServer(host="127.0.0.1", port=1)
    out = MailOut(server=server, from_email="desk@example.com", public_url="https://desk.example")
    world.put(MailOut, out)
    return world


async def assign(world: World, ticket_id: int, to: Person, by: Person) -> None:
    async with world.resources.db.transaction(world.company_id) as session:
        await assign_ticket(session, ticket_id=ticket_id, agent_id=to.id, by=world.as_person(by))


async def write(world: World, ticket_id: int, words: str, by: Person) -> None:
    async with world.resources.db.transaction(world.company_id) as session:
        await add_comment(
            session, ticket_id=ticket_id, body=words, is_internal=True, by=world.as_person(by)
        )


async def told(world: World, person: Person, *, unread: bool = False) -> list[Told]:
    async with world.resources.db.transaction(world.company_id) as session:
        return await list_notifications(session, person.id, unread=unread)


async def nobody_available(world: World) -> None:
    """So that routing gives nothing to anybody."""
    async with world.resources.db.transaction(world.company_id) as session:
        await session.execute(text("update agent set is_available = false"))


@pytest.fixture
async def ticket(world: World, run_jobs: Run) -> int:
    await nobody_available(world)
    opened = await world.open("Printer on fire")
    await run_jobs()
    return opened.id


async def test_who_is_given_a_ticket_hears_of_it_and_who_gave_it_does_not(
    world: World, ticket: int, run_jobs: Run
) -> None:
    await assign(world, ticket, world.ana, world.admin)
    await run_jobs()
    (found,) = await told(world, world.ana)
    assert (found.kind, found.by_name, found.title) == ("assigned", "Ada Admin", "Printer on fire")
    assert await told(world, world.admin) == []
    await assign(world, ticket, world.bo, world.bo)
    await run_jobs()
    assert await told(world, world.bo) == []


async def test_a_listener_that_runs_twice_tells_once(
    world: World, ticket: int, run_jobs: Run
) -> None:
    await assign(world, ticket, world.ana, world.admin)
    await run_jobs()
    async with world.resources.db.transaction(world.company_id) as session:
        await session.execute(
            text("insert into job_item (company_id, job, event_id, event_type, payload)"
                 " select company_id, 'notify.tell_agents', id, type, payload from event"
                 " where type = 'ticket.assigned'")
        )  # fmt: skip
    await run_jobs()
    (found,) = await told(world, world.ana)
    assert found.count == 1


async def test_more_of_the_same_is_counted_until_it_is_read(
    world: World, ticket: int, run_jobs: Run
) -> None:
    await assign(world, ticket, world.ana, world.admin)
    for number in range(5):
        await write(world, ticket, f"note {number}", world.bo)
    await run_jobs()
    await write(world, ticket, "the last", world.bo)
    await run_jobs()
    found = {each.kind: each for each in await told(world, world.ana)}
    assert (found["commented"].count, found["commented"].words) == (6, "the last")
    async with world.resources.db.transaction(world.company_id) as session:
        assert await count_unread(session, world.ana.id) == 2
        assert await mark_read(session, world.bo.id) == 0
        assert await mark_read(session, world.ana.id, ids=[found["commented"].id]) == 1
        assert await mark_read(session, world.ana.id, ticket_id=ticket) == 1
    await write(world, ticket, "again", world.bo)
    await run_jobs()
    (fresh,) = await told(world, world.ana, unread=True)
    assert (fresh.count, fresh.words) == (1, "again")


async def test_the_desk_is_told_live(world: World, ticket: int, app: Any, run_jobs: Run) -> None:
    import asyncio

    async with app.state.live.watch(world.company_id) as changed:
        await asyncio.wait_for(changed.wait(), 5)
        await assign(world, ticket, world.ana, world.admin)
        await asyncio.sleep(0.1)
        changed.clear()
        await run_jobs()
        await asyncio.wait_for(changed.wait(), 5)
    await app.state.live.close()


async def mails(world: World) -> list[OutgoingMail]:
    async with world.resources.db.transaction(world.company_id) as session:
        rows = await session.execute(
            text("select recipients -> 0 ->> 'email' as email, subject, body_text, is_automatic,"
                 " ticket_id from outgoing_mail where kind = 'notification' order by id")
        )  # fmt: skip
        return list(rows.all())  # type: ignore[arg-type]


async def test_the_first_mail_leaves_at_once_and_the_next_are_gathered(
    with_mail: World, ticket: int, run_jobs: Run
) -> None:
    world = with_mail
    await assign(world, ticket, world.ana, world.admin)
    await run_jobs()
    (first,) = await mails(world)
    assert first.email == "ana@example.com"  # type: ignore[attr-defined]
    assert "gave you this ticket" in first.subject
    assert "https://desk.example/tickets/TKT-" in first.body_text
    # It is no message of the ticket's thread, and says that it was made by a machine.
    assert (first.is_automatic, first.ticket_id) == (True, None)
    for number in range(20):
        await write(world, ticket, f"@ana {number}", world.bo)
    await run_jobs()
    assert len(await mails(world)) == 1
    before = world.resources.db.clock
    world.resources.db.clock = lambda: before() + timedelta(minutes=6)
    await send_due_notifications(world.resources, world.company_id)
    _, second = await mails(world)
    assert "20 notifications about" in second.subject


async def test_of_very_many_it_says_how_many_more_there_are(
    with_mail: World, ticket: int, run_jobs: Run
) -> None:
    world = with_mail
    await assign(world, ticket, world.ana, world.admin)
    await run_jobs()
    for _ in range(2):
        for number in range(30):
            await write(world, ticket, f"@ana {number}", world.bo)
        await run_jobs()
    before = world.resources.db.clock
    world.resources.db.clock = lambda: before() + timedelta(minutes=6)
    await send_due_notifications(world.resources, world.company_id)
    _, second = await mails(world)
    assert second.subject == "60 notifications"
    assert "@ana 19\n" in second.body_text
    assert "… and 10 more, on the desk." in second.body_text


async def test_a_key_and_who_writes_by_mail_have_names_too(
    world: World, ticket: int, run_jobs: Run
) -> None:
    await assign(world, ticket, world.ana, world.admin)
    await run_jobs()
    for kind, name, shown in (
        ("integration", "GLPI  production", "GLPI production"),
        ("system", "Mail from Rita R <rita@else.example>", "Rita R <rita@else.example>"),
        ("system", "Escalation: Night", ""),
    ):
        by = Principal(kind, None, world.company_id, name, PERMISSIONS)  # type: ignore[arg-type]
        async with world.resources.db.transaction(world.company_id) as session:
            await add_comment(session, ticket_id=ticket, body="Hello", by=by)
        await run_jobs()
        (found,) = [each for each in await told(world, world.ana) if each.kind == "commented"]
        assert found.by_name == shown


async def test_nobody_is_mailed_at_an_address_of_our_own(
    with_mail: World, ticket: int, run_jobs: Run
) -> None:
    """It would come back as a ticket."""
    async with with_mail.resources.db.transaction(with_mail.company_id) as session:
        ana = await session.get_one(Person, with_mail.ana.id)
        ana.email = "Desk@example.com"
    await assign(with_mail, ticket, with_mail.ana, with_mail.admin)
    await run_jobs()
    assert await mails(with_mail) == []


async def test_without_a_mail_server_nothing_is_kept_for_it(
    world: World, ticket: int, run_jobs: Run
) -> None:
    await assign(world, ticket, world.ana, world.admin)
    await run_jobs()
    async with world.resources.db.transaction(world.company_id) as session:
        assert await list_sent(session) == []


async def test_what_one_chose_holds(with_mail: World, ticket: int, run_jobs: Run) -> None:
    world = with_mail
    async with world.resources.db.transaction(world.company_id) as session:
        await save_choices(
            session,
            {("assigned", "email"): False, ("assigned", "in_app"): False},
            by=world.as_person(world.ana),
        )
        await save_choices(session, {("commented", "email"): True}, by=world.as_person(world.ana))
        with pytest.raises(BadPreference):
            await save_choices(
                session, {("assigned", "pigeon"): True}, by=world.as_person(world.ana)
            )
    await assign(world, ticket, world.ana, world.admin)
    await run_jobs()
    assert await told(world, world.ana) == []
    assert await mails(world) == []
    await write(world, ticket, "note", world.bo)
    await run_jobs()
    assert len(await mails(world)) == 1


async def _add(world: World, **more: Any) -> int:
    resources = world.resources
    async with resources.db.transaction(world.company_id) as session:
        target = await add_target(
            session,
            TargetDraft(**{"kind": "slack", "name": "#desk", **more}),
            sealer=resources.part(Sealer),
            outgoing=resources.part(Outgoing),
            by=world.as_person(world.admin),
        )
        return target.id


@pytest.mark.parametrize("kind", ["slack", "teams"])
async def test_a_chat_is_written_to(
    world: World, ticket: int, run_jobs: Run, receiver: Receiver, kind: str
) -> None:
    await _add(world, kind=kind, url=receiver.url, event_kinds=["assigned"])
    await assign(world, ticket, world.ana, world.admin)
    await write(world, ticket, "note", world.bo)
    await run_jobs()
    (got,) = receiver.got
    assert got.headers["content-type"] == "application/json"
    assert "Printer on fire" in json.dumps(json.loads(got.body))
    # Everybody reads it there, so it says who is meant.
    assert "Ada Admin gave this ticket to Ana Agent" in got.body.decode()
    async with world.resources.db.transaction(world.company_id) as session:
        (sent,) = await list_sent(session)
        sealed = await session.scalar(text("select secret from notification_target"))
    assert (sent.status, sent.channel_type, sent.template_name, sent.to) == (
        "sent", kind, "assigned", "#desk",
    )  # fmt: skip
    assert sent.ticket_id == ticket
    assert "/hook" not in sealed


async def test_a_chat_that_fails_is_tried_again_and_a_final_no_is_not(
    world: World, ticket: int, run_jobs: Run, receiver: Receiver
) -> None:
    await _add(world, url=receiver.url, event_kinds=["assigned"])
    receiver.status, receiver.body = 503, b"later"
    await assign(world, ticket, world.ana, world.admin)
    await run_jobs()
    async with world.resources.db.transaction(world.company_id) as session:
        (sent,) = await list_sent(session)
    assert (sent.status, sent.error_message) == ("pending", "Answered 503. later")
    receiver.status, receiver.body = 404, b"no_service"
    before = world.resources.db.clock
    world.resources.db.clock = lambda: before() + timedelta(seconds=11)
    await send_due_notifications(world.resources, world.company_id)
    world.resources.db.clock = lambda: before() + timedelta(days=1)
    await send_due_notifications(world.resources, world.company_id)
    async with world.resources.db.transaction(world.company_id) as session:
        (sent,) = await list_sent(session)
    assert (sent.status, sent.error_message) == ("failed", "Answered 404. no_service")
    assert len(receiver.got) == 2


async def test_an_sms_goes_through_the_gateway(
    world: World, ticket: int, run_jobs: Run, receiver: Receiver
) -> None:
    await _add(
        world, kind="sms", url=receiver.url, header_name="Authorization", header_value="Key k",
        body_template='{"number": "{{to}}", "message": "{{text}}"}',
    )  # fmt: skip
    async with world.resources.db.transaction(world.company_id) as session:
        ana = await session.get_one(Person, world.ana.id)
        ana.phone = "+77001234567"
        await save_choices(session, {("assigned", "sms"): True}, by=world.as_person(world.ana))
    await assign(world, ticket, world.ana, world.admin)
    await run_jobs()
    (got,) = receiver.got
    assert got.headers["authorization"] == "Key k"
    body = json.loads(got.body)
    assert body["number"] == "+77001234567"
    assert "Printer on fire" in body["message"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "http://127.0.0.2/x", "event_kinds": ["assigned"]},
        {"url": "http://127.0.0.1/x", "event_kinds": []},
        {"url": "http://127.0.0.1/x", "event_kinds": ["nothing"]},
        {"url": "http://127.0.0.1/x", "kind": "sms", "body_template": "{{text}}"},
        {"url": "http://127.0.0.1/x", "kind": "sms", "body_template": '{"a": {{text}}{{to}}'},
        {"url": "http://127.0.0.1/x", "event_kinds": ["assigned"], "header_name": "A\r\nB"},
        {"url": "http://127.0.0.1/x", "event_kinds": ["assigned"], "header_name": "A", "header_value": "\n"},
    ],
)  # fmt: skip
async def test_what_cannot_be_a_target_is_refused(world: World, wrong: dict[str, Any]) -> None:
    with pytest.raises(BadTarget):
        await _add(world, **wrong)


async def test_a_target_can_be_tested(world: World, run_jobs: Run, receiver: Receiver) -> None:
    target_id = await _add(world, url=receiver.url, event_kinds=["assigned"])
    async with world.resources.db.transaction(world.company_id) as session:
        await queue_test(session, target_id=target_id, by=world.as_person(world.admin))
    await send_due_notifications(world.resources, world.company_id)
    assert b"This is a test" in receiver.got[0].body


async def test_a_webhook_that_was_switched_off_is_told_to_admins(
    world: World, run_jobs: Run
) -> None:
    from ticketyard.core.events import emit
    from ticketyard.webhooks.events import WebhookDisabled

    async with world.resources.db.transaction(world.company_id) as session:
        event = WebhookDisabled(endpoint_id=1, host="hooks.example", reason="Answered 410.")
        await emit(session, event, by=world.system)
    await run_jobs()
    (found,) = await told(world, world.admin)
    assert (found.kind, found.words) == ("webhook_disabled", "Answered 410.")
    assert await told(world, world.ana) == []


async def test_one_reads_and_chooses_ones_own_alone(
    client: httpx2.AsyncClient, world: World, ticket: int, run_jobs: Run
) -> None:
    await assign(world, ticket, world.ana, world.admin)
    await run_jobs()
    await world.log_in(client, world.bo)
    assert (await client.get("/api/notifications")).json() == {"unread": 0, "items": []}
    await client.post("/api/notifications/read", json={})
    client.cookies.clear()
    await world.log_in(client, world.ana)
    found = (await client.get("/api/notifications")).json()
    assert found["unread"] == 1
    assert found["items"][0]["kind"] == "assigned"
    put = await client.put(
        "/api/notifications/preferences",
        json={"preferences": [{"kind": "assigned", "channel": "email", "is_on": False}]},
    )
    assert {"kind": "assigned", "channel": "email", "is_on": False} in put.json()["preferences"]
    read = await client.post("/api/notifications/read", json={"ids": [found["items"][0]["id"]]})
    assert read.json() == {"count": 1}
    assert (await client.get("/api/notifications/log")).status_code == 403
    assert (await client.get("/api/notifications/targets")).status_code == 403
