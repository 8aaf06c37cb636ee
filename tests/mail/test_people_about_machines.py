"""People write about reports, hand them on and answer machines: none of that is a machine's."""

import pytest

from ticketyard.mail.machines.automatic import is_auto_reply
from ticketyard.mail.message import Mail
from ticketyard.mail.reading import read_mail

REFUSED = "<bo@other.example>: host mx.other.example said: 550 5.1.1 User unknown"


def sent(subject: str, text: str, sender: str = "Ana <ana@customer.example>") -> Mail:
    return read_mail(f"From: {sender}\nSubject: {subject}\n\n{text}\n".encode())


ABOUT_REPORTS = [
    ("Undelivered Mail Returned to Sender", f"I keep getting this. Why?\n\n{REFUSED}"),
    ("FW: Undeliverable: Offer", f"Please help.\n\nDelivery has failed:\n{REFUSED}"),
    ("WG: Unzustellbar: Angebot", f"Seit gestern kommt so etwas.\n\n{REFUSED}"),
    ("Re: Mail delivery failed", "It works now, thank you.\n\nThe mail could not be delivered."),
    ("Delivery failed", "The toner was not delivered: delivery has failed twice."),
    ("User unknown", "The portal says: user unknown."),
    ("Zustellung fehlgeschlagen", "Das Paket konnte nicht zugestellt werden."),
]


@pytest.mark.parametrize(("subject", "text"), ABOUT_REPORTS)
def test_what_a_person_writes_about_reports_is_none(subject: str, text: str) -> None:
    assert sent(subject, text).bounce is None


def test_a_report_from_a_sender_who_is_no_daemon_is_still_one() -> None:
    mail = sent(
        "Non-delivery: Your ticket",
        "The mail below could not be delivered to:\nbo@other.example\n",
        "gateway@other.example",
    )

    assert mail.bounce is not None
    assert mail.bounce.recipients == ("bo@other.example",)


def test_an_id_is_no_recipient() -> None:
    mail = sent(
        "Returned mail",
        "Message-ID\n<7@desk.example>\n\nThe following addresses had problems\nbo@other.example",
        "MAILER-DAEMON@other.example",
    )

    assert mail.bounce is not None
    assert mail.bounce.recipients == ("bo@other.example",)


def test_an_answer_to_an_automatic_reply_is_a_persons() -> None:
    text = "I am back, please call.\n\nOn 09.11.2026 09:58, Desk wrote:\n> We have your mail."

    assert not is_auto_reply(sent("AW: Automatische Antwort: Drucker", text))
    assert is_auto_reply(sent("AW: Automatische Antwort: Drucker", "Ich bin nicht im Haus."))


@pytest.mark.parametrize(
    ("sender", "machine"),
    [
        ("Joe Postmaster <joe.postmaster@customer.example>", False),
        ("Postmaster <postmaster@customer.example>", True),
        ("MAILER-DAEMON@customer.example (Mail Delivery System)", True),
    ],
)
def test_a_surname_is_no_daemon(sender: str, machine: bool) -> None:
    assert is_auto_reply(sent("Keyboard", "Keys stick.", sender)) is machine
