"""Delivery reports as servers write them: who was not reached, for good or for now, and why."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ticketyard.mail.machines.bounce_reports import is_feedback_report, read_delivery_status
from ticketyard.mail.machines.bounces import read_bounce
from ticketyard.mail.message import Bounce, Mail

REPORT = "multipart/report; report-type=delivery-status; boundary=x"
RETURNED = (
    "Received: by mx.desk.example\nMessage-ID: <ticket-7@desk.example>\nTo: rita@customer.example\n"
)


def mail(
    subject: str = "",
    sender: str = "Mail Delivery System <MAILER-DAEMON@mx.example>",
    text: str = "",
    content_type: str = "text/plain",
    **more: str,
) -> Mail:
    headers = [("subject", subject), ("from", sender), ("content-type", content_type)]
    headers += [(name.replace("_", "-"), value) for name, value in more.items()]
    return Mail(
        subject=subject, body_text=text, headers=tuple(headers), return_path=more.get("return_path")
    )


def status(**fields: str) -> str:
    own = "\n".join(f"{name.replace('_', '-')}: {value}" for name, value in fields.items())
    return (
        f"Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; rita@customer.example\n{own}\n"
    )


def read(report: str, *parts: tuple[str, str]) -> Bounce | None:
    found = [("message/delivery-status", report), *parts]
    return read_bounce(mail("Undelivered", content_type=REPORT), found)


@pytest.mark.parametrize(
    ("report", "permanent", "code"),
    [
        (
            status(Action="failed", Status="5.1.1", Diagnostic_Code="smtp; 550 unknown"),
            True,
            "5.1.1",
        ),
        (status(Action="failed", Status="5.2.2 (mailbox full)"), True, "5.2.2"),
        (status(Action="failed", Status="4.4.7"), False, "4.4.7"),
        (status(Action="delayed", Status="4.4.1"), False, "4.4.1"),
        (status(Action="Delayed", Status="5.0.0"), False, "5.0.0"),
        (status(Action="failed (bounced)"), True, ""),
        (status(Action="failed", Diagnostic_Code="smtp; 550 5.7.1 refused"), True, "5.7.1"),
    ],
)
def test_the_class_of_the_status_says_whether_it_is_for_good(
    report: str, permanent: bool, code: str
) -> None:
    bounce = read(report)
    assert bounce is not None
    assert bounce.recipients == ("rita@customer.example",)
    assert (bounce.permanent, bounce.status) == (permanent, code)


@pytest.mark.parametrize("action", ["delivered", "relayed", "expanded"])
def test_a_report_of_success_is_no_bounce(action: str) -> None:
    assert read(status(Action=action, Status="2.0.0")) is None


@pytest.mark.parametrize("kind", ["message/rfc822", "text/rfc822-headers"])
def test_the_message_that_came_back_is_named(kind: str) -> None:
    bounce = read(status(Action="failed", Status="5.1.1"), (kind, RETURNED))
    assert bounce is not None
    assert bounce.original_message_id == "ticket-7@desk.example"


def test_the_address_we_wrote_to_comes_before_the_one_it_ended_at() -> None:
    report = (
        "Original-Recipient: rfc822;desk@list.example\n"
        + status(Action="failed").partition("\n\n")[2]
    )
    bounce = read(report)
    assert bounce is not None
    assert bounce.recipients == ("desk@list.example",)


def test_recipients_without_a_blank_line_between_them_are_told_apart() -> None:
    report = "".join(
        f"Final-Recipient: rfc822; {name}@customer.example\nAction: {action}\n"
        for name, action in (("a", "failed"), ("b", "delivered"), ("c", "failed"))
    )
    bounce = read(report)
    assert bounce is not None
    assert bounce.recipients == ("a@customer.example", "c@customer.example")


def test_a_report_inside_another_one_is_read() -> None:
    inner = "From: postmaster@inner.example\n\n--x\nContent-Type: message/delivery-status\n\n"
    inner += status(Action="failed")
    outer = mail("Delivery Status Notification (Failure)", "postmaster@outer.example")
    bounce = read_bounce(outer, [("message/rfc822", inner)])
    assert bounce is not None
    assert bounce.recipients == ("rita@customer.example",)


IN_WORDS = [
    (
        "qmail",
        "failure notice",
        "Hi. This is the qmail-send program at mx.example.\nI'm afraid I wasn't able to deliver "
        "your\nmessage to the following addresses.\n\n<rita@customer.example>:\nSorry, no mailbox here by that "
        "name. (#5.1.1)\n"
        "\n--- Below this line is a copy of the message.\n\nReturn-Path: <desk@desk.example>\n"
        + RETURNED,
        True,
        "5.1.1",
    ),
    (
        "exim",
        "Mail delivery failed: returning message to sender",
        "This message was created automatically by mail "
        "delivery software.\n\nA message that you sent could not be delivered to one or more of its\n"
        "recipients. This is a "
        "permanent error.\n\n  rita@customer.example\n    host mx [192.0.2.1]: 550 5.1.1 unknown\n\n"
        "------ This is a copy of the message ------\n\n" + RETURNED,
        True,
        "5.1.1",
    ),
    (
        "exim, waiting",
        "Warning: message 1abc delayed 24 hours",
        "A message that you sent has not yet been delivered to "
        "all its recipients\nafter more than 24 hours.\n\n  rita@customer.example\n\n"
        "Delivery attempts will continue.",
        False,
        "",
    ),
    (
        "postfix",
        "Undelivered Mail Returned to Sender",
        "I'm sorry to have to inform you that your message could not\n"
        "be delivered.\n\n<rita@customer.example>: host mx said: 450 4.2.0 greylisted\n\nReceived: by mx\n"
        + RETURNED,
        False,
        "4.2.0",
    ),
    (
        "sendmail",
        "Returned mail: User unknown",
        "   ----- Transcript of session follows -----\n"
        "550 <rita@customer.example>... User unknown\n\n   ----- Unsent message follows -----\n"
        + RETURNED,
        True,
        "5.0.0",
    ),
    (
        "exchange",
        "Undeliverable: Printer",
        "Your message did not reach some or all of the intended recipients.\n\n"
        "      Subject: Printer\n\nThe following recipient(s) could not be reached:\n\n"
        "      rita@customer.example on 23.03.2023 11:30\n            550 5.1.1 unknown",
        True,
        "5.1.1",
    ),
    (
        "exchange, German",
        "Unzustellbar: Drucker",
        "Fehler bei der Nachrichtenzustellung an folgende Empfänger:\n\n"
        "rita@customer.example<mailto:rita@customer.example>\nDie Adresse wurde nicht gefunden.\n\n"
        "'550 5.1.10 RESOLVER.ADR.RecipientNotFound'",
        True,
        "5.1.10",
    ),
    (
        "exchange, French",
        "Non remis : Imprimante",
        "Échec de la remise pour ces destinataires ou groupes :\n\n"
        "rita@customer.example\nAdresse introuvable.\n",
        True,
        "",
    ),
    (
        "mail.ru",
        "Ваше сообщение не доставлено",
        "К сожалению, Ваше письмо не может быть доставлено:\n\n"
        "  rita@customer.example\n    550 5.2.2 Mailbox Full",
        True,
        "5.2.2",
    ),
    (
        "yahoo",
        "Delivery failure",
        "Message from yahoo.\nUnable to deliver message to the following address(es).\n\n"
        "<rita@customer.example>:\nThis account is over quota.\n\n--- Original message follows.\n\n"
        + RETURNED,
        True,
        "",
    ),
    (
        "smtp32",
        "Undeliverable Mail",
        "Unknown user: rita@customer.example\n\nOriginal message follows.\n\n" + RETURNED,
        True,
        "",
    ),
    (
        "in a sentence",
        "Your mail could not be delivered",
        "Your message to rita@customer.example could not be delivered.",
        True,
        "",
    ),
    (
        "only in the returned headers",
        "Undeliverable Message",
        "Message could not be delivered to mobile.\n\nOriginal Message:\n" + RETURNED,
        True,
        "",
    ),
]


@pytest.mark.parametrize(
    ("name", "subject", "text", "permanent", "code"), IN_WORDS, ids=[each[0] for each in IN_WORDS]
)
def test_reports_for_people_are_read_as_well(
    name: str, subject: str, text: str, permanent: bool, code: str
) -> None:
    bounce = read_bounce(mail(subject, text=text), [])
    assert bounce is not None
    assert bounce.recipients == ("rita@customer.example",)
    assert (bounce.permanent, bounce.status) == (permanent, code)
    assert bounce.original_message_id == ("ticket-7@desk.example" if RETURNED in text else "")


def test_whose_mail_was_refused_is_not_who_was_not_reached() -> None:
    bounce = read_bounce(
        mail("Delivery problem", text="Undeliverable.\nNot accepting mail from desk@desk.example"),
        [],
    )
    assert bounce is not None
    assert bounce.recipients == ()


def test_the_header_that_names_the_recipients_is_believed_first() -> None:
    bounce = read_bounce(mail("x", text="No.", x_failed_recipients="a@x.example, b@x.example"), [])
    assert bounce is not None
    assert bounce.recipients == ("a@x.example", "b@x.example")


@pytest.mark.parametrize(
    "other",
    [
        mail(
            "Printer", "rita@customer.example", "My mail to bo@desk.example could not be delivered."
        ),
        mail(
            "FW: Undeliverable: Printer",
            "rita@customer.example",
            "What does this mean? " * 30 + "did not reach",
        ),
        mail("Delivery failed", "rita@customer.example", "The courier did not come."),
        mail("Out of office", "rita@customer.example", "I am away.", return_path=""),
        mail("Re: delivery problem", "rita@customer.example", "Thank you, the parcel is here now."),
        mail(
            "Read: Printer",
            "rita@customer.example",
            "Was read.",
            "multipart/report; report-type=disposition-notification",
        ),
    ],
)
def test_a_person_is_no_mailer_daemon(other: Mail) -> None:
    assert read_bounce(other, []) is None


def test_a_complaint_is_no_bounce() -> None:
    complaint = mail("Abuse", content_type="multipart/report; report-type=feedback-report")
    assert is_feedback_report(complaint, [])
    assert is_feedback_report(mail("Abuse"), [("message/feedback-report", "Feedback-Type: abuse")])
    assert not is_feedback_report(mail("x", content_type=REPORT), [])
    assert read_bounce(complaint, []) is None


LINES = st.sampled_from(
    [
        "Final-Recipient: rfc822; a@b.example",
        "Action: failed",
        "Status: 5.1.1",
        "<a@b.example>:",
        "could not be delivered",
        "Received: x",
        "550 5.1.1 no",
        "To: a@b.example",
        "--- Below this line is a copy",
        "",
        " ",
        "@",
        "Message-ID: <",
    ]
) | st.text(max_size=12)
TEXTS = st.lists(LINES, max_size=20).map("\n".join)


@settings(max_examples=200, deadline=None)
@given(text=TEXTS, part=TEXTS, subject=LINES, sender=LINES)
def test_no_report_is_too_broken_to_read(text: str, part: str, subject: str, sender: str) -> None:
    parts = [("message/delivery-status", part), ("message/rfc822", part)]
    read_bounce(mail(subject, sender, text), parts)
    read_bounce(mail(subject, sender, text), parts[1:])


@pytest.mark.parametrize(
    "piece",
    ["a@b.c\n", "<a@b.c>: ", "Received: for <a", "550 ", "could not be ", "\n", "x:\n", "To: "],
)
def test_a_megabyte_of_the_same_takes_no_time(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    begun = time.perf_counter()
    read_bounce(mail("Undeliverable", text=text), [("message/rfc822", text)])
    read_delivery_status(text)
    assert time.perf_counter() - begun < 1.0
