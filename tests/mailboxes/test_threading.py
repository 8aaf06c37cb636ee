"""Which ticket a mail names, and whether its sender may add to it."""

from collections.abc import Mapping

import pytest

from ticketyard.mail.message import Mail
from ticketyard.mailboxes.landing.authentication import Verdict
from ticketyard.mailboxes.landing.threading import (
    Candidate,
    Known,
    KnownSender,
    KnownTicket,
    candidates,
    is_usable_id,
    numbers_in_ids,
    numbers_in_subject,
    prove,
)

ONE = KnownTicket(
    id=1,
    number="TKT-20251215-001",
    status="open",
    requester="Rita@Customer.example",
    customer_id=7,
    participants=frozenset({"copied@partner.example"}),
)
TWO = KnownTicket(id=2, number="TKT-20251215-002", status="open", requester="x@gmail.com")
SENT = "TKT-20251215-001.0123456789abcdef@desk.example"


@pytest.mark.parametrize(
    ("subject", "numbers"),
    [
        ("[TKT-20251215-001] Printer", ["TKT-20251215-001"]),
        ("Printer [tkt-20251215-001]", ["TKT-20251215-001"]),
        ("Printer [ TKT-20251215-1234 ]", ["TKT-20251215-1234"]),
        ("Re: TKT-20251215-001", ["TKT-20251215-001"]),
        ("RE: Re: TKT-20251215-001 printer", ["TKT-20251215-001"]),
        ("SV: TKT-20251215-001", ["TKT-20251215-001"]),
        ("VS: TKT-20251215-001", ["TKT-20251215-001"]),
        ("AW: TKT-20251215-001", ["TKT-20251215-001"]),
        ("FW: TKT-20251215-001", ["TKT-20251215-001"]),
        ("Re[2]: TKT-20251215-001", ["TKT-20251215-001"]),
        ("Re : TKT-20251215-001", ["TKT-20251215-001"]),
        ("Re: Ticket 123", []),
        ("TKT-20251215-001", []),
        ("About TKT-20251215-001 again", []),
        ("Re: about TKT-20251215-001", []),
        ("[TKT-20251215-01]", []),
        ("[TKT-2025121-001]", []),
        ("Re: TKT-20251215-0012345", ["TKT-20251215-0012345"]),
        ("[TKT-20251215-002] Re: [TKT-20251215-001]", ["TKT-20251215-002", "TKT-20251215-001"]),
        ("", []),
    ],
)
def test_numbers_that_count_in_a_subject(subject: str, numbers: list[str]) -> None:
    assert numbers_in_subject(subject) == numbers


@pytest.mark.parametrize(
    ("header", "numbers"),
    [
        ("<TKT-20251215-001@bmcnetworks.dk>", ["TKT-20251215-001"]),
        ("<TKT-20251215-001-reply@bmcnetworks.dk>", ["TKT-20251215-001"]),
        ("<tkt-20251215-1000.abc@desk.example>", ["TKT-20251215-1000"]),
        ("<a@b> <TKT-20251215-001@x>\r\n <TKT-20251215-002@x>", ["TKT-20251215-002", "TKT-20251215-001"]),
        ("<XTKT-20251215-001@x>", []),
        ("", []),
    ],
)  # fmt: skip
def test_numbers_anywhere_in_ids_the_newest_first(header: str, numbers: list[str]) -> None:
    assert numbers_in_ids(header) == numbers


def _mail(subject: str = "Hello", in_reply_to: str = "", references: str = "") -> Mail:
    def ids(header: str) -> tuple[str, ...]:
        return tuple(each.strip("<>") for each in header.split())

    return Mail(
        subject=subject,
        message_id="new-one@customer.example",
        in_reply_to=ids(in_reply_to),
        references=ids(references),
        headers=(("in-reply-to", in_reply_to), ("references", references)),
    )


KNOWN = Known(
    by_number={each.number: each for each in (ONE, TWO)},
    by_sent_id={SENT: ONE},
    by_earlier_id={"first@customer.example": [TWO]},
)


