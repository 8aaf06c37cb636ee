"""Pure: opening hours, and working time counted inside them to the second.

A calendar is open at an instant if and only if the wall clock of its zone then stands inside one of
the day's spans and the day is no holiday. So an hour that comes twice counts twice, and one that is
left out never counts. Instants are counted by the whole second they lie in.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import accumulate

from ticketyard.sla.offsets import offset_pieces, year_begin

MINUTES_A_DAY = 1440
# A calendar that is hardly ever open is not followed for ever.
HORIZON_YEARS = 30
_DAY = 86_400

Spans = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Calendar:
    """When a desk works. week: Monday first, each day's spans in minutes of the wall clock, from
    the first one to before the last (0 to 1440), in order and apart.

    always: open around the clock; zone, week and holidays then only say how times are shown.
    """

    zone: str = "UTC"
    week: tuple[Spans, ...] = ((),) * 7
    holidays: frozenset[date] = frozenset()
    always: bool = False
    name: str = ""

    @cached_property
    def years(self) -> dict[int, "OpenYear"]:
        """What was worked out so far of each year in UTC."""
        return {}

    def year(self, year: int) -> "OpenYear":
        """When it is open in a year."""
        found = self.years.get(year)
        if found is None:
            found = self.years[year] = _open_year(self, year)
        return found


@dataclass(frozen=True)
class OpenYear:
    """When a calendar is open in one year in UTC. sums: seconds open before each span begins."""

    begins: list[int]
    ends: list[int]
    sums: list[int]
    total: int

    def before(self, at: int) -> int:
        """Seconds open in this year before an instant of it."""
        index = bisect_right(self.begins, at) - 1
        if index < 0:
            return 0
        return self.sums[index] + min(at, self.ends[index]) - self.begins[index]

    def reaching(self, seconds: int) -> int:
        """The first instant before which so many seconds were open; 0 < seconds <= total."""
        index = bisect_right(self.sums, seconds - 1) - 1
        return self.begins[index] + seconds - self.sums[index]


def worked(calendar: Calendar, start: datetime, end: datetime) -> int:
    """Seconds that the calendar is open in [start, end); none when end does not come after start."""
    first, last = epoch(start), epoch(end)
    if last <= first:
        return 0
    if calendar.always:
        return last - first
    year, final = start.astimezone(UTC).year, end.astimezone(UTC).year
    seconds = calendar.year(final).before(last) - calendar.year(year).before(first)
    return seconds + sum(calendar.year(each).total for each in range(year, final))


def due_after(calendar: Calendar, start: datetime, seconds: int) -> datetime | None:
    """The first instant at which `seconds` of working time have passed since `start`.

    None when the calendar is not open for so long within the next thirty years. No seconds to wait
    are over at once, also while it is closed.
    """
    first = epoch(start)
    if seconds <= 0:
        return instant(first)
    if calendar.always:
        return _safe_instant(first + seconds)
    year = start.astimezone(UTC).year
    wanted = seconds + calendar.year(year).before(first)
    for each in range(year, min(year + HORIZON_YEARS, 9_998)):
        open_year = calendar.year(each)
        if wanted <= open_year.total:
            return instant(open_year.reaching(wanted))
        wanted -= open_year.total
    return None


def is_open(calendar: Calendar, at: datetime) -> bool:
    """Whether it is open at this instant."""
    return calendar.always or worked(calendar, at, at + timedelta(seconds=1)) == 1


def epoch(at: datetime) -> int:
    """The whole second an instant lies in, since 1970."""
    return int((at - _EPOCH) // _SECOND)


def instant(seconds: int) -> datetime:
    """The instant so many seconds since 1970, in UTC."""
    return _EPOCH + timedelta(seconds=seconds)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)


def _safe_instant(seconds: int) -> datetime | None:
    return instant(seconds) if seconds < year_begin(9_998) else None


def _open_year(calendar: Calendar, year: int) -> OpenYear:
    spans = list(_joined(_open_spans(calendar, year)))
    begins, ends = [begin for begin, _ in spans], [end for _, end in spans]
    *sums, total = accumulate((end - begin for begin, end in spans), initial=0)
    return OpenYear(begins, ends, sums, total)


def _open_spans(calendar: Calendar, year: int) -> Iterator[tuple[int, int]]:
    """Piece of constant offset by piece: in each, the wall clock is UTC moved by the offset."""
    for begin, end, offset in offset_pieces(calendar.zone, year):
        for day in range((begin + offset) // _DAY, (end - 1 + offset) // _DAY + 1):
            midnight = day * _DAY - offset
            for first, last in _spans_of(calendar, day):
                opens, closes = max(begin, midnight + first * 60), min(end, midnight + last * 60)
                if opens < closes:
                    yield opens, closes


def _spans_of(calendar: Calendar, day: int) -> Spans:
    """The spans of a local day, counted since 1970, which began on a Thursday."""
    spans = calendar.week[(day + 3) % 7]
    if spans and date.fromordinal(_EPOCH.toordinal() + day) in calendar.holidays:
        return ()
    return spans


def _joined(spans: Iterator[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The same, with those that touch made one."""
    last: tuple[int, int] | None = None
    for begin, end in spans:
        if last is not None and begin == last[1]:
            last = (last[0], end)
            continue
        if last is not None:
            yield last
        last = (begin, end)
    if last is not None:
        yield last


def open_spans(
    calendar: Calendar, start: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """The pieces of [start, end) in which it is open, in order."""
    first, last = epoch(start), epoch(end)
    if calendar.always:
        if first < last:
            yield instant(first), instant(last)
        return
    for year in range(start.astimezone(UTC).year, end.astimezone(UTC).year + 1):
        known = calendar.year(year)
        begin = max(0, bisect_right(known.begins, first) - 1)
        for opens, closes in zip(known.begins[begin:], known.ends[begin:], strict=True):
            if opens >= last:
                return
            if closes > first:
                yield instant(max(opens, first)), instant(min(closes, last))
