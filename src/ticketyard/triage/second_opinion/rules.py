"""Pure: which tickets a model is asked about, how often, and when it is tried again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal, get_args

from ticketyard.ai.chat.trouble import NOT_ASKED, Kind

Asked = Literal["off", "unsure", "all"]
WISHES: Final[tuple[Asked, ...]] = get_args(Asked)
SETTING = "language_model"
"""The company's own word, in its settings; else the operator's."""

PAUSES: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720))
MAX_ATTEMPTS = len(PAUSES) + 1
# A model that answers nonsense answers the same nonsense the next time.
_MAX_UNUSABLE = 2
TOO_OLD = timedelta(hours=48)
"""By then people have decided themselves."""


@dataclass(frozen=True)
class OpinionRules:
    """What the operator allows. tokens_a_day: for each company; 0 is without limit."""

    asked_for: Asked = "unsure"
    tokens_a_day: int = 1_000_000


@dataclass(frozen=True)
class Next:
    """What becomes of a question that got no answer. attempts: how many count."""

    state: Literal["waiting", "failed", "refused"]
    at: datetime
    attempts: int


def wish_of(settings: Mapping[str, Any], rules: OpinionRules) -> Asked:
    """What this company wants; a word nobody knows is the operator's default."""
    said = settings.get(SETTING)
    return next((wish for wish in WISHES if wish == said), rules.asked_for)


def after_trouble(
    kind: Kind, *, attempts: int, queued_at: datetime, now: datetime, retry_after: float | None
) -> Next:
    """Tried again with growing pauses, or given up. attempts: this one included."""
    if kind in NOT_ASKED:
        # The server's rest or our own pace; it was not asked, so this does not count.
        wait = timedelta(seconds=max(1.0, retry_after or 0.0))
        return _unless_old(queued_at, now + wait, attempts - 1)
    if kind == "declined":
        return Next("refused", now, attempts)
    if attempts >= (_MAX_UNUSABLE if kind == "unusable" else MAX_ATTEMPTS):
        return Next("failed", now, attempts)
    pause = max(PAUSES[attempts - 1], timedelta(seconds=retry_after or 0.0))
    return _unless_old(queued_at, now + pause, attempts)


def after_budget(*, attempts: int, queued_at: datetime, now: datetime) -> Next:
    """Nothing is left for today: tomorrow, while anybody still cares."""
    tomorrow = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return _unless_old(queued_at, tomorrow, attempts - 1)


def _unless_old(queued_at: datetime, at: datetime, attempts: int) -> Next:
    return Next("failed" if at - queued_at > TOO_OLD else "waiting", at, attempts)
