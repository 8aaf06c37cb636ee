from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ticketyard.tickets.lifecycle import STATUSES
from ticketyard.triage.resolving.ranking import Candidate
from ticketyard.triage.resolving.rule import Circumstances, decide, held_back

LINK = Candidate(1, "Reset your password", "self_service_link", 0.95, 1.2, None, "https://x.test")
SCRIPT = Candidate(2, "Reset it for them", "automated_script", 0.93, 1.1, "password_reset")
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
PLAIN = Circumstances(source="web_form", status="open", created_at=NOW - timedelta(minutes=1))


def ranked(first: Candidate = LINK, **changes: Any) -> list[Candidate]:
    return [replace(first, **changes), SCRIPT]


@pytest.mark.parametrize(
    ("category", "confidence", "solutions", "categories", "can"),
    [
        ("password_reset", 0.81, ranked(), ["password_reset"], True),
        ("password_reset", 0.81, ranked(SCRIPT), ["password_reset"], True),
        ("password_reset", 0.81, ranked(), ["Password"], True),
        ("Password", 0.81, ranked(), ["password_reset"], True),
        ("vpn", 0.99, ranked(), ["password_reset", "VPN"], True),
        # Each condition, at its border and just beyond it.
        ("vpn", 0.99, ranked(), ["password_reset"], False),
        (None, 0.99, ranked(), ["password_reset"], False),
        ("password_reset", 0.99, ranked(), [], False),
        ("password_reset", 0.8, ranked(), ["password_reset"], False),
        ("password_reset", 0.8001, ranked(), ["password_reset"], True),
        ("password_reset", 0.0, ranked(), ["password_reset"], False),
        ("password_reset", 0.99, [], ["password_reset"], False),
        ("password_reset", 0.99, ranked(kind="manual_steps"), ["password_reset"], False),
        ("password_reset", 0.99, ranked(kind="escalation_required"), ["password_reset"], False),
        ("password_reset", 0.99, ranked(kind="knowledge_article"), ["password_reset"], False),
        ("password_reset", 0.99, ranked(confidence=0.9), ["password_reset"], False),
        ("password_reset", 0.99, ranked(confidence=0.9001), ["password_reset"], True),
    ],
)
def test_every_condition_must_hold(
    category: str | None,
    confidence: float,
    solutions: list[Candidate],
    categories: list[str],
    can: bool,
) -> None:
    decision = decide(category, confidence, solutions, categories)
    assert decision.can_auto_resolve is can
    assert decision.reasoning
    assert (decision.auto_action is not None) is can
    assert (decision.confidence > 0) is can


def test_only_the_first_solution_counts() -> None:
    first = replace(LINK, kind="manual_steps", title="By hand")
    decision = decide("password_reset", 0.99, [first, LINK], ["password_reset"])
    assert not decision.can_auto_resolve
    assert "By hand" in decision.reasoning
    assert decision.solution_id == 1


@pytest.mark.parametrize(
    ("first", "action"), [(LINK, "self_service_link"), (SCRIPT, "password_reset")]
)
def test_a_decision_names_what_is_done_and_is_as_sure_as_its_weaker_half(
    first: Candidate, action: str
) -> None:
    decision = decide("password_reset", 0.85, [first], ["password_reset"])
    assert (decision.auto_action, decision.confidence) == (action, 0.85)
    surer = decide("password_reset", 0.99, [first], ["password_reset"])
    assert surer.confidence == first.confidence


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({}, None),
        ({"status": "assigned"}, None),
        ({"source": "email"}, None),
        ({"source": "chatbot"}, None),
        ({"source": "glpi"}, None),
        ({"source": "alert"}, "alert"),
        ({"segment": "VIP"}, "VIP"),
        ({"segment": "Priority"}, "Priority"),
        ({"segment": "Mass"}, None),
        ({"kind": "complaint"}, "complaint"),
        ({"kind": "request"}, None),
        ({"category": "Жалоба"}, "complaint"),
        ({"category": "Претензия"}, "complaint"),
        ({"category": "Мошеннические действия"}, "complaint"),
        ({"sentiment": "negative"}, "unhappy"),
        ({"sentiment": "neutral"}, None),
        ({"tried": True}, "once already"),
        ({"touched": True}, "person"),
        ({"cannot_be_told": "Nobody could be told: there is no way."}, "told"),
        ({"automatic_mail": "It would answer a delivery report."}, "delivery report"),
        ({"today": 2}, None),
        ({"today": 3}, "a day"),
        ({"created_at": NOW - timedelta(hours=24)}, None),
        ({"created_at": NOW - timedelta(hours=24, seconds=1)}, "older"),
    ],
)
def test_who_goes_to_a_person_whatever_the_rule_says(
    changes: dict[str, Any], word: str | None
) -> None:
    why = held_back(replace(PLAIN, **changes), now=NOW, per_day=3)
    assert why is None if word is None else word in (why or "")


@pytest.mark.parametrize("status", STATUSES)
def test_only_what_nobody_began_is_resolved(status: str) -> None:
    why = held_back(replace(PLAIN, status=status), now=NOW, per_day=3)
    assert (why is None) is (status in ("open", "assigned"))
