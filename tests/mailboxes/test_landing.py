"""What becomes of a mail, decided from plain values."""

import pytest

from ticketyard.mail.message import Address, Bounce, Mail
from ticketyard.mailboxes.landing.deciding import Twin, decide
from ticketyard.mailboxes.landing.threading import Known, KnownSender, KnownTicket

NUMBER = "TKT-20251215-001"
OURS = f"{NUMBER}.0123456789abcdef@desk.example"
RITA = KnownSender(email="rita@example.com")
ANA = KnownSender(email="ana@desk.example", person_id=3, role="agent")


def _ticket(status: str = "open") -> KnownTicket:
    return KnownTicket(id=1, number=NUMBER, status=status, requester="rita@example.com")


def _landing(mail: Mail, sender: KnownSender = RITA, status: str = "open", **more: object):  # type: ignore[no-untyped-def]
    ticket = _ticket(status)
    known = Known(by_number={NUMBER: ticket}, by_sent_id={OURS: ticket})
    given = {"verdict": "pass", "own_addresses": {"support@desk.example"}, **more}
    return decide(mail, known=known, sender=sender, **given)  # type: ignore[arg-type]


def _answer(**fields: object) -> Mail:
    given = {
        "subject": "Re: Printer",
        "sender": Address("rita@example.com"),
        "message_id": "new@mailer.example",
        "in_reply_to": (OURS,),
        "headers": (("in-reply-to", f"<{OURS}>"),),
        "reply_text": "It burns.",
    }
    return Mail(**{**given, **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("bounce", "kind"),
    [
        (Bounce(recipients=("rita@example.com",), permanent=True, original_message_id=OURS), "bounce"),
        (Bounce(recipients=("x@example.com",), original_message_id="theirs@else.example"), "refuse"),
        (Bounce(), "refuse"),
    ],
)  # fmt: skip
def test_a_delivery_report_counts_only_for_mail_of_ours(bounce: Bounce, kind: str) -> None:
    mail = Mail(subject="Undelivered", message_id="report@mailer.example", bounce=bounce)

    assert _landing(mail, KnownSender(email="mailer-daemon@example.com")).kind == kind


def test_a_delivery_report_without_an_id_is_known_by_what_it_answers() -> None:
    assert _landing(_answer(bounce=Bounce())).kind == "bounce"


def test_a_spam_report_needs_a_look() -> None:
    assert _landing(_answer(is_feedback_report=True)).kind == "look"


@pytest.mark.parametrize(("message_id", "kind"), [(OURS, "refuse"), ("other@x.example", "look")])
def test_mail_under_our_own_address(message_id: str, kind: str) -> None:
    mail = _answer(message_id=message_id, sender=Address("Support@desk.example"))

    assert _landing(mail, KnownSender(email="Support@desk.example")).kind == kind


def test_the_same_mail_again_is_a_duplicate_whatever_it_says() -> None:
    landing = _landing(_answer(bounce=Bounce()), twin=Twin(inbound_id=7, ticket=_ticket()))

    assert (landing.kind, landing.duplicate_of) == ("duplicate", 7)


@pytest.mark.parametrize(
    ("sender", "fields", "status", "internal", "reopens"),
    [
        (RITA, {}, "resolved", False, True),
        (RITA, {"reply_text": "Thank you!"}, "resolved", False, False),
        (RITA, {"auto": "replied", "is_auto_reply": True}, "resolved", True, False),
        (ANA, {}, "resolved", False, False),
        (ANA, {}, "pending", False, False),
    ],
)
def test_what_joining_does(
    sender: KnownSender, fields: dict[str, object], status: str, internal: bool, reopens: bool
) -> None:
    landing = _landing(_answer(**fields), sender, status)

    assert landing.kind == "join"
    assert (landing.internal, landing.reopens) == (internal, reopens)


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({}, "follow_up"),
        ({"reply_text": "Thanks a lot."}, "join"),
        ({"auto": "replied", "is_auto_reply": True}, "join"),
    ],
)
def test_what_a_closed_ticket_gets(fields: dict[str, object], kind: str) -> None:
    assert _landing(_answer(**fields), status="closed").kind == kind
