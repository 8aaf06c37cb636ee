from datetime import UTC, datetime, timedelta

import pytest

from ticketyard.ai.chat.trouble import Kind
from ticketyard.triage.second_opinion.rules import (
    MAX_ATTEMPTS,
    OpinionRules,
    after_budget,
    after_trouble,
    wish_of,
)

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "attempts", "retry_after", "expected"),
    [
        ("down", 1, None, ("waiting", 60, 1)),
        ("down", 2, None, ("waiting", 300, 2)),
        ("slow", 5, None, ("waiting", 3 * 3600, 5)),
        ("limited", 1, 600.0, ("waiting", 600, 1)),
        ("limited", 1, 5.0, ("waiting", 60, 1)),
        ("denied", 7, None, ("waiting", 12 * 3600, 7)),
        ("down", MAX_ATTEMPTS, None, ("failed", 0, MAX_ATTEMPTS)),
        ("unusable", 1, None, ("waiting", 60, 1)),
        ("unusable", 2, None, ("failed", 0, 2)),
        ("declined", 1, None, ("refused", 0, 1)),
        ("resting", 1, 30.0, ("waiting", 30, 0)),
        ("busy", 3, None, ("waiting", 1, 2)),
        ("limited", 1, 3 * 86_400.0, ("failed", 3 * 86_400, 1)),
    ],
)
def test_what_becomes_of_a_question_without_an_answer(
    kind: Kind, attempts: int, retry_after: float | None, expected: tuple[str, int, int]
) -> None:
    then = after_trouble(kind, attempts=attempts, queued_at=NOW, now=NOW, retry_after=retry_after)
    assert (then.state, (then.at - NOW).total_seconds(), then.attempts) == expected


def test_after_two_days_nobody_wants_to_know_any_more() -> None:
    asked = NOW - timedelta(hours=47, minutes=59)
    then = after_trouble("down", attempts=1, queued_at=asked, now=NOW, retry_after=None)
    assert then.state == "waiting"
    then = after_trouble("down", attempts=2, queued_at=asked, now=NOW, retry_after=None)
    assert then.state == "failed"


def test_a_spent_budget_is_full_again_at_midnight() -> None:
    then = after_budget(attempts=1, queued_at=NOW, now=NOW)
    assert (then.state, then.at, then.attempts) == (
        "waiting", datetime(2026, 11, 21, tzinfo=UTC), 0,
    )  # fmt: skip
    old = after_budget(attempts=1, queued_at=NOW - timedelta(hours=40), now=NOW)
    assert old.state == "failed"


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, "unsure"),
        ({"language_model": "all"}, "all"),
        ({"language_model": "off"}, "off"),
        ({"language_model": 7}, "unsure"),
        ({"language_model": ["all"]}, "unsure"),
    ],
)
def test_the_company_wishes_and_the_operator_is_the_default(
    settings: dict[str, object], expected: str
) -> None:
    assert wish_of(settings, OpinionRules()) == expected
