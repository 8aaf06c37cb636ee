"""What clocks should say, worked out the slow way: every minute of some weeks is looked at by itself.

It shares nothing with the engine but the shapes of question and answer. Whether a minute is open is
asked of the zone's wall clock in that minute; what a clock did is said of each piece of time between
two happenings, not by playing them onto a tape.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from ticketyard.sla.calendars import Calendar
from ticketyard.sla.clocks import History, Moment
from ticketyard.sla.policies import Labels, RuleBook, Rules

WINDOW_DAYS = 46
FINISHED = ("resolved", "closed", "false_positive")


@dataclass(frozen=True)
class Expected:
    """What a clock should say."""

    clock: str
    cycle: int
    state: str
    started_at: datetime
    target: int | None
    elapsed: int
    due_at: datetime | None
    breached: bool


@lru_cache(maxsize=200)
def _walls(zone: str, begin: datetime) -> tuple[NDArray[np.int64], ...]:
    """Of every minute of the window in UTC: weekday, minute of the day and date on the wall."""
    there = ZoneInfo(zone)
    walls = [(begin + timedelta(minutes=n)).astimezone(there) for n in range(WINDOW_DAYS * 24 * 60)]
    return (
        np.array([each.weekday() for each in walls]),
        np.array([each.hour * 60 + each.minute for each in walls]),
        np.array([each.date().toordinal() for each in walls]),
    )


@lru_cache(maxsize=64)
def open_minutes(calendar: Calendar, begin: datetime) -> NDArray[np.bool_]:
    """Of every minute of the window, whether the calendar is open in it."""
    weekday, minute, day = _walls(calendar.zone, begin)
    if calendar.always:
        return np.ones(len(minute), dtype=bool)
    is_open = np.zeros(len(minute), dtype=bool)
    for number, spans in enumerate(calendar.week):
        for first, last in spans:
            is_open |= (weekday == number) & (minute >= first) & (minute < last)
    free = np.array([each.toordinal() for each in calendar.holidays], dtype=np.int64)
    return is_open & ~np.isin(day, free)


def open_seconds(
    calendar: Calendar, begin: datetime, pieces: list[tuple[int, int]]
) -> NDArray[np.int64]:
    """Minute by minute, how many seconds of it lie in these pieces while the calendar is open."""
    seconds = np.zeros(WINDOW_DAYS * 1440, dtype=np.int64)
    for first, last in pieces:
        for minute in {first // 60, last // 60}:
            seconds[minute] += max(0, min(last, minute * 60 + 60) - max(first, minute * 60))
        seconds[first // 60 + 1 : last // 60] += 60
    return seconds * open_minutes(calendar, begin)


class Oracle:
    """One history, looked at from the window's beginning."""

    def __init__(self, history: History, book: RuleBook, now: datetime, begin: datetime) -> None:
        self.begin = begin
        self.book = book
        self.now = self._second(now)
        opened = Moment(history.opened_at, "status", status=history.status, labels=history.labels)
        self.moments = [opened, *self._with_rules(history)]
        self.times = [self._second(each.at) for each in self.moments]
        merged = [n for n, each in enumerate(self.moments) if each.kind == "merged"]
        self.merged = merged[0] if merged else None
        last = self.merged if self.merged is not None else len(self.moments)
        self.count = last
        self.stop = self.times[last] if self.merged is not None else self.now

    def expected(self) -> list[Expected]:
        """Every clock."""
        first_finish = self._first(lambda n: self._finished(n))
        first_response = self._first(lambda n: self.moments[n].kind == "responded")
        ends = [each for each in (first_finish, first_response) if each is not None]
        found = [self._clock("first_response", 1, 0, min(ends, default=None))]
        found += [self._clock("next_response", n, *each) for n, each in enumerate(self._asks(), 1)]
        last = self.count - 1
        done = None
        if self._finished(last):
            done = last
            while done and self._finished(done - 1):
                done -= 1
        return [*found, self._clock("resolution", 1, 0, done)]

    # -- what happened ---------------------------------------------------------------------------

    def _with_rules(self, history: History) -> list[Moment]:
        rules = [Moment(each.since, "rules") for each in self.book.pages[1:]]
        rules = [each for each in rules if history.opened_at < each.at]
        told = [(each.at, 0, n, each) for n, each in enumerate(history.moments)]
        told += [(each.at, 1, n, each) for n, each in enumerate(rules)]
        return [each for _, _, _, each in sorted(told, key=lambda one: one[:3])]

    def _second(self, at: datetime) -> int:
        return int((at - self.begin).total_seconds())

    def _first(self, holds: object) -> int | None:
        return next((n for n in range(self.count) if holds(n)), None)  # type: ignore[operator]

    def _status(self, n: int) -> str:
        return next(
            each.status for each in reversed(self.moments[: n + 1]) if each.kind == "status"
        )

    def _labels(self, n: int) -> Labels:
        return next(each.labels for each in reversed(self.moments[: n + 1]) if each.labels)

    def _finished(self, n: int) -> bool:
        return self._status(n) in FINISHED

    def _page(self, second: int) -> Rules:
        known = [each for each in self.book.pages if self._second(each.since) <= second]
        return known[-1] if known else self.book.pages[0]

    def _asks(self) -> list[tuple[int, int | None]]:
        """Where each cycle of next response begins and ends: indexes of moments."""
        cycles: list[tuple[int, int | None]] = []
        waiting_from: int | None = None
        answered_once = False
        asked = False
        for n in range(self.count):
            kind, done = self.moments[n].kind, self._finished(n)
            finishing = kind == "status" and done and (n == 0 or not self._finished(n - 1))
            if kind == "asked" and answered_once:
                asked = True
            if kind == "answered" or finishing:
                asked = False
            if kind == "responded" or finishing:
                answered_once = True
            if asked and not done and waiting_from is None:
                waiting_from = n
            if not asked and waiting_from is not None:
                cycles.append((waiting_from, n))
                waiting_from = None
        return [*cycles, (waiting_from, None)] if waiting_from is not None else cycles

    # -- one clock -------------------------------------------------------------------------------

    def _clock(self, name: str, cycle: int, start: int, end: int | None) -> Expected:
        """From one moment to another; without an end, to now or to where it was merged away."""
        judged_at = self.times[end] if end is not None else self.stop
        index = end if end is not None else self.count - 1
        labels, page = self._labels(index), self._page(judged_at)
        policy = page.policy_for(labels)
        calendar = page.calendars[policy.calendar_id] if policy else Calendar(always=True)
        target = policy.target(name, labels.priority) if policy else None
        # What is opened with its work done runs for no time at all.
        pieces = self._running(start, end, judged_at) or [(judged_at, judged_at)] * (end == start)
        seconds = open_seconds(calendar, self.begin, pieces)
        running = end is None and self.merged is None and not self._stands_still(self.count - 1)
        due = self._due(
            calendar, pieces, target, judged_at, always=not self._stands_still_at(index, end)
        )
        breached = due is not None and judged_at > self._second(due)
        if end is not None:
            state = "missed" if breached else "met"
        elif self.merged is not None:
            state = "missed" if breached else "cancelled"
        else:
            state = "running" if running else "paused"
        return Expected(
            name,
            cycle,
            state,
            self._at(self.times[start]),
            target,
            int(seconds.sum()),
            due,
            breached,
        )

    def _stands_still_at(self, index: int, end: int | None) -> bool:
        """Whether it stood still just before it stopped, or stands still now."""
        return self._stands_still(index - 1 if end is not None and index > 0 else index)

    def _stands_still(self, n: int) -> bool:
        policy = self._page(self.times[n]).policy_for(self._labels(n))
        return bool(policy and self._status(n) in policy.pauses)

    def _running(self, start: int, end: int | None, judged_at: int) -> list[tuple[int, int]]:
        """The pieces of time in which the clock ran."""
        found = []
        last = end if end is not None else self.count
        for n in range(start, last):
            until = self.times[n + 1] if n + 1 < self.count else judged_at
            until = min(until, judged_at)
            if not self._finished(n) and not self._stands_still(n):
                found.append((self.times[n], max(until, self.times[n])))
        return found

    def _due(
        self,
        calendar: Calendar,
        pieces: list[tuple[int, int]],
        target: int | None,
        judged_at: int,
        *,
        always: bool,
    ) -> datetime | None:
        """The first second before which the target had counted; a clock that did not stand still
        would have gone on."""
        if target is None or not pieces:
            return None
        if always:
            pieces = [*pieces[:-1], (pieces[-1][0], WINDOW_DAYS * 86400 - 60)]
        counted = open_seconds(calendar, self.begin, pieces).cumsum()
        minute = int(np.searchsorted(counted, target))
        if minute == len(counted):
            return None
        left = target - (int(counted[minute - 1]) if minute else 0)
        for second in range(minute * 60, minute * 60 + 60):
            left -= any(begin <= second < end for begin, end in pieces)
            if left == 0:
                return self._at(second + 1)
        raise AssertionError("a minute has sixty seconds")

    def _at(self, second: int) -> datetime:
        return self.begin + timedelta(seconds=second)


def monday(year: int, month: int, day: int) -> datetime:
    """A window's beginning."""
    return datetime.combine(date(year, month, day), datetime.min.time(), UTC)
