"""Who is told of what, as tables."""

import pytest

from ticketyard.notify.telling.audience import Colleague, Fact, audience, mentioned, words_of
from ticketyard.notify.telling.kinds import KINDS, is_wanted

ADA = Colleague(1, "Ada Admin", "ada@example.com", is_admin=True)
ANA = Colleague(2, "Ana Agent", "ana@example.com")
BO = Colleague(3, "Bo Agent", "bo.agent@example.com")
ALL = [ADA, ANA, BO]


@pytest.mark.parametrize(
    ("fact", "told"),
    [
        (Fact("ticket.assigned", {"agent_id": 2}, by_person=1), {2: "assigned"}),
        (Fact("ticket.assigned", {"agent_id": 2}), {2: "assigned"}),
        # Never of one's own action.
        (Fact("ticket.assigned", {"agent_id": 2}, by_person=2), {}),
        (Fact("ticket.comment_added", by_person=9, assignee_id=2, comment="hi"), {2: "commented"}),
        (Fact("ticket.comment_added", by_person=2, assignee_id=2, comment="hi"), {}),
        (Fact("ticket.comment_added", by_person=2, comment="hi"), {}),
        (Fact("ticket.comment_added", by_person=1, assignee_id=2, comment="@Ana Agent see"), {2: "mentioned"}),
        (Fact("ticket.comment_added", by_person=1, assignee_id=2, comment="@bo.agent see"),
         {2: "commented", 3: "mentioned"}),
        (Fact("ticket.comment_added", by_person=2, comment="@ana @ada"), {1: "mentioned"}),
        # Strangers cannot call anybody.
        (Fact("ticket.comment_added", by_person=9, comment="@ana look"), {}),
        (Fact("ticket.comment_added", comment="@ana look"), {}),
        (Fact("sla.warned", assignee_id=3), {3: "sla_warned"}),
        (Fact("sla.breached", assignee_id=3), {3: "sla_breached"}),
        (Fact("sla.breached"), {1: "sla_breached"}),
        (Fact("alert.storm_started", {"storm_id": 1, "provider_id": "cams"}), {1: "alert_storm"}),
        (Fact("mailbox.failing"), {1: "mailbox_failing"}),
        (Fact("webhook.disabled"), {1: "webhook_disabled"}),
        (Fact("ticket.opened"), {}),
        # Who left the desk is told nothing.
        (Fact("ticket.assigned", {"agent_id": 77}), {}),
    ],
)  # fmt: skip
def test_who_is_told(fact: Fact, told: dict[int, str]) -> None:
    assert audience(fact, ALL) == told


@pytest.mark.parametrize(
    ("words", "who"),
    [
        ("@ana", [2]), ("Hello @Ana, see", [2]), ("(@ANA AGENT)", [2]), ("@anabel", []),
        ("rita@ana.example", []), ("ana", []), ("@@ana", []), ("@bo", []), ("@bo.agent.", [3]), ("@", []),
    ],
)  # fmt: skip
def test_who_is_meant_by_an_at(words: str, who: list[int]) -> None:
    assert mentioned(words, ALL) == who


PETROVA = Colleague(4, "Ana Petrova", "a.petrova@example.com")
SMITH = Colleague(5, "Ana Smith", "ana@example.com")
NAMESAKE = Colleague(6, "ana petrova", "ap@example.com")


@pytest.mark.parametrize(
    ("words", "who"),
    [
        ("@Ana Petrova, look", [4]), ("@ana petrova and @ana", [4, 5]), ("@Ana Smith", [5]),
        ("@ana, please", [5]), ("@a.petrova", [4]), ("@Ana Petrovas", [5]),
        # Somebody whom nobody knows here, not Ana.
        ("@ana.kim", []), ("@ana-kim", []), ("@ana. Kim", [5]),
    ],
)  # fmt: skip
def test_the_longest_that_fits_is_meant(words: str, who: list[int]) -> None:
    assert mentioned(words, [SMITH, PETROVA]) == who


def test_of_two_of_one_name_both_are_meant() -> None:
    assert mentioned("@Ana Petrova", [PETROVA, SMITH, NAMESAKE]) == [4, 6]
    assert mentioned("@", []) == []


def test_what_is_told_beside_is_short() -> None:
    assert words_of(Fact("x", {"reason": "because"})) == "because"
    assert words_of(Fact("x", comment="a\n b")) == "a b"
    warned = Fact("sla.warned", {"clock": "first_response", "due_at": "2025-12-15T10:00:00+00:00"})
    assert words_of(warned) == "First response is due at 2025-12-15 10:00 UTC"
    assert len(words_of(Fact("x", comment="x" * 500))) == 160


def test_everything_is_on_the_desk_some_by_mail_and_nothing_on_the_telephone_by_itself() -> None:
    assert all(is_wanted(kind, "in_app", {}) for kind in KINDS)
    assert not any(is_wanted(kind, "sms", {}) for kind in KINDS)
    assert is_wanted("assigned", "email", {})
    assert not is_wanted("commented", "email", {})
    assert not is_wanted("assigned", "email", {("assigned", "email"): False})
    assert is_wanted("assigned", "sms", {("assigned", "sms"): True})
