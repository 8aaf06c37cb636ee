import asyncio
import re
from typing import Any

import pytest

from tests.notify.conftest import Desk
from ticketyard.notify.acknowledging import acknowledge_tickets
from ticketyard.notify.templates import save_template, switch_template
from ticketyard.people.companies import change_company


async def test_who_writes_a_mail_is_told_the_number(desk: Desk) -> None:
    ticket = await desk.mail_in("Internet is down", message_id="abc@customer.example")
    await desk.run()
    (came,) = desk.sink.deliveries
    mail = came.mail
    assert mail["Subject"] == f"Re: [{ticket.number}] Internet is down"
    assert ticket.number in came.text
    assert mail["In-Reply-To"] == "<abc@customer.example>"
    assert mail["References"].split() == ["<root@customer.example>", "<abc@customer.example>"]
    assert (mail["Auto-Submitted"], mail["X-Auto-Response-Suppress"]) == ("auto-replied", "All")
    assert re.match(rf"<{ticket.number}\.[0-9a-f]{{32}}@", mail["Message-ID"])


async def test_who_fills_in_the_form_is_told_the_number(desk: Desk) -> None:
    ticket = await desk.world.open("Broken chair")
    await desk.run()
    (came,) = desk.sink.deliveries
    assert came.mail["Subject"] == f"[{ticket.number}] Broken chair"
    assert came.mail["Auto-Submitted"] == "auto-generated"
    assert came.mail["In-Reply-To"] is None


@pytest.mark.parametrize("source", ["api", "glpi", "solman", "chatbot", "csv"])
async def test_programs_are_not_written_to(desk: Desk, source: str) -> None:
    await desk.world.open(source=source)
    await desk.run()
    assert not await desk.mails()


async def test_a_ticket_without_an_address_is_not_acknowledged(desk: Desk) -> None:
    await desk.world.open(requester_email=None)
    await desk.run()
    assert not await desk.mails()


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"auto": "replied"}, "It would answer a mail that a machine sent."),
        ({"auto": "generated"}, "It would answer a mail that a machine sent."),
        ({"auto": "bulk"}, "It would answer a mail that a machine sent."),
        ({"is_bounce": True}, "It would answer a delivery report."),
        ({"classification": "spam"}, "It would answer spam."),
        (
            {"why": {"authentication": "fail"}},
            "The mail server says that somebody else wrote in this name.",
        ),
        ({"sender": "noreply@shop.example"}, "Nobody reads mail to this address."),
        ({"sender": "MAILER-DAEMON@mx.example"}, "Nobody reads mail to this address."),
        ({"sender": "Desk@north.example"}, "It is the address of one of our own mailboxes."),
        ({"sender": "help@north.example"}, "It is the address of one of our own mailboxes."),
    ],
)
async def test_what_is_not_answered_says_why(
    desk: Desk, fields: dict[str, Any], reason: str
) -> None:
    await desk.add_mailbox("help@north.example")
    await desk.mail_in("Out of office", **fields)
    await desk.run()
    assert not desk.sink.deliveries
    (mail,) = await desk.mails()
    assert (mail.state, mail.reason) == ("suppressed", reason)
    assert not await desk.rows("select from tticket_email_log where direction = 'out'")


async def test_a_loop_between_two_robots_stops(desk: Desk) -> None:
    """Theirs answers each mail with a new subject and no header that gives it away."""
    await desk.mail_in("Order 0", sender="robot@shop.example")
    for turn in range(1, 12):
        before = len(desk.sink.deliveries)
        await desk.run()
        for _ in desk.sink.deliveries[before:]:
            await desk.mail_in(f"Thank you for your mail ({turn})", sender="Robot@shop.example")
    assert len(desk.sink.deliveries) == 5
    *sent, last = await desk.mails()
    assert {each.state for each in sent} == {"sent"}
    assert last.state == "suppressed"
    assert last.reason == "5 automatic mails an hour went to this address already."

    await desk.rows("update outgoing_mail set created_at = created_at - interval '61 minutes'")
    await desk.mail_in("An hour later", sender="robot@shop.example")
    await desk.run()
    assert len(desk.sink.deliveries) == 6


async def test_a_flood_in_one_batch_is_counted_as_well(desk: Desk) -> None:
    for each in range(9):
        await desk.mail_in(f"Order {each}", sender="robot@shop.example")
    await desk.mail_in("Somebody else", sender="sara@shop.example")
    await desk.run()
    states = [each.state for each in await desk.mails()]
    assert states == ["sent"] * 5 + ["suppressed"] * 4 + ["sent"]


async def test_what_was_held_back_is_not_counted(desk: Desk) -> None:
    for each in range(6):
        await desk.mail_in(f"Away {each}", auto="replied")
    await desk.run()
    await desk.mail_in("A question")
    await desk.run()
    assert [each.state for each in await desk.mails()] == ["suppressed"] * 6 + ["sent"]


async def test_what_agents_wrote_is_not_counted(desk: Desk) -> None:
    ticket = await desk.open()
    for each in range(6):
        await desk.answer(ticket, f"Answer {each}")
    await desk.run()
    await desk.mail_in("A question")
    await desk.run()
    assert [each.state for each in await desk.mails()] == ["sent"] * 7


async def test_two_batches_at_once_count_together(desk: Desk) -> None:
    tickets = [await desk.mail_in(f"Order {each}", sender="r@shop.example") for each in range(8)]
    world = desk.world
    await asyncio.gather(
        *(acknowledge_tickets(world.resources, world.company_id, [each.id]) for each in tickets)
    )
    states = sorted(each.state for each in await desk.mails())
    assert states == ["suppressed"] * 3 + ["waiting"] * 5


async def test_a_ticket_is_acknowledged_once(desk: Desk) -> None:
    ticket = await desk.world.open()
    await desk.run()
    await desk.again("ticket.opened", "notify.acknowledge")
    await desk.run()
    assert len(desk.sink.deliveries) == 1
    assert [each.ticket_id for each in await desk.mails()] == [ticket.id]


async def test_a_company_may_stay_silent(desk: Desk) -> None:
    world = desk.world
    async with world.resources.db.transaction(world.company_id) as session:
        by = world.as_person(world.admin)
        await switch_template(session, name="acknowledgement", is_active=False, by=by)
    await desk.world.open()
    await desk.run()
    assert not await desk.mails()


async def test_the_customer_is_answered_in_their_language(desk: Desk) -> None:
    world = desk.world
    async with world.resources.db.transaction(world.company_id) as session:
        by = world.as_person(world.admin)
        await change_company(session, by=by, languages=["en", "ru"])
        await save_template(
            session, name="acknowledgement", locale="ru", subject="{{ticket_title}}",
            body="Привет! {{ticket_number}}", by=by,
        )  # fmt: skip
    ticket = await desk.mail_in("Не работает принтер в кабинете, помогите пожалуйста")
    await desk.run()
    assert f"Привет! {ticket.number}" in desk.sink.deliveries[0].text


async def test_an_address_that_bounced_is_left_alone(desk: Desk) -> None:
    await desk.mail_in("First", sender="gone@shop.example")
    await desk.run()
    (mail,) = await desk.mails()
    await desk.bounce(mail, permanent=True)
    await desk.mail_in("Second", sender="Gone@shop.example")
    await desk.run()
    last = (await desk.mails())[-1]
    assert (last.state, last.reason) == (
        "suppressed", "Mail to this address came back of late.",
    )  # fmt: skip
