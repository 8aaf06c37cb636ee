import re

from tests.notify.conftest import Desk
from ticketyard.mail.reply_mark import REPLY_MARK


async def test_an_agents_answer_reaches_the_requester(desk: Desk) -> None:
    ticket = await desk.world.open("Printer on fire", requester_name="Rita Requester")
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
