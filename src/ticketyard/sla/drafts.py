"""Calendars and policies as people write them, checked."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final
from zoneinfo import available_timezones

from ticketyard.sla.calendars import MINUTES_A_DAY
from ticketyard.sla.errors import BadCalendar, BadPolicy
from ticketyard.sla.policies import ANY, CLOCKS
from ticketyard.tickets.lifecycle import ACTIVE, PRIORITIES, SEVERITIES

DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NAME_MAX: Final = 100
SECONDS_MIN: Final = 60
SECONDS_MAX: Final = 31_536_000
SPANS_MAX: Final = 12
HOLIDAYS_MAX: Final = 1_000
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)|24:00")

Hours = Mapping[str, Sequence[Sequence[str]]]


@dataclass(frozen=True, kw_only=True)
class CalendarDraft:
    """A calendar. hours: day to spans of the wall clock, as in {"monday": [["09:00", "17:00"]]}."""

    name: str
    zone: str = "UTC"
    always: bool = False
    hours: Hours = field(default_factory=dict)
    country: str = ""
    subdivision: str = ""
    holidays: Sequence[tuple[date, str]] = ()


@dataclass(frozen=True, kw_only=True)
class PolicyDraft:
    """A policy. targets: clock to priority (or "any") to seconds."""

    name: str
    calendar_id: int
    organization_id: str | None = None
    category: str | None = None
    priorities: Sequence[str] = ()
    severities: Sequence[str] = ()
    sort_order: int = 100
    pauses: Sequence[str] = ("pending",)
    warn_percent: int | None = 75
    is_active: bool = True
    targets: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


def check_calendar(draft: CalendarDraft) -> list[list[list[int]]]:
    """The week in minutes, Monday first. Raises BadCalendar, which says what is wrong."""
    if not draft.name.strip() or len(draft.name) > NAME_MAX:
        raise BadCalendar(f"A calendar needs a name of at most {NAME_MAX} characters.")
    if draft.zone not in available_timezones():
        raise BadCalendar("No such time zone; one is written as in Asia/Almaty.")
    if unknown := sorted(set(draft.hours) - set(DAYS)):
        raise BadCalendar(f"Not a day of the week: {', '.join(unknown)[:100]}.")
    if len(draft.holidays) > HOLIDAYS_MAX:
        raise BadCalendar(f"A calendar has {HOLIDAYS_MAX:,} days of its own at most.")
    week = [_day(day, draft.hours.get(day, ())) for day in DAYS]
    if not draft.always and not any(week):
        raise BadCalendar("It is never open; give it hours on a day, or let it be open always.")
    return week


def _day(day: str, spans: Sequence[Sequence[str]]) -> list[list[int]]:
    if len(spans) > SPANS_MAX:
        raise BadCalendar(f"A day has {SPANS_MAX} spans at most: {day}.")
    minutes = sorted([_minutes(day, first), _minutes(day, last)] for first, last in spans)
    before = 0
    for first, last in minutes:
        if not first < last:
            raise BadCalendar(f"Opening hours end after they begin: {day}.")
        if first < before:
            raise BadCalendar(f"Opening hours lie beside each other, not in each other: {day}.")
        before = last
    return minutes


def _minutes(day: str, word: str) -> int:
    if not _TIME.fullmatch(word.strip()):
        raise BadCalendar(f"A time is written as in 09:30, the end of a day as 24:00: {day}.")
    hours, minutes = word.strip().split(":")
    return min(int(hours) * 60 + int(minutes), MINUTES_A_DAY)


def render_week(week: Sequence[Sequence[Sequence[int]]]) -> dict[str, list[list[str]]]:
    """The week as a draft says it."""
    return {
        day: [[_clock(first), _clock(last)] for first, last in spans]
        for day, spans in zip(DAYS, week, strict=True)
    }


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def check_policy(draft: PolicyDraft) -> dict[tuple[str, str], int]:
    """The targets by clock and priority. Raises BadPolicy, which says what is wrong."""
    if not draft.name.strip() or len(draft.name) > NAME_MAX:
        raise BadPolicy(f"A policy needs a name of at most {NAME_MAX} characters.")
    _among("priority", draft.priorities, PRIORITIES)
    _among("severity", draft.severities, SEVERITIES)
    _among("status to stand still in", draft.pauses, sorted(ACTIVE))
    if draft.warn_percent is not None and not 1 <= draft.warn_percent <= 99:
        raise BadPolicy("A warning comes after 1 to 99 percent of the target.")
    _among("clock", list(draft.targets), CLOCKS)
    found: dict[tuple[str, str], int] = {}
    for clock, by_priority in draft.targets.items():
        _among("priority", list(by_priority), ("any", *PRIORITIES))
        for priority, seconds in by_priority.items():
            if not SECONDS_MIN <= seconds <= SECONDS_MAX:
                raise BadPolicy("A target lies between a minute and a year of working time.")
            found[clock, ANY if priority == "any" else priority] = seconds
    return found


def _among(what: str, words: Sequence[str], known: Sequence[str]) -> None:
    if any(word not in known for word in words):
        raise BadPolicy(f"No such {what}; there are {', '.join(known)}.")
