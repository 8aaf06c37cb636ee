"""An agent moves a mail: its words, files and later mail follow, and the first account stays."""

from typing import Any

import pytest
from sqlalchemy import text

from tests.mailboxes.post import add_mailbox, deliver, keep, mail, row_of, sent
from tests.world import World
from ticketyard.mailboxes.errors import MailNotFiled, MailNotFound, MailStays
from ticketyard.mailboxes.moving import MovedMail, move_mail
from ticketyard.tickets.changing_status import change_status
from ticketyard.tickets.errors import TicketNotFound


async def rows(world: World, query: str, **values: Any) -> list[Any]:
    async with world.resources.db.transaction(world.company_id) as session:
        return list(await session.execute(text(query), values))


async def comments(world: World, ticket_id: int | None) -> list[Any]:
    return await rows(
        world,
        "select id, body, is_internal, author_name, author_id, source from comment"
        " where ticket_id = :id order by id",
        id=ticket_id,
    )


async def move(world: World, inbound_id: int, to: int | str | None, **how: Any) -> MovedMail:
    ana = world.as_person(world.ana)
    return await move_mail(world.resources, inbound_id=inbound_id, to=to, by=ana, **how)


async def latest(world: World) -> int:
    ((inbound_id,),) = await rows(world, "select max(inbound_id) from mail_message")
    return int(inbound_id)


async def ledger(world: World) -> dict[str, int]:
    return {
        row.outcome: row.count
        for row in await rows(
            world, "select outcome, count(*) as count from mail_message group by outcome"
        )
    }


async def a_reply(world: World) -> tuple[Any, int, int]:
    """A mail of Rita's on her ticket, and another ticket of hers; the reply's delivery."""
    opened = await deliver(world, mail(message_id="<first@mailer.example>"))
    other = await world.open("Door squeaks")
    assert opened.ticket_id is not None
    ours = await sent(world, opened.ticket_id, opened.number or "")
    reply = mail(
        "The door squeaks as well.",
        subject="Re: Printer on fire",
        in_reply_to=f"<{ours}>",
        message_id="<second@mailer.example>",
        files={"door.txt": b"squeak"},
    )
    placed = await deliver(world, reply)
    assert placed.ticket_id == opened.ticket_id
    return placed, other.id, await latest(world)


async def test_a_reply_moves_as_it_is_and_leaves_a_note_for_agents(world: World) -> None:
    placed, other_id, inbound_id = await a_reply(world)

    moved = await move(world, inbound_id, other_id)

    assert (moved.ticket_id, moved.created, moved.from_number) == (other_id, False, placed.number)
    ((comment),) = await comments(world, other_id)
    assert (comment.id, comment.body) == (placed.comment_id, "The door squeaks as well.")
    assert (comment.author_id, comment.is_internal) == (world.rita.id, False)
    ((note),) = await comments(world, placed.ticket_id)
    assert (note.is_internal, note.author_name) == (True, "Ana Agent")
    assert note.body == f"A mail from rita@example.com was moved to {moved.number}."
    ((file),) = await rows(world, "select ticket_id, comment_id from attachment")
    assert tuple(file) == (other_id, placed.comment_id)
    ((line),) = await rows(
        world,
        "select ticket_id, comment_id, is_reply from tticket_email_log where inbound_id = :id",
        id=inbound_id,
    )
    assert tuple(line) == (other_id, placed.comment_id, True)
    assert await ledger(world) == {"ticket": 1, "reply": 1}


async def test_the_first_account_stays_and_says_who_moved_it(world: World) -> None:
    placed, other_id, inbound_id = await a_reply(world)
    before = (await row_of(world, inbound_id)).why

    await move(world, inbound_id, other_id)
    await move(world, inbound_id, placed.number)

    after = (await row_of(world, inbound_id)).why
    steps = after.pop("moved")
    assert after == before
    assert [(step["from"], step["to"], step["by"]) for step in steps] == [
        (placed.number, steps[0]["to"], "Ana Agent"),
        (steps[0]["to"], placed.number, "Ana Agent"),
    ]
    told = await rows(
        world, "select ticket_id, payload from event where type = 'mail.moved' order by id"
    )
    assert [row.ticket_id for row in told] == [
        placed.ticket_id, other_id, other_id, placed.ticket_id,
    ]  # fmt: skip
    assert told[1].payload["from_number"] == placed.number


async def test_nobody_is_told_and_no_status_changes(world: World) -> None:
    _, other_id, inbound_id = await a_reply(world)
    async with world.resources.db.transaction(world.company_id) as session:
        await change_status(session, ticket_id=other_id, status="resolved", by=world.system)
    count = "select count(*) from event where type = 'ticket.comment_added' and ticket_id = :id"

    await move(world, inbound_id, other_id)

    assert (await rows(world, count, id=other_id))[0][0] == 0
    ((status,),) = await rows(world, "select status from ticket where id = :id", id=other_id)
    assert status == "resolved"


