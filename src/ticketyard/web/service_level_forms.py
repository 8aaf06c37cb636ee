"""Policies and calendars as forms write them: lengths as in 1h 30m, hours as in 09:00-17:00."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from ticketyard.sla.drafts import DAYS, CalendarDraft, PolicyDraft
from ticketyard.sla.errors import BadCalendar, BadPolicy
from ticketyard.sla.policies import CLOCKS
from ticketyard.tickets.lifecycle import PRIORITIES

COLUMNS: Final = ("any", *reversed(PRIORITIES))
_UNITS: Final = {"d": 86_400, "h": 3_600, "m": 60, "min": 60, "s": 1}
_LENGTH = re.compile(r"(\d{1,7})\s*(d|h|min|m|s)\s*")
_SPAN = re.compile(r"(\d{1,2}:\d{2})\s*[-–]\s*(\d{1,2}:\d{2})")


@dataclass(frozen=True)
class PolicyForm:
    """What was typed, so that it can be shown again. targets: clock by clock, column by column."""

    name: str = ""
    calendar: str = ""
    organization: str = ""
    category: str = ""
    priorities: Sequence[str] = ()
    severities: Sequence[str] = ()
    order: str = "100"
    pauses: Sequence[str] = ("pending",)
    warn: str = "75"
    active: bool = True
    targets: Sequence[str] = ("",) * 18

    def draft(self) -> PolicyDraft:
        """As the verbs take it. Raises BadPolicy."""
        return PolicyDraft(
            name=self.name,
            calendar_id=_number(self.calendar, 2**31 - 1) or 0,
            organization_id=self.organization or None,
            category=self.category or None,
            priorities=self.priorities,
            severities=self.severities,
            sort_order=_number(self.order, 10_000) or 0,
            pauses=self.pauses,
            warn_percent=_number(self.warn, 99),
            is_active=self.active,
            targets=self._targets(),
        )

    def rows(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """Clock by clock, each column with what was typed."""
        width = len(COLUMNS)
        return [
            (clock, list(zip(COLUMNS, self.targets[n * width : (n + 1) * width], strict=True)))
            for n, clock in enumerate(CLOCKS)
        ]

    def _targets(self) -> dict[str, dict[str, int]]:
        if len(self.targets) != len(CLOCKS) * len(COLUMNS):
            raise BadPolicy("The form of the targets is not complete.")
        return {
            clock: {column: seconds_of(word) for column, word in row if word.strip()}
            for clock, row in self.rows()
        }


def policy_form(policy: Any, targets: Mapping[tuple[str, str], int]) -> PolicyForm:
    """A stored policy as its form."""
    return PolicyForm(
        name=policy.name,
        calendar=str(policy.calendar_id),
        organization=policy.organization_id or "",
        category=policy.category or "",
        priorities=policy.priorities,
        severities=policy.severities,
        order=str(policy.sort_order),
        pauses=policy.pauses,
        warn=str(policy.warn_percent or ""),
        active=policy.is_active,
        targets=[
            length_of(targets.get((clock, "" if column == "any" else column)))
            for clock in CLOCKS
            for column in COLUMNS
        ],
    )


@dataclass(frozen=True)
class CalendarForm:
    """What was typed. hours: Monday first; days: one a line, each a date and what it is."""

    name: str = ""
    zone: str = "UTC"
    always: bool = False
    hours: Sequence[str] = ("09:00-17:00",) * 5 + ("", "")
    country: str = ""
    subdivision: str = ""
    days: str = ""

    def draft(self) -> CalendarDraft:
        """As the verbs take it. Raises BadCalendar."""
        return CalendarDraft(
            name=self.name,
            zone=self.zone.strip(),
            always=self.always,
            hours={day: _spans(word) for day, word in zip(DAYS, self.hours, strict=False) if word},
            country=self.country,
            subdivision=self.subdivision,
            holidays=tuple(_day(line) for line in self.days.splitlines() if line.strip()),
        )


def seconds_of(word: str) -> int:
    """1h 30m is 5400. Raises BadPolicy."""
    text = word.strip().lower()
    parts = _LENGTH.findall(text)
    if not parts or _LENGTH.sub("", text):
        raise BadPolicy("A target is written as in 4h, 30m or 1h 30m; days are of 24 hours.")
    return sum(int(count) * _UNITS[unit] for count, unit in parts)


def length_of(seconds: int | None) -> str:
    """5400 is 1h 30m."""
    if seconds is None:
        return ""
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    parts = [(hours, "h"), (minutes, "m"), (rest, "s")]
    return " ".join(f"{count}{unit}" for count, unit in parts if count)


def _spans(word: str) -> list[tuple[str, str]]:
    found = _SPAN.findall(word)
    if _SPAN.sub("", word).strip(" ,;"):
        raise BadCalendar("Hours are written as in 09:00-12:30, 13:00-17:00.")
    return [(first.zfill(5), last.zfill(5)) for first, last in found]


def _day(line: str) -> tuple[date, str]:
    first, _, name = line.strip().partition(" ")
    try:
        return date.fromisoformat(first), name.strip()
    except ValueError as error:
        raise BadCalendar("A day is written as in 2026-12-24 Closed, one a line.") from error


def _number(word: str, most: int) -> int | None:
    text = word.strip()
    return min(int(text), most) if text.isascii() and text.isdigit() and len(text) < 10 else None
