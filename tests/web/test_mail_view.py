"""What the screens say of a mail: its account in words, the hint, whether mail comes back."""

from datetime import UTC, datetime
from typing import Any

import pytest

from ticketyard.insights.mails import MailRow
from ticketyard.insights.sent_mails import SentMail
from ticketyard.web.pages.mail_view import bounced_to, came_by_mail

AT = datetime(2025, 12, 15, 10, tzinfo=UTC)


def row(why: dict[str, Any] | None = None, **changed: Any) -> MailRow:
    values: dict[str, Any] = {
        "inbound_id": 1, "mailbox_id": 1, "mailbox": "desk@x.example", "outcome": "ticket",
        "state": "accepted", "problem": None, "attempts": 1, "message_id": "a@b",
        "sender": "rita@example.com", "sender_name": "", "subject": "Hi", "sent_at": None,
        "received_at": AT, "filed_at": AT, "auto": "", "is_bounce": False,
        "classification": None, "confidence": None, "ticket_id": 1, "number": "TKT-1",
        "comment_id": None, "duplicate_of": None, "size_bytes": 10, "why": why or {},
    }  # fmt: skip
    return MailRow(**{**values, **changed})


def sent(*recipients: tuple[str, str], state: str = "sent", reason: str | None = None) -> SentMail:
    return SentMail(
        id=1,
        comment_id=None,
        kind="reply",
        state=state,
        recipients=[{"email": email, "state": how} for email, how in recipients],
        reason=reason,
        words="250 Ok",
        sent_at=AT,
        created_at=AT,
    )


BACK = sent(("Rita@example.com", "bounced"), state="bounced", reason="It came back: 5.1.1")


@pytest.mark.parametrize(
    ("mails", "expected"),
    [
        ([], ""),
        ([sent(("rita@example.com", "taken"))], ""),
        ([BACK], "It came back: 5.1.1"),
        ([BACK, sent(("rita@example.com", "taken"))], ""),
        ([BACK, sent(("rita@example.com", ""), state="waiting")], "It came back: 5.1.1"),
        ([BACK, sent(("cy@example.com", "taken"))], "It came back: 5.1.1"),
        (
            [sent(("rita@example.com", "taken"), ("cy@x.example", "bounced"), state="bounced")],
            "",
        ),
    ],
    ids=["none", "sent", "back", "later one arrived", "later one waits", "to another", "copy only"],
)
def test_the_last_mail_to_the_requester_says_whether_it_comes_back(
    mails: list[SentMail], expected: str
) -> None:
    assert bounced_to(mails, "rita@example.com") == expected
    assert bounced_to(mails, None) == ""


@pytest.mark.parametrize(
    ("why", "hint"),
    [
        ({"hint": {"id": 2, "number": "TKT-2"}}, "TKT-2"),
        ({"hint": {"id": 1, "number": "TKT-1"}}, ""),
        ({"hint": {"id": 2, "number": "TKT-2"}, "moved": [{"to": "TKT-1"}]}, ""),
        ({"hint": None}, ""),
        ({}, ""),
    ],
)
def test_a_hint_is_shown_until_somebody_has_decided(why: dict[str, Any], hint: str) -> None:
    assert came_by_mail(row(why)).hint == hint


def test_an_account_of_an_older_version_is_shown_as_far_as_it_goes() -> None:
    shown = came_by_mail(row({"tried": [{}], "moved": [{"at": "yesterday"}], "label": None}))
    assert shown.moved == ["Somebody moved it to ."]
    assert shown.to == "desk@x.example"


@pytest.mark.parametrize(
    ("changed", "can_move"),
    [
        ({}, True),
        ({"outcome": "duplicate"}, False),
        ({"outcome": "reply", "is_bounce": True}, False),
        ({"outcome": "refused", "is_bounce": True}, True),
        ({"outcome": "waiting", "state": "needs_look"}, True),
    ],
)
def test_what_stays_offers_no_move(changed: dict[str, Any], can_move: bool) -> None:
    assert came_by_mail(row(**changed)).can_move is can_move