async def test_later_mail_of_the_thread_lands_in_the_new_place(world: World) -> None:
    placed, other_id, inbound_id = await a_reply(world)
    await move(world, inbound_id, other_id)

    later = mail("And the window.", subject="Re: x", in_reply_to="<second@mailer.example>")
    assert (await deliver(world, later)).ticket_id == other_id
    # What names the first mail alone stays with the first ticket.
    still = mail("It burns.", subject="Re: x", in_reply_to="<first@mailer.example>")
    assert (await deliver(world, still)).ticket_id == placed.ticket_id


async def test_a_move_outweighs_what_else_later_mail_names(world: World) -> None:
    _, other_id, inbound_id = await a_reply(world)
    await move(world, inbound_id, other_id)
    ((ours,),) = await rows(
        world, "select email_message_id from tticket_email_log where direction = 'out'"
    )

    later = mail("And the window.", references=f"{ours} <second@mailer.example>")

    assert (await deliver(world, later)).ticket_id == other_id


async def test_whoever_wrote_it_may_write_again_where_it_is_now(world: World) -> None:
    target = await world.open("Rita's own")
    stranger = mail(
        "More on this.", sender="Sam <sam@elsewhere.example>", message_id="<s@x.example>"
    )
    placed = await deliver(world, stranger)
    inbound_id = await latest(world)
    assert placed.created

    await move(world, inbound_id, target.id)

    again = mail("And more.", sender="sam@elsewhere.example", in_reply_to="<s@x.example>")
    assert (await deliver(world, again)).ticket_id == target.id
    # Moved away again, the stranger has no part in it any more.
    third = await world.open("Another")
    await move(world, inbound_id, third.id)
    await move(world, await latest(world), third.id)
    assert await rows(
        world, "select ticket_id, email_key from mail_participant where not receives"
    ) == [(third.id, "sam@elsewhere.example")]


async def test_a_reply_gets_a_ticket_of_its_own(world: World) -> None:
    placed, _, inbound_id = await a_reply(world)

    moved = await move(world, inbound_id, None)

    assert moved.created
    ((ticket),) = await rows(
        world, "select title, description, requester_id from ticket where id = :id",
        id=moved.ticket_id,
    )  # fmt: skip
    assert ticket.title == "Re: Printer on fire"
    assert "The door squeaks as well." in ticket.description
    assert ticket.requester_id == world.rita.id
    ((note),) = await comments(world, placed.ticket_id)
    assert note.is_internal
    assert note.body == f"A mail from rita@example.com was moved to {moved.number}."
    files = await rows(world, "select ticket_id, comment_id, filename from attachment")
    assert files == [(moved.ticket_id, None, "door.txt")]
    assert await ledger(world) == {"ticket": 2}
    row = await row_of(world, inbound_id)
    assert (row.ticket_id, row.why["kind"], row.why["moved"][0]["to"]) == (
        moved.ticket_id, "join", moved.number,
    )  # fmt: skip
    lines = await rows(
        world, "select ticket_id, is_reply from tticket_email_log where inbound_id = :id",
        id=inbound_id,
    )  # fmt: skip
    assert lines == [(moved.ticket_id, False)]


async def test_a_mail_that_opened_a_ticket_becomes_a_comment_elsewhere(world: World) -> None:
    target = await world.open("The real one")
    opened = await deliver(world, mail("Smoke!", files={"a.txt": b"a"}))
    inbound_id = await latest(world)

    moved = await move(world, inbound_id, target.number.lower(), left_is_false_positive=True)

    ((comment),) = await comments(world, target.id)
    assert (comment.body, comment.author_id, comment.source) == ("Smoke!", world.rita.id, "email")
    ((note),) = await comments(world, opened.ticket_id)
    assert note.body == f"The mail that opened this ticket was moved to {moved.number}."
    ((status,),) = await rows(
        world, "select status from ticket where id = :id", id=opened.ticket_id
    )
    assert status == "false_positive"
    assert await ledger(world) == {"reply": 1}


async def test_other_deliveries_of_the_same_mail_follow(world: World) -> None:
    raw = mail()
    await deliver(world, raw)
    first = await latest(world)
    await deliver(world, raw)
    second = await latest(world)
    target = await world.open("Target")

    await move(world, first, target.id)

    assert (await row_of(world, second)).ticket_id == target.id
    with pytest.raises(MailStays, match="another delivery"):
        await move(world, second, None)


