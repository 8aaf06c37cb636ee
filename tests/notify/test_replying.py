import re
from pathlib import Path
from typing import Any

import pytest

from tests.notify.conftest import Desk
from tests.notify.sink import open_sink
from tests.world import World
from ticketyard.core.auth import PERMISSIONS, Principal
from ticketyard.core.config import Settings
from ticketyard.mail.outgoing.reply_mark import REPLY_MARK
from ticketyard.notify import replying
from ticketyard.notify.queries import list_outgoing
from ticketyard.notify.templates import save_signature, save_template
from ticketyard.tickets.commenting import add_comment
from ticketyard.wiring import build_resources, build_worker


async def test_an_agents_answer_reaches_the_requester(desk: Desk) -> None:
    ticket = await desk.open("Printer on fire", requester_name="Rita Requester")
    await desk.answer(ticket, "Have you tried water?\nÆblegrød!")
    await desk.run()

    (came,) = desk.sink.deliveries
    assert came.recipients == ["rita@example.com"]
    assert came.sender == "desk@north.example"
    assert came.mail["Subject"] == f"[{ticket.number}] Printer on fire"
    assert came.text.startswith(
        f"{REPLY_MARK}\n\nHave you tried water?\nÆblegrød!\n\n-- \nNorth Desk\n"
    )
    assert re.fullmatch(
        rf"<{ticket.number}\.[0-9a-f]{{32}}@north\.example>", came.mail["Message-ID"]
    )
    assert came.mail["Auto-Submitted"] is None
    (mail,) = await desk.mails()
    assert (mail.state, mail.attempts) == ("sent", 1)
    (line,) = await desk.rows("select * from tticket_email_log")
    assert (line.direction, line.email_message_id) == ("out", came.mail["Message-ID"])
    (tried,) = await desk.rows("select * from send_attempt")
    assert (tried.accepted, tried.code, tried.words) == (True, 250, "2.0.0 taken as 4711")


async def test_an_answer_continues_the_customers_thread(desk: Desk) -> None:
    ticket = await desk.mail_in("Internet is down", message_id="abc@customer.example")
    await desk.run()
    await desk.answer(ticket)
    await desk.run()
    acknowledged, answered = (each.mail for each in desk.sink.deliveries)
    assert answered["Subject"] == f"Re: [{ticket.number}] Internet is down"
    assert answered["In-Reply-To"] == "<abc@customer.example>"
    assert answered["References"].split() == [
        "<root@customer.example>", acknowledged["Message-ID"], "<abc@customer.example>",
    ]  # fmt: skip
    assert re.match(rf"<{ticket.number}-reply\.[0-9a-f]{{32}}@", answered["Message-ID"])


async def test_it_leaves_from_the_mailbox_the_customer_wrote_to(desk: Desk) -> None:
    async with open_sink() as theirs:
        mailbox = await desk.add_mailbox("help@north.example", smtp=theirs.port)
        ticket = await desk.mail_in("Hello", mailbox_id=mailbox)
        await desk.answer(ticket)
        await desk.run()
        assert {each.sender for each in theirs.deliveries} == {"help@north.example"}
        assert len(theirs.deliveries) == 2
    assert not desk.sink.deliveries


async def test_the_same_mail_in_a_second_mailbox_does_not_move_the_conversation(
    desk: Desk,
) -> None:
    async with open_sink() as theirs:
        mailbox = await desk.add_mailbox("help@north.example", smtp=theirs.port)
        second = await desk.add_mailbox("sales@north.example", smtp=theirs.port)
        ticket = await desk.mail_in("Hello", mailbox_id=mailbox)
        again = await desk.mail_in("Hello", mailbox_id=second)
        await desk.rows(
            "update mail_message set outcome = 'duplicate', ticket_id = :first"
            " where ticket_id = :second",
            first=ticket.id, second=again.id,
        )  # fmt: skip
        await desk.answer(ticket)
        await desk.run()
        senders = {
            each.sender for each in theirs.deliveries if ticket.number in each.mail["Subject"]
        }
    assert senders == {"help@north.example"}


async def test_who_was_copied_in_hears_of_it(desk: Desk) -> None:
    ticket = await desk.open()
    await desk.take_part(ticket, "cy@example.com")
    await desk.take_part(ticket, "silent@example.com", receives=False)
    await desk.take_part(ticket, "ana@example.com")  # the author herself
    await desk.take_part(ticket, "desk@north.example")  # ourselves
    await desk.answer(ticket)
    await desk.run()
    (came,) = desk.sink.deliveries
    assert came.recipients == ["rita@example.com", "cy@example.com"]
    assert came.mail["Cc"] == "cy@example.com"