@pytest.mark.parametrize(
    ("mail", "found"),
    [
        (_mail(in_reply_to=f"<{SENT}>"), [(1, "in_reply_to", True)]),
        (_mail(in_reply_to=f"<{ONE.number}@x>"), [(1, "in_reply_to", False)]),
        (
            _mail(in_reply_to="<TKT-20991231-999@x>", references=f"<{TWO.number}@x>"),
            [(2, "references", False)],
        ),
        (
            _mail(references=f"<{ONE.number}@x> <{TWO.number}@x>"),
            [(2, "references", False), (1, "references", False)],
        ),
        (
            _mail(subject=f"[{ONE.number}]", in_reply_to=f"<{TWO.number}@x>"),
            [(2, "in_reply_to", False), (1, "subject", False)],
        ),
        (_mail(subject=f"[{ONE.number}]", references=f"<{SENT}>"), [(1, "references", True)]),
        (_mail(in_reply_to="<first@customer.example>"), [(2, "earlier_mail", False)]),
        (
            _mail(subject=f"Re: {ONE.number}", in_reply_to="<first@customer.example>"),
            [(1, "subject", False), (2, "earlier_mail", False)],
        ),
        (_mail(in_reply_to="<other@customer.example>"), []),
    ],
)
def test_the_order_of_looking(mail: Mail, found: list[tuple[int, str, bool]]) -> None:
    named = candidates(mail, KNOWN)

    assert [(each.ticket.id, each.evidence, each.token) for each in named] == found


def _sender(email: str, **more: object) -> KnownSender:
    return KnownSender(email=email, **more)  # type: ignore[arg-type]


STRANGER = _sender("mallory@evil.example")
COLLEAGUE = _sender("colleague@customer.example")
AGENT = _sender("ana@desk.example", person_id=3, role="agent")


@pytest.mark.parametrize(
    ("sender", "token", "verdict", "expected"),
    [
        (_sender("rita@customer.example"), False, "none", {"holds": True, "standing": "requester"}),
        (_sender("rita@customer.example"), False, "pass", {"holds": True}),
        (_sender("rita@customer.example"), False, "fail", {"holds": False}),
        (_sender("rita@customer.example"), True, "fail", {"holds": False}),
        (
            _sender("copied@partner.example"),
            False,
            "none",
            {"holds": True, "standing": "participant"},
        ),
        (STRANGER, False, "none", {"holds": False}),
        (STRANGER, False, "pass", {"holds": False}),
        (STRANGER, True, "pass", {"holds": False}),
        (COLLEAGUE, False, "none", {"holds": False}),
        (COLLEAGUE, True, "none", {"holds": True, "standing": "colleague"}),
        (
            _sender("other@elsewhere.example", customer_id=7),
            False,
            "none",
            {"holds": True, "standing": "colleague"},
        ),
        (_sender("other@elsewhere.example", customer_id=8), False, "none", {"holds": False}),
        (AGENT, False, "pass", {"holds": False}),
        (AGENT, True, "none", {"holds": True, "standing": "agent", "note": True}),
        (AGENT, True, "pass", {"holds": True, "standing": "agent", "note": False}),
        (_sender(""), True, "pass", {"holds": False}),
    ],
)
def test_who_may_add_to_a_ticket(
    sender: KnownSender, token: bool, verdict: Verdict, expected: Mapping[str, object]
) -> None:
    proof = prove(Candidate(ONE, "in_reply_to", token), sender, verdict)

    assert {name: getattr(proof, name) for name in expected} == expected


def test_sharing_a_public_mail_service_makes_nobody_a_colleague() -> None:
    proof = prove(Candidate(TWO, "in_reply_to", True), _sender("y@gmail.com"), "none")

    assert not proof.holds


@pytest.mark.parametrize(
    ("message_id", "usable"),
    [
        ("abc123@example.com", True),
        ("1@x", False),
        ("", False),
        ("no-at-sign-at-all", False),
        ("@starts-with-it", False),
        ("x" * 2000 + "@y", False),
    ],
)
def test_an_id_that_can_tell_mails_apart(message_id: str, usable: bool) -> None:
    assert is_usable_id(message_id) == usable