@pytest.mark.parametrize("as_ticket", [True, False])
async def test_what_needed_a_look_becomes_a_ticket_or_a_reply(
    world: World, as_ticket: bool
) -> None:
    target = await world.open("Target")
    mailbox = await add_mailbox(world)
    own = mail("Scanned in.", sender="support@desk.example", subject="Scan")
    assert (await deliver(world, own, mailbox)).landing.kind == "look"
    inbound_id = await latest(world)
    before = (await row_of(world, inbound_id)).why["reason"]

    moved = await move(world, inbound_id, None if as_ticket else target.id)

    row = await row_of(world, inbound_id)
    assert (row.state, row.ticket_id, row.why["reason"]) == ("accepted", moved.ticket_id, before)
    assert row.why["moved"][0]["from"] is None
    assert await ledger(world) == {"ticket" if as_ticket else "reply": 1}
    if not as_ticket:
        ((comment),) = await comments(world, target.id)
        assert (comment.is_internal, comment.body) == (False, "Scanned in.")


async def test_a_refused_mail_can_still_be_filed(world: World) -> None:
    report = (
        b"From: MAILER-DAEMON@mx.example\r\nTo: support@desk.example\r\n"
        b"Subject: Undelivered Mail Returned to Sender\r\nMessage-ID: <dsn@mx.example>\r\n"
        b"MIME-Version: 1.0\r\n"
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        b"--b\r\nContent-Type: text/plain\r\n\r\nIt could not be delivered.\r\n"
        b"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        b"Final-Recipient: rfc822; rita@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n"
    )
    assert (await deliver(world, report)).landing.kind == "refuse"
    target = await world.open("Target")

    await move(world, await latest(world), target.id)

    assert await ledger(world) == {"reply": 1}
    ((comment),) = await comments(world, target.id)
    assert comment.is_internal


async def test_a_spoofed_mail_stays_for_agents_eyes(world: World) -> None:
    mailbox = await add_mailbox(world)
    target = await world.open("Target")
    spoofed = mail(authentication_results="mx.desk.example; dmarc=fail header.from=example.com")
    await deliver(world, spoofed, mailbox)

    await move(world, await latest(world), target.id)

    ((comment),) = await comments(world, target.id)
    assert (comment.is_internal, comment.author_id) == (True, None)
    assert not await rows(world, "select from mail_participant where ticket_id = :id", id=target.id)


async def test_what_claims_to_be_from_an_agent_is_never_shown_to_the_requester(
    world: World,
) -> None:
    target = await world.open("Rita's")
    await deliver(world, mail("Do as I say.", sender="bo@example.com"))

    await move(world, await latest(world), target.id)

    ((comment),) = await comments(world, target.id)
    assert (comment.is_internal, comment.author_id) == (True, None)
    assert not await rows(world, "select from mail_participant where ticket_id = :id", id=target.id)


async def test_an_agents_answer_stays_where_it_was_read(world: World) -> None:
    mailbox = await add_mailbox(world)
    opened = await deliver(world, mail(), mailbox)
    ours = await sent(world, opened.ticket_id or 0, opened.number or "")
    answer = mail(
        "Press the red button.",
        sender="ana@example.com",
        in_reply_to=f"<{ours}>",
        authentication_results="mx.desk.example; dmarc=pass header.from=example.com",
    )
    assert (await deliver(world, answer, mailbox)).ticket_id == opened.ticket_id
    with pytest.raises(MailStays, match="went out"):
        await move(world, await latest(world), None)


async def test_what_cannot_be_done_is_said(world: World) -> None:
    placed, _, inbound_id = await a_reply(world)
    with pytest.raises(MailNotFiled, match="already"):
        await move(world, inbound_id, placed.ticket_id)
    with pytest.raises(TicketNotFound):
        await move(world, inbound_id, "TKT-20200101-999")
    with pytest.raises(MailNotFound):
        await move(world, 10**15, placed.ticket_id)
    with pytest.raises(MailNotFiled, match="of its own already"):
        await move(world, inbound_id - 1, None)
    with pytest.raises(MailNotFiled, match="about to be filed"):
        await move(world, await keep(world, mail()), None)


async def test_a_mail_that_cannot_be_read_is_not_read_here(world: World) -> None:
    inbound_id = await keep(world, mail())
    await rows(
        world,
        "with gone as (update inbound_message set state = 'needs_look' where id = :id)"
        " update mail_message set attempts = 5 where inbound_id = :id returning 1",
        id=inbound_id,
    )
    with pytest.raises(MailStays, match="as it came"):
        await move(world, inbound_id, None)


async def test_another_companys_mail_is_not_there(world: World) -> None:
    _, _, inbound_id = await a_reply(world)
    otto = world.as_person(world.other_admin)
    with pytest.raises(MailNotFound):
        await move_mail(world.resources, inbound_id=inbound_id, to=None, by=otto)
