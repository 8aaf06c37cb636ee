"""Pure: was somebody helped without a person? Said only where they say so, or do not come back.

Silence alone is not counted: whoever left may have given up. It takes an answer, a person whom the desk
would know again, and seven days without a ticket, a mail or a chat of theirs about the same. What cannot
be told apart from the same counts as the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Verdict = Literal[
    "waiting", "confirmed", "quiet", "returned", "not_helped", "unknown_person", "unanswered"
]

QUIET_DAYS = 7
ENDS_AFTER = timedelta(hours=1)
"""A chat in which nobody wrote for so long is over."""


@dataclass(frozen=True)
class Talk:
    """Somebody asked. answered_at: None where no answer was given.

    confirmed: whether they said that it helped.  helpless: that it did not.
    handed_over: whether it became a ticket or went to a person within the talk itself.
    is_known: whether the desk would know this person again.
    """

    asked_at: datetime
    answered_at: datetime | None
    last_at: datetime
    confirmed: bool = False
    helpless: bool = False
    handed_over: bool = False
    is_known: bool = False


@dataclass(frozen=True)
class Contact:
    """The same person came to the desk again. is_about_it: whether it is about the same."""

    at: datetime
    is_about_it: bool


def judge_talk(talk: Talk, contacts: Sequence[Contact], now: datetime) -> Verdict:
    """What became of whoever asked."""
    if talk.answered_at is None:
        return "unanswered"
    if talk.handed_over:
        return "returned"
    if talk.confirmed:
        return "confirmed"
    until = talk.answered_at + timedelta(days=QUIET_DAYS)
    if any(talk.answered_at < each.at <= until and each.is_about_it for each in contacts):
        return "returned"
    if talk.helpless:
        return "not_helped"
    if not talk.is_known:
        return "unknown_person" if now - talk.last_at >= ENDS_AFTER else "waiting"
    return "quiet" if now > until else "waiting"


def is_final(verdict: Verdict, talk: Talk, now: datetime) -> bool:
    """Whether nothing that happens later can change it."""
    if verdict == "waiting":
        return False
    since = talk.answered_at or talk.last_at
    return now > since + timedelta(days=QUIET_DAYS)
