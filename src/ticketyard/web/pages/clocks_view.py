"""A ticket's clocks as its page shows them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from ticketyard.sla.clocks import Clock
from ticketyard.sla.explaining import intervals_of, sentence_of
from ticketyard.sla.telling import NAMES, lasting

_WORDS: Final = {
    "running": ("Running", "accent"),
    "paused": ("Stands still", ""),
    "met": ("Kept", "clear"),
    "missed": ("Broken", "stop"),
    "cancelled": ("Called off", ""),
}


@dataclass(frozen=True)
class IntervalView:
    """A time in which the clock ran or stood still."""

    why: str
    state: str
    begin: str
    end: str
    counted: str
    spans: list[tuple[str, str, str]]


@dataclass(frozen=True)
class ClockView:
    """One clock. share: of the target that has passed, 0 to 1; None where nothing is promised."""

    name: str
    word: str
    kind: str
    is_live: bool
    left: str
    due: str
    zone: str
    share: float | None
    says: str
    intervals: list[IntervalView]


def clocks_view(clocks: list[Clock], now: datetime) -> list[ClockView]:
    """Those with a promise; of the answers in between only the latest."""
    promised = [each for each in clocks if each.target is not None]
    cycles = [each for each in promised if each.clock == "next_response"]
    return [_view(each, now) for each in promised if each not in cycles[:-1]]


def _view(clock: Clock, now: datetime) -> ClockView:
    word, kind = _WORDS["missed" if clock.breached else clock.state]
    assert clock.target
    return ClockView(
        name=NAMES[clock.clock],
        word=word,
        kind="caution" if _is_near(clock, now) else kind,
        is_live=clock.is_live,
        left=_left(clock),
        due=_wall(clock, clock.due_at, now) if clock.due_at else "",
        zone=clock.calendar.zone,
        share=min(1.0, clock.elapsed / clock.target),
        says=sentence_of(clock, now),
        intervals=_intervals(clock, now),
    )


def _is_near(clock: Clock, now: datetime) -> bool:
    return (
        clock.is_live and not clock.breached and clock.warn_at is not None and clock.warn_at <= now
    )


def _left(clock: Clock) -> str:
    remaining = clock.remaining or 0
    if not clock.is_live:
        return f"{lasting(clock.elapsed)} of {lasting(clock.target or 0)}"
    return f"{lasting(-remaining)} over" if remaining < 0 else f"{lasting(remaining)} left"


def _intervals(clock: Clock, now: datetime) -> list[IntervalView]:
    return [
        IntervalView(
            why=each.why,
            state=each.state,
            begin=_wall(clock, each.begin, now),
            end=_wall(clock, each.end, now),
            counted=lasting(each.counted),
            spans=[
                (
                    _wall(clock, begin, now),
                    _wall(clock, end, now),
                    lasting(int((end - begin).total_seconds())),
                )
                for begin, end in each.spans
            ]
            if len(each.spans) > 1
            else [],
        )
        for each in intervals_of(clock, now)
    ]


def _wall(clock: Clock, at: datetime, now: datetime) -> str:
    """On the wall of the calendar's zone, to the second; the year only where it is another."""
    there = at.astimezone(ZoneInfo(clock.calendar.zone))
    year = f" {there.year}" if there.year != now.year else ""
    return f"{there:%a} {there.day} {there:%b}{year}, {there:%H:%M:%S}"
