"""The days that a form asks for; what it cannot mean is told, and the last 30 days are shown."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ticketyard.core.errors import Refusal
from ticketyard.insights.reports.asking import Period, Preset, period_of

_DAY = TypeAdapter(date)


@dataclass(frozen=True)
class AskedDays:
    """preset: the word that was chosen, empty for days that were entered. problem: what is wrong."""

    period: Period
    preset: str
    problem: str = ""


def asked_days(
    *, preset: str, first: str, last: str, shown: str, now: datetime, zone: str
) -> AskedDays:
    """Days that somebody entered go before a word like "30 days"; those that the form showed by
    itself (`shown`) are no entry."""
    if (first or last) and f"{first},{last}" != shown:
        preset = ""
    given: dict[str, Any] = {"first": None, "last": None, "preset": None}
    try:
        if preset:
            given["preset"] = TypeAdapter(Preset).validate_python(preset)
        for name, day in (("first", first), ("last", last)):
            if day and not preset:
                given[name] = _DAY.validate_python(day)
        found = period_of(**given, now=now, zone=zone)
    except (Refusal, ValidationError) as error:
        problem = error.detail if isinstance(error, Refusal) else "That is no period of days."
        fallback = period_of(first=None, last=None, now=now, zone=zone)
        return AskedDays(fallback, "30d", problem)
    return AskedDays(found, preset or ("" if first or last else "30d"))