@pytest.mark.parametrize(
    ("who", "given", "mailed"),
    [
        ("ana", {}, True),
        ("ana", {"source": "email"}, True),  # an agent who answered by mail
        ("admin", {}, True),
        ("ana", {"is_internal": True}, False),
        ("rita", {}, False),
        ("rita", {"source": "email"}, False),
        ("system", {}, False),
    ],
)
async def test_only_public_words_of_the_desk_are_mailed(
    desk: Desk, who: str, given: dict[str, Any], mailed: bool
) -> None:
    world = desk.world
    by = world.system if who == "system" else world.as_person(getattr(world, who))
    ticket = await desk.open()
    await desk.answer(ticket, by=by, **given)
    await desk.run()
    assert bool(await desk.mails()) == mailed


@pytest.mark.parametrize(("source", "mailed"), [("api", True), ("email", False)])
async def test_a_program_may_answer_for_the_desk(desk: Desk, source: str, mailed: bool) -> None:
    """What a program brought in by mail is the requester's, and not an answer to them."""
    by = Principal("integration", 1, desk.world.company_id, "Chat robot", PERMISSIONS)
    await desk.answer(await desk.open(), by=by, source=source)
    await desk.run()
    assert bool(await desk.mails()) == mailed


async def test_an_agents_own_question_is_not_mailed_to_them(desk: Desk) -> None:
    ticket = await desk.open(requester_email="ana@example.com")
    await desk.answer(ticket, "More about it")
    await desk.run()
    assert not await desk.mails()


async def test_a_comment_is_mailed_once(desk: Desk) -> None:
    ticket = await desk.open()
    await desk.answer(ticket)
    await desk.run()
    await desk.again("ticket.comment_added", "notify.mail_answers")
    await desk.run()
    assert len(desk.sink.deliveries) == len(await desk.mails()) == 1


async def test_our_own_address_is_not_written_to(desk: Desk) -> None:
    ticket = await desk.open(requester_email="Desk@North.example")
    await desk.answer(ticket)
    await desk.run()
    (mail,) = await desk.mails()
    assert mail.state == "suppressed"
    assert "our own mailboxes" in mail.reason


async def test_without_a_server_an_answer_says_that_it_did_not_leave(
    world: World, database_url: str, tmp_path: Path
) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path)
    resources = build_resources(world.resources.db, world.resources.blobs, settings)
    ticket = await world.open()
    async with resources.db.transaction(world.company_id) as session:
        by = world.as_person(world.ana)
        await add_comment(session, ticket_id=ticket.id, body="Hello", by=by)
    await build_worker(resources, settings).run_pending()
    async with resources.db.transaction(world.company_id) as session:
        (mail,) = await list_outgoing(session)  # and no acknowledgement
    assert (mail.kind, mail.state, mail.reason) == (
        "reply", "suppressed", "No mail server is configured.",
    )  # fmt: skip


async def test_files_travel_along_and_what_is_too_large_is_named(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replying, "ATTACHED_MAX_BYTES", 10)
    ticket = await desk.open()
    await desk.answer(
        ticket, "See below", files={"Акт №1.pdf": b"small", "film.mp4": b"far too large for it"}
    )
    await desk.run()
    (came,) = desk.sink.deliveries
    (attached,) = came.mail.iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == ("Акт №1.pdf", b"small")
    assert "* film.mp4" in came.text


async def test_an_agents_signature_stands_below_else_the_companys(desk: Desk) -> None:
    world = desk.world
    async with world.resources.db.transaction(world.company_id) as session:
        by = world.as_person(world.admin)
        await save_signature(session, body="North Desk, room 4", by=by)
        await save_signature(session, body="Ana\n+45 1", person_id=world.ana.id, by=by)
    ticket = await desk.open()
    await desk.answer(ticket)
    await desk.answer(ticket, "And I", by=world.as_person(world.bo))
    await desk.run()
    first, second = (each.text for each in desk.sink.deliveries)
    assert first.endswith("\n-- \nAna\n+45 1\n")
    assert second.endswith("\n-- \nNorth Desk, room 4\n")


async def test_the_customers_last_words_are_quoted_where_the_company_wants_it(desk: Desk) -> None:
    world = desk.world
    async with world.resources.db.transaction(world.company_id) as session:
        by = world.as_person(world.admin)
        body = "{{answer}}\n\n{{quote}}"
        await save_template(session, name="reply", locale="en", subject="", body=body, by=by)
    ticket = await desk.open()
    await desk.answer(ticket, "It {{burns}}\nstill", by=world.as_person(world.rita))
    await desk.answer(ticket, "Water!")
    await desk.run()
    (came,) = desk.sink.deliveries
    assert re.search(
        r"Water!\n\nOn \d{4}-\d\d-\d\d, Rita Requester wrote:\n> It {{burns}}\n> still\n", came.text
    )


@pytest.mark.parametrize("copied", ['"a b"@x.example', "list@under_score.example", "a@b@c.example"])
async def test_an_address_no_server_takes_keeps_nobody_elses_copy(desk: Desk, copied: str) -> None:
    ticket = await desk.open()
    await desk.take_part(ticket, copied)
    await desk.take_part(ticket, "boss@example.com")
    await desk.answer(ticket)
    await desk.run()

    (came,) = desk.sink.deliveries
    assert sorted(came.recipients) == ["boss@example.com", "rita@example.com"]
