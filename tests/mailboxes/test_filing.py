"""What becomes of mail: tickets, replies, duplicates, follow-ups, and what needs a look."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from tests.mailboxes.post import add_mailbox, deliver, keep, mail, row_of, sent
from tests.world import World
from ticketyard.mailboxes.filing import file_waiting
from ticketyard.tickets.changing_status import change_status


async def rows(world: World, query: str, **values: Any) -> list[Any]:
    async with world.resources.db.transaction(world.company_id) as session:
        return list(await session.execute(text(query), values))


async def comments(world: World, ticket_id: int | None) -> list[Any]:
    return await rows(
        world,
        "select body, is_internal, author_name, author_id from comment"
        " where ticket_id = :id order by id",
        id=ticket_id,
    )


async def status_of(world: World, ticket_id: int | None) -> str:
    ((status,),) = await rows(world, "select status from ticket where id = :id", id=ticket_id)
    return str(status)


async def set_status(world: World, ticket_id: int | None, *statuses: str) -> None:
    async with world.resources.db.transaction(world.company_id) as session:
        for status in statuses:
            await change_status(session, ticket_id=ticket_id or 0, status=status, by=world.system)


async def test_a_first_mail_opens_a_ticket(world: World) -> None:
    raw = mail(
        "Our internet is down. Can you help?\n\n-- \nRita",
        subject="Help with network issue",
        sender="Rita Requester <rita@example.com>",
        message_id="<abc123@example.com>",
        files={"log.txt": b"lines"},
    )

    placed = await deliver(world, raw)

    assert placed.created
    assert not placed.linked
    ((ticket),) = await rows(
        world,
        "select title, description, source, priority, priority_by, tags, custom_fields,"
        " requester_id, requester_email, source_reference from ticket where id = :id",
        id=placed.ticket_id,
    )
    assert ticket.title == "Help with network issue"
    assert ticket.description.startswith(
        "From: Rita Requester <rita@example.com>\nReceived: 2025-12-15 10:00 UTC\n\nOur internet"
    )
    assert (ticket.source, ticket.priority, ticket.priority_by) == ("email", "medium", "default")
    assert ticket.requester_id == world.rita.id
    assert ticket.custom_fields == {
        "created_from_email": True,
        "email_from": "rita@example.com",
        "email_message_id": "abc123@example.com",
    }
    ((name, size),) = await rows(
        world,
        "select filename, size_bytes from attachment where ticket_id = :id",
        id=placed.ticket_id,
    )
    assert (name, size) == ("log.txt", 5)
    ((entry),) = await rows(
        world, "select * from tticket_email_log where ticket_id = :id", id=placed.ticket_id
    )
    assert entry.email_message_id == "<abc123@example.com>"
    assert entry.thread_data == {
        "message_id": "<abc123@example.com>", "in_reply_to": None, "references": None,
    }  # fmt: skip
    assert entry.is_reply is False


async def test_tags_and_priority_come_from_the_mails_own_words(world: World) -> None:
    placed = await deliver(
        world, mail("Production server is down #critical #server", subject="URGENT: Server down!")
    )

    ((ticket),) = await rows(
        world, "select priority, tags from ticket where id = :id", id=placed.ticket_id
    )
    assert (ticket.priority, ticket.tags) == ("critical", ["critical", "server"])


async def test_who_cries_wolf_is_sorted_by_triage_in_the_end(world: World) -> None:
    for _ in range(6):
        placed = await deliver(world, mail(subject="URGENT: coffee"))

    ((priority,),) = await rows(
        world, "select priority from ticket where id = :id", id=placed.ticket_id
    )
    assert priority == "medium"


async def test_a_reply_by_number_becomes_a_comment(world: World) -> None:
    first = await deliver(world, mail())
    raw = mail(
        "Thanks, issue is resolved now\n\n> The printer is on fire.",
        subject=f"Re: {first.number}",
        in_reply_to=f"<{first.number}@bmcnetworks.dk>",
    )

    placed = await deliver(world, raw)

    assert placed.linked
    assert not placed.created
    assert placed.ticket_id == first.ticket_id
    ((comment),) = await comments(world, first.ticket_id)
    assert comment.body == "Thanks, issue is resolved now"
    assert comment.author_id == world.rita.id
    assert [row.is_reply for row in await rows(
        world, "select is_reply from tticket_email_log where ticket_id = :id order by id",
        id=first.ticket_id,
    )] == [False, True]  # fmt: skip


async def test_a_mail_delivered_twice_is_filed_once(world: World) -> None:
    raw = mail(message_id="<twice@example.com>")
    first = await deliver(world, raw)
    again = await keep(world, b"Received: by another way\r\n" + raw)

    await file_waiting(world.resources, world.company_id)

    row = await row_of(world, again)
    assert (row.outcome, row.ticket_id) == ("duplicate", first.ticket_id)
    ((tickets,),) = await rows(world, "select count(*) from ticket")
    assert tickets == 1


async def test_two_different_mails_under_one_id_are_both_kept(world: World) -> None:
    first = await deliver(world, mail("One.", message_id="<same@example.com>"))
    stranger = await deliver(
        world, mail("Two.", message_id="<same@example.com>", sender="mallory@evil.example")
    )
    again = await deliver(world, mail("Three.", message_id="<same@example.com>"))

    assert stranger.created
    assert stranger.ticket_id != first.ticket_id
    assert again.ticket_id == first.ticket_id


async def test_a_reply_that_comes_before_its_mail_ends_in_one_ticket(world: World) -> None:
    first = mail("One.", message_id="<one@example.com>")
    second = mail("Two.", message_id="<two@example.com>", in_reply_to="<one@example.com>")
    third = mail(
        "Three.",
        message_id="<three@example.com>",
        references="<one@example.com> <two@example.com>",
    )

    placed = [await deliver(world, raw) for raw in (third, first, second)]

    assert len({each.ticket_id for each in placed}) == 1


async def test_a_whole_conversation_in_one_batch_ends_in_one_ticket(world: World) -> None:
    for raw in (
        mail("Two.", message_id="<two@example.com>", in_reply_to="<one@example.com>"),
        mail("One.", message_id="<one@example.com>"),
        mail("Two.", message_id="<two@example.com>", in_reply_to="<one@example.com>"),
        mail("Alone.", subject="Something else"),
    ):
        await keep(world, raw)

    await file_waiting(world.resources, world.company_id)

    ledger = dict(
        map(tuple, await rows(world, "select outcome, count(*) from mail_message group by 1"))
    )
    assert ledger == {"ticket": 2, "reply": 1, "duplicate": 1}


async def test_many_who_file_at_once_file_each_mail_once(world: World) -> None:
    for n in range(40):
        number = n % 20
        raw = mail(f"Number {number}.", message_id=f"<n{number}@example.com>", subject=f"{number}")
        await keep(world, raw)

    await asyncio.gather(
        *(file_waiting(world.resources, world.company_id, limit=7) for _ in range(12))
    )

    ledger = dict(
        map(tuple, await rows(world, "select outcome, count(*) from mail_message group by 1"))
    )
    assert ledger == {"ticket": 20, "duplicate": 20}


async def test_a_reply_reopens_what_was_resolved(world: World) -> None:
    first = await deliver(world, mail())
    await set_status(world, first.ticket_id, "in_progress", "resolved")

    await deliver(world, mail("It burns again.", subject=f"Re: [{first.number}] Printer on fire"))

    assert await status_of(world, first.ticket_id) == "in_progress"


@pytest.mark.parametrize("status", ["resolved", "closed"])
async def test_a_thank_you_reopens_nothing(world: World, status: str) -> None:
    first = await deliver(world, mail())
    await set_status(
        world, first.ticket_id, "in_progress", "resolved", *([status] if status == "closed" else [])
    )

    placed = await deliver(world, mail("Thank you!", subject=f"Re: [{first.number}] Printer"))

    assert placed.ticket_id == first.ticket_id
    assert await status_of(world, first.ticket_id) == status


async def test_a_reply_to_a_closed_ticket_opens_a_follow_up(world: World) -> None:
    first = await deliver(world, mail())
    await set_status(world, first.ticket_id, "in_progress", "resolved", "closed")

    placed = await deliver(world, mail("It burns again.", subject=f"Re: [{first.number}] Fire"))

    assert placed.created
    assert placed.ticket_id != first.ticket_id
    assert await status_of(world, first.ticket_id) == "closed"
    ((fields,),) = await rows(
        world, "select custom_fields from ticket where id = :id", id=placed.ticket_id
    )
    assert fields["follow_up_of"] == first.number
    assert placed.number in (await comments(world, first.ticket_id))[-1].body
    assert first.number in (await comments(world, placed.ticket_id))[-1].body


async def test_an_answering_machine_adds_a_note_and_changes_nothing(world: World) -> None:
    first = await deliver(world, mail())
    await set_status(world, first.ticket_id, "in_progress", "resolved")
    ours = await sent(world, first.ticket_id or 0, first.number or "")

    placed = await deliver(
        world,
        mail("I am away until Monday.", subject="Automatic reply", in_reply_to=f"<{ours}>",
             auto_submitted="auto-replied"),
    )  # fmt: skip

    assert placed.ticket_id == first.ticket_id
    assert [each.is_internal for each in await comments(world, first.ticket_id)] == [True]
    assert await status_of(world, first.ticket_id) == "resolved"


async def test_an_answering_machine_that_answers_nothing_waits_for_a_look(world: World) -> None:
    inbound = await keep(
        world, mail("Away.", subject="Out of office", auto_submitted="auto-replied")
    )

    await file_waiting(world.resources, world.company_id)

    row = await row_of(world, inbound)
    assert (row.outcome, row.state, row.ticket_id) == ("waiting", "needs_look", None)
    assert await file_waiting(world.resources, world.company_id) == 0


async def test_our_own_mail_that_comes_back_is_refused(world: World) -> None:
    box = await add_mailbox(world)
    first = await deliver(world, mail(), box)
    ours = await sent(world, first.ticket_id or 0, first.number or "")
    back = await keep(world, mail(sender="support@desk.example", message_id=f"<{ours}>"), box)

    await file_waiting(world.resources, world.company_id)

    assert (await row_of(world, back)).outcome == "refused"


async def test_a_mail_without_anything_still_becomes_a_ticket(world: World) -> None:
    for raw in (b"", b"\r\n\r\n", b"\x00\xff\xfe garbage", b"Subject: only\r\n"):
        placed = await deliver(world, raw)

        assert placed.created, raw


async def test_whoever_was_copied_in_takes_part(world: World) -> None:
    first = await deliver(world, mail(cc="Pat Partner <pat@partner.example>, support@desk.example"))

    placed = await deliver(
        world, mail("I can help.", sender="pat@partner.example", subject=f"Re: {first.number}")
    )

    assert placed.ticket_id == first.ticket_id


async def test_every_mail_has_an_account_of_why_it_landed_there(world: World) -> None:
    first = await deliver(world, mail())
    raw = mail("Mine now.", sender="mallory@evil.example", subject=f"Re: {first.number}")
    inbound = await keep(world, raw)

    await file_waiting(world.resources, world.company_id)

    why = (await row_of(world, inbound)).why
    assert why["hint"]["number"] == first.number
    assert why["tried"][0]["proven"] is False
    assert "no part in that ticket" in why["reason"]


async def test_with_tickets_from_mail_off_everything_waits(world: World) -> None:
    from dataclasses import replace

    from ticketyard.core.resources import Resources
    from ticketyard.mailboxes.mail_rules import MailRules

    off = Resources(
        world.resources.db,
        world.resources.blobs,
        {
            **world.resources.parts,
            MailRules: replace(world.resources.part(MailRules), tickets=False),
        },
    )
    inbound = await keep(world, mail())

    assert await file_waiting(off, world.company_id) == 0
    assert (await row_of(world, inbound)).outcome == "waiting"
