"""The engine against an oracle that looks at every minute. TICKETYARD_SLA_ORACLE=100000 is the long form
(`make sla-oracle`)."""

import os
from datetime import datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sla.histories import DAY, PLACES, calendars, cases
from tests.sla.oracle import WINDOW_DAYS, Expected, Oracle, open_minutes, open_seconds
from ticketyard.sla.calendars import due_after, is_open, worked
from ticketyard.sla.clocks import Clock, History, run_clocks
from ticketyard.sla.policies import RuleBook

EXAMPLES = int(os.environ.get("TICKETYARD_SLA_ORACLE", "400"))
# What comes later than this the oracle does not see.
SEEN_DAYS = WINDOW_DAYS - 2

thoroughly = settings(
    max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
briefly = settings(
    max_examples=EXAMPLES // 5, deadline=None, database=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


def _told(clock: Clock, end_of_sight: datetime) -> Expected:
    due = clock.due_at if clock.due_at and clock.due_at < end_of_sight else None
    return Expected(
        clock.clock, clock.cycle, clock.state, clock.started_at, clock.target, clock.elapsed, due,
        clock.breached,
    )  # fmt: skip


def _seen(expected: Expected, end_of_sight: datetime) -> Expected:
    due = expected.due_at if expected.due_at and expected.due_at < end_of_sight else None
    return Expected(**{**expected.__dict__, "due_at": due})


@given(cases())
@thoroughly
def test_clocks_are_what_looking_at_every_minute_says(
    case: tuple[History, RuleBook, datetime, datetime],
) -> None:
    history, book, now, begin = case
    end = begin + timedelta(days=SEEN_DAYS)

    told = [_told(each, end) for each in run_clocks(history, book, now)]

    assert told == [_seen(each, end) for each in Oracle(history, book, now, begin).expected()]


@given(cases())
@briefly
def test_what_was_once_in_the_ledger_stays(
    case: tuple[History, RuleBook, datetime, datetime],
) -> None:
    """Append-only: what happens later adds entries and changes none."""
    history, book, now, _ = case
    after = {(each.clock, each.cycle): each.entries for each in run_clocks(history, book, now)}

    for n in range(len(history.moments)):
        known = History(history.opened_at, history.status, history.labels, history.moments[:n])
        then = history.moments[n].at
        if then == (known.moments[-1].at if n else history.opened_at):
            continue
        for clock in run_clocks(known, book, then - timedelta(seconds=1)):
            entries = after[clock.clock, clock.cycle]
            assert entries[: len(clock.entries)] == clock.entries


@given(st.data())
@briefly
def test_working_time_is_what_looking_at_every_minute_says(data: st.DataObject) -> None:
    zone, begin = data.draw(st.sampled_from(PLACES))
    calendar = data.draw(calendars(zone, begin))
    start = begin + timedelta(seconds=data.draw(st.integers(0, 20 * DAY)))
    end = start + timedelta(seconds=data.draw(st.integers(0, 20 * DAY)))
    seconds = data.draw(st.integers(1, 30 * 3600))
    first, last = (int((each - begin).total_seconds()) for each in (start, end))
    counted = int(open_seconds(calendar, begin, [(first, last)]).sum())

    assert worked(calendar, start, end) == counted
    due = due_after(calendar, start, seconds)
    if due is not None:
        assert worked(calendar, start, due) == seconds
        assert worked(calendar, start, due - timedelta(seconds=1)) == seconds - 1
    assert is_open(calendar, end) == bool(open_minutes(calendar, begin)[last // 60])
