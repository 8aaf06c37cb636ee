"""When somebody counts as helped without a person, as a table of cases."""

from datetime import UTC, datetime, timedelta

import pytest

from ticketyard.knowledge.learning.deflecting import (
    Contact,
    Talk,
    Verdict,
    is_final,
    judge_talk,
)

ASKED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ANSWERED = ASKED + timedelta(minutes=1)
WEEK = timedelta(days=7)


def talk(**said: object) -> Talk:
    """Somebody known, answered a minute later, who then says nothing."""
    usual = {"asked_at": ASKED, "answered_at": ANSWERED, "last_at": ANSWERED, "is_known": True}
    return Talk(**{**usual, **said})  # type: ignore[arg-type]


def after(*, about_it: bool = True, **later: float) -> Contact:
    return Contact(ANSWERED + timedelta(**later), about_it)


@pytest.mark.parametrize(
    ("case", "contacts", "days", "verdict"),
    [
        # Nothing was answered: nobody was helped, whatever they say or do.
        (talk(answered_at=None), [], 30, "unanswered"),
        (talk(answered_at=None, confirmed=True), [], 30, "unanswered"),
        # They said so.
        (talk(confirmed=True), [], 0, "confirmed"),
        (talk(confirmed=True, is_known=False), [], 0, "confirmed"),
        (talk(confirmed=True), [after(days=2)], 30, "confirmed"),
        # It became a ticket or went to a person in the very talk.
        (talk(handed_over=True), [], 30, "returned"),
        (talk(handed_over=True, confirmed=True), [], 30, "returned"),
        # They left without a word: only seven days say.
        (talk(), [], 0, "waiting"),
        (talk(), [], 6.99, "waiting"),
        (talk(), [], 7, "waiting"),
        (talk(), [], 7.01, "quiet"),
        # They came back about it, within or after the week, in the same moment, before.
        (talk(), [after(days=2)], 3, "returned"),
        (talk(), [after(days=2)], 30, "returned"),
        (talk(), [after(days=7)], 30, "returned"),
        (talk(), [after(days=7, seconds=1)], 30, "quiet"),
        (talk(), [after(seconds=0)], 30, "quiet"),
        (talk(), [after(days=-1)], 30, "quiet"),
        (talk(), [after(days=9), after(days=3)], 30, "returned"),
        # They came back about something else.
        (talk(), [after(days=2, about_it=False)], 30, "quiet"),
        (talk(), [after(days=2, about_it=False), after(days=3)], 30, "returned"),
        # They said that it did not help, and left.
        (talk(helpless=True), [], 30, "not_helped"),
        (talk(helpless=True), [after(days=1)], 30, "returned"),
        (talk(helpless=True, confirmed=True), [], 30, "confirmed"),
        # Nobody would know them again.
        (talk(is_known=False), [], 0, "waiting"),
        (talk(is_known=False), [], 0.05, "unknown_person"),
        (talk(is_known=False), [], 30, "unknown_person"),
        (talk(is_known=False, helpless=True), [], 30, "not_helped"),
    ],
)
def test_what_became_of_whoever_asked(
    case: Talk, contacts: list[Contact], days: float, verdict: Verdict
) -> None:
    assert judge_talk(case, contacts, ANSWERED + timedelta(days=days)) == verdict


@pytest.mark.parametrize(
    ("case", "verdict", "later", "final"),
    [
        (talk(), "waiting", 3 * WEEK, False),
        (talk(), "quiet", WEEK + timedelta(seconds=1), True),
        (talk(), "returned", timedelta(days=2), False),
        (talk(confirmed=True), "confirmed", timedelta(days=2), False),
        (talk(confirmed=True), "confirmed", WEEK + timedelta(seconds=1), True),
        (talk(answered_at=None), "unanswered", timedelta(days=2), False),
        (talk(answered_at=None), "unanswered", WEEK + timedelta(seconds=1), True),
    ],
)
def test_a_verdict_is_for_good_once_the_week_is_over(
    case: Talk, verdict: Verdict, later: timedelta, final: bool
) -> None:
    assert is_final(verdict, case, ANSWERED + later) == final
