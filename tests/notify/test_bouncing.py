import pytest

from tests.notify.conftest import Desk


async def test_a_mail_that_came_back_is_told_on_the_ticket_once(desk: Desk) -> None:
    ticket = await desk.open()
    await desk.answer(ticket)
    await desk.run()
    (mail,) = await desk.mails()
    for _ in range(2):
        await desk.bounce(mail, permanent=True, words="5.1.1 no such user")
    (mail,) = await desk.mails()
    assert (mail.state, mail.reason) == ("bounced", "It came back: 5.1.1 no such user")
    notes = await desk.rows("select body, is_internal from comment where is_internal")
    assert [tuple(each) for each in notes] == [
        ("Our mail to rita@example.com came back. 5.1.1 no such user", True)
    ]
    assert len(desk.sink.deliveries) == 1, "a note is not mailed"


async def test_a_mail_that_is_late_stays_sent(desk: Desk) -> None:
    ticket = await desk.open()
    await desk.answer(ticket)
    await desk.run()
    (mail,) = await desk.mails()
    await desk.bounce(mail, permanent=False, words="4.4.1 no answer")
    (mail,) = await desk.mails()
    assert (mail.state, mail.reason) == ("sent", "On its way still: 4.4.1 no answer")
    assert not await desk.rows("select from comment where is_internal")


@pytest.mark.parametrize("to", [["cy@example.com"], ["CY@Example.com", "who@example.com"]])
async def test_only_the_one_who_was_not_reached_is_marked(desk: Desk, to: list[str]) -> None:
    ticket = await desk.open()
    await desk.take_part(ticket, "cy@example.com")
    await desk.answer(ticket)
    await desk.run()
    (mail,) = await desk.mails()
    await desk.bounce(mail, permanent=True, recipients=to)
    (mail,) = await desk.mails()
    assert {each["email"]: each["state"] for each in mail.recipients} == {
        "rita@example.com": "taken", "cy@example.com": "bounced",
    }  # fmt: skip


async def test_whoever_was_reached_is_still_written_to(desk: Desk) -> None:
    ticket = await desk.open()
    await desk.take_part(ticket, "cy@example.com")
    await desk.answer(ticket)
    await desk.run()
    (mail,) = await desk.mails()
    await desk.bounce(mail, permanent=True, recipients=["cy@example.com"])
    await desk.mail_in("Rita again")
    await desk.mail_in("Cy", sender="cy@example.com")
    await desk.run()
    assert [each.state for each in await desk.mails()] == ["bounced", "sent", "suppressed"]


async def test_a_report_about_a_mail_nobody_sent_changes_nothing(desk: Desk) -> None:
    ticket = await desk.open()
    await desk.answer(ticket)
    await desk.run()
    (mail,) = await desk.mails()
    await desk.bounce(mail, permanent=True, message_id=mail.message_id + "x")
    assert [each.state for each in await desk.mails()] == ["sent"]
