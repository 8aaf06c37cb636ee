"""Pure: what an answer means, when the next try is due, and when to give up.

Source: the schedule that Standard Webhooks recommends, 75 hours in all; 410 ends an endpoint.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

_WAITS_SECONDS = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
GIVE_UP_AFTER = timedelta(seconds=sum(_WAITS_SECONDS))
DISABLE_AFTER = timedelta(days=5)
# An endpoint that fails rests, and is not tried with one message after another meanwhile.
REST_MAX = timedelta(minutes=5)
JITTER = 0.1
GONE = 410

State = Literal["delivered", "waiting", "failed"]


@dataclass(frozen=True)
class Try:
    """What came of one try: a status, or a problem where there was no answer. is_final: trying again
    is no use."""

    status: int | None = None
    problem: str | None = None
    is_final: bool = False

    @property
    def is_taken(self) -> bool:
        """Any 2xx; a redirect is not followed, so it is none."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        """The endpoint says that it wants no more."""
        return self.status == GONE

    @property
    def reason(self) -> str | None:
        """For people; nothing where it was taken."""
        if self.is_taken:
            return None
        if self.is_gone:
            return "Answered 410 Gone: the endpoint wants no more."
        return self.problem or f"Answered {self.status}."


@dataclass(frozen=True)
class Verdict:
    """What becomes of the delivery. ready_at: when it is tried again."""

    state: State
    ready_at: datetime


def judge(
    tried: Try, *, attempts: int, queued_at: datetime, now: datetime, chance: Callable[[], float]
) -> Verdict:
    """attempts: this one included. chance: gives 0 to 1, so that not all come back at once."""
    if tried.is_taken:
        return Verdict("delivered", now)
    wait = _WAITS_SECONDS[min(attempts, len(_WAITS_SECONDS)) - 1]
    ready_at = now + timedelta(seconds=wait * (1 + JITTER * (2 * chance() - 1)))
    # A little more, for the tries themselves take time.
    until = queued_at + GIVE_UP_AFTER * (1 + JITTER)
    if tried.is_gone or tried.is_final or ready_at > until:
        return Verdict("failed", now)
    return Verdict("waiting", ready_at)


def rest_after(failures: int) -> timedelta:
    """How long an endpoint is left alone after so many failures in a row."""
    return min(timedelta(seconds=5 * 2 ** min(failures - 1, 10)), REST_MAX)
