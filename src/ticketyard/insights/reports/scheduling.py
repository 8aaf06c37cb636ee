"""When a report leaves by mail, and what it covers. Pure."""

from datetime import UTC, datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from ticketyard.insights.reports.asking import Preset

Every = Literal["day", "week", "month"]

PRESETS_OF: Final[dict[Every, Preset]] = {
    "day": "last_day",
    "week": "last_week",
    "month": "last_month",
}


# After a long outage no more than these are made up for.
LATE_MAX: Final = 7


def next_departure(every: Every, hour: int, *, after: datetime, zone: str) -> datetime:
    """The first instant (UTC) later than `after` at this hour of the company's clock: of any day,
    of a Monday, of a first of the month.

    An hour that the clock skips is taken an hour later, one that it repeats the first time.
    """
    there = ZoneInfo(zone)
    day = after.astimezone(there).date() - timedelta(days=1)
    while True:
        day += timedelta(days=1)
        if (every == "week" and day.weekday() != 0) or (every == "month" and day.day != 1):
            continue
        instant = datetime.combine(day, time(hour), there).astimezone(UTC)
        if instant > after:
            return instant


def departures(
    every: Every, hour: int, *, first: datetime, now: datetime, zone: str
) -> list[datetime]:
    """From the first, which is due, all that are due by now; of many the last few."""
    due = [first]
    while (another := next_departure(every, hour, after=due[-1], zone=zone)) <= now:
        due.append(another)
    return due[-LATE_MAX:]
