"""What a report is asked for: a period in the company's days, and what to count by. Pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal, get_args
from zoneinfo import ZoneInfo

from ticketyard.core.errors import Invalid

By = Literal[
    "none", "status", "priority", "source", "category", "team", "agent", "office", "company",
    "day", "week", "month",
]  # fmt: skip
Preset = Literal["7d", "30d", "90d", "this_month", "last_month", "last_week", "last_day"]

BYS: Final[tuple[By, ...]] = get_args(By)
PRESETS: Final[tuple[Preset, ...]] = get_args(Preset)
BUCKETS: Final = frozenset({"day", "week", "month"})
DAYS_MAX: Final = 366 * 3
_OLDEST: Final = date(1990, 1, 1)
_NEWEST: Final = date(2200, 1, 1)


class BadPeriod(Invalid):
    """The period ends before it begins, or is too long."""

    title = "Bad period"


@dataclass(frozen=True)
class Period:
    """From the first day to the last one, both counted, in the company's time zone."""

    first: date
    last: date
    zone: str

    @property
    def since(self) -> datetime:
        """The instant the first day begins (UTC)."""
        return midnight(self.first, self.zone)

    @property
    def until(self) -> datetime:
        """The instant after the last day ends (UTC)."""
        return midnight(self.last + timedelta(days=1), self.zone)


def midnight(day: date, zone: str) -> datetime:
    """When the day begins there, as an instant in UTC."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def period_of(
    *,
    first: date | None,
    last: date | None,
    preset: Preset | None = None,
    now: datetime,
    zone: str,
) -> Period:
    """The period that is asked for; a preset before days, the last 30 days where nothing is said.

    Raises BadPeriod.
    """
    today = now.astimezone(ZoneInfo(zone)).date()
    if preset is not None:
        return Period(*_days_of(preset, today), zone)
    last = last or max(today, first or today)
    if not _OLDEST <= last <= _NEWEST or (first and first < _OLDEST):
        raise BadPeriod("The period lies outside of the years 1990 to 2200.")
    first = first or last - timedelta(days=29)
    if first > last:
        raise BadPeriod("The period ends before it begins.")
    if (last - first).days >= DAYS_MAX:
        raise BadPeriod(f"A report covers {DAYS_MAX} days at most.")
    return Period(first, last, zone)


def _days_of(preset: Preset, today: date) -> tuple[date, date]:
    match preset:
        case "last_day":
            return today - timedelta(days=1), today - timedelta(days=1)
        case "last_week":
            monday = today - timedelta(days=today.weekday() + 7)
            return monday, monday + timedelta(days=6)
        case "last_month":
            end = today.replace(day=1) - timedelta(days=1)
            return end.replace(day=1), end
        case "this_month":
            return today.replace(day=1), today
        case "7d" | "30d" | "90d":
            return today - timedelta(days=int(preset[:-1]) - 1), today
