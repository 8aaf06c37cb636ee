"""Say of every clock of a ticket why it stands where it stands, to the second."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import now_of
from ticketyard.sla.calendars import Calendar, open_spans, worked
from ticketyard.sla.clocks import Clock, State, run_clocks
from ticketyard.sla.histories import read_histories
from ticketyard.sla.rule_book import read_book
from ticketyard.sla.telling import lasting

# A clock that ran for a year shows its last weeks; the sums are of all.
SPANS_MAX = 60


@dataclass(frozen=True)
class Interval:
    """A time in which a clock ran or stood still. counted: its seconds of working time; spans: where
    they lie, at most sixty of them."""

    begin: datetime
    end: datetime
    state: State
    why: str
    counted: int
    spans: Sequence[tuple[datetime, datetime]]

    @property
    def seconds(self) -> int:
        """How long it was on the wall."""
        return int((self.end - self.begin).total_seconds())


async def read_clocks(session: AsyncSession, ticket_id: int) -> list[Clock]:
    """The clocks of a ticket as they stand now, from its history: nothing late is shown."""
    book = await read_book(session)
    histories = await read_histories(session, [ticket_id])
    return run_clocks(histories[ticket_id], book, now_of(session)) if histories else []


def intervals_of(clock: Clock, now: datetime) -> list[Interval]:
    """What a clock did from its beginning to its end or to now; without what lasted no second."""
    ends = [each.at for each in clock.entries[1:]]
    if clock.is_live:
        ends.append(max(now.replace(microsecond=0), clock.entries[-1].at))
    return [
        _interval(entry.at, end, entry.state, entry.why, clock.calendar)
        for entry, end in zip(clock.entries, ends, strict=False)
        if end > entry.at
    ]


def sentence_of(clock: Clock, now: datetime) -> str:
    """The clock in a sentence or two."""
    intervals = intervals_of(clock, now)
    paused = sum(each.seconds for each in intervals if each.state == "paused")
    told = f"{lasting(clock.elapsed)} of working time"
    if clock.target is None:
        return f"Nothing is promised here; {told} so far."
    told = f"{told} of {lasting(clock.target)} ({_where(clock)})"
    if paused:
        told += f", not counting {lasting(paused)} for which it stood still"
    return f"{told}. {_verdict(clock)}"


def _where(clock: Clock) -> str:
    policy = clock.policy.name if clock.policy else ""
    hours = clock.calendar.name or "its calendar"
    return (
        f"policy {policy}, {hours}"
        if clock.calendar.always
        else (f"policy {policy}, {hours}, {clock.calendar.zone}")
    )


def _verdict(clock: Clock) -> str:
    if clock.state == "cancelled":
        return "It was called off."
    if clock.state == "met":
        return "It was kept."
    if clock.breached:
        return "It was broken."
    return "It stands still." if clock.state == "paused" else "It runs."


def _interval(
    begin: datetime, end: datetime, state: State, why: str, calendar: Calendar
) -> Interval:
    if state != "running":
        return Interval(begin, end, state, why, 0, ())
    spans = tuple(islice(open_spans(calendar, begin, end), SPANS_MAX))
    return Interval(begin, end, state, why, worked(calendar, begin, end), spans)
