"""The edges of working time, by hand."""

from datetime import UTC, date, datetime

import pytest

from ticketyard.sla.calendars import Calendar, due_after, epoch, is_open, open_spans, worked
from ticketyard.sla.offsets import offset_pieces

DAY = ((540, 720), (780, 1020))
BERLIN = Calendar("Europe/Berlin", (DAY,) * 5 + ((), ()), frozenset({date(2026, 5, 1)}))
NIGHT = Calendar("Europe/Berlin", (((0, 360), (1320, 1440)),) * 7)
ALWAYS = Calendar(always=True)
NEVER = Calendar()
HOUR = 3600


def at(text: str) -> datetime:
    """An instant of 2026 in UTC: 03-27 15:00:00."""
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("calendar", "start", "seconds", "due"),
    [
        # Berlin is an hour ahead of UTC in winter, two in summer.
        (BERLIN, "01-12 08:00:00", 3 * HOUR, "01-12 11:00:00"),
        (BERLIN, "01-12 08:00:00", 3 * HOUR + 1, "01-12 12:00:01"),
        (BERLIN, "01-12 08:00:00", 7 * HOUR, "01-12 16:00:00"),
        (BERLIN, "01-12 08:00:00", 7 * HOUR + 1, "01-13 08:00:01"),
        (BERLIN, "01-12 11:30:00", 1, "01-12 12:00:01"),
        (BERLIN, "01-16 16:00:00", 1, "01-19 08:00:01"),
        (BERLIN, "01-16 15:59:59", 1, "01-16 16:00:00"),
        (BERLIN, "03-27 15:00:00", 2 * HOUR, "03-30 08:00:00"),
        (BERLIN, "04-30 14:00:00", 2 * HOUR, "05-04 08:00:00"),
        (BERLIN, "12-31 15:00:00", HOUR, "12-31 16:00:00"),
        (BERLIN, "12-31 15:00:00", 2 * HOUR, None),
        # The night the clocks go forward is an hour short, the one they go back an hour long.
        (NIGHT, "03-28 21:00:00", 7 * HOUR, "03-29 04:00:00"),
        (NIGHT, "10-24 20:00:00", 9 * HOUR, "10-25 05:00:00"),
        (ALWAYS, "01-12 08:00:00", 100 * HOUR, "01-16 12:00:00"),
        (NEVER, "01-12 08:00:00", 1, None),
        (NEVER, "01-12 08:00:00", 0, "01-12 08:00:00"),
    ],
)
def test_when_working_time_has_passed(
    calendar: Calendar, start: str, seconds: int, due: str | None
) -> None:
    found = due_after(calendar, at(start), seconds)

    if due is None and calendar is BERLIN:
        assert found == datetime(2027, 1, 1, 9, tzinfo=UTC), "over the turn of the year"
    else:
        assert found == (due and at(due))
    if found is not None:
        assert worked(calendar, at(start), found) == seconds


@pytest.mark.parametrize(
    ("calendar", "start", "end", "seconds"),
    [
        (BERLIN, "01-12 08:00:00", "01-12 08:00:00", 0),
        (BERLIN, "01-12 09:00:00", "01-12 08:00:00", 0),
        (BERLIN, "01-12 07:59:59", "01-12 08:00:01", 1),
        (BERLIN, "01-12 10:59:59", "01-12 12:00:01", 2),
        (BERLIN, "01-12 00:00:00", "01-19 00:00:00", 35 * HOUR),
        (BERLIN, "04-27 00:00:00", "05-04 00:00:00", 28 * HOUR),
        (NIGHT, "03-28 21:00:00", "03-29 04:00:00", 7 * HOUR),
        (NIGHT, "10-24 20:00:00", "10-25 05:00:00", 9 * HOUR),
        (ALWAYS, "01-01 00:00:00", "12-31 00:00:00", 364 * 24 * HOUR),
        (NEVER, "01-01 00:00:00", "12-31 00:00:00", 0),
    ],
)
def test_how_much_working_time_there_is(
    calendar: Calendar, start: str, end: str, seconds: int
) -> None:
    assert worked(calendar, at(start), at(end)) == seconds
    told = open_spans(calendar, at(start), at(end))
    assert sum(int((last - first).total_seconds()) for first, last in told) == seconds


def test_parts_of_a_second_do_not_count() -> None:
    start = at("01-12 08:00:00").replace(microsecond=999_999)

    assert worked(BERLIN, start, at("01-12 08:00:01")) == 1
    assert due_after(BERLIN, start, 1) == at("01-12 08:00:01")


def test_it_is_open_from_the_first_second_to_before_the_last() -> None:
    assert [is_open(BERLIN, at(f"01-12 {time}")) for time in ("07:59:59", "08:00:00")] == [
        False,
        True,
    ]
    assert [is_open(BERLIN, at(f"01-12 {time}")) for time in ("10:59:59", "11:00:00")] == [
        True,
        False,
    ]


def test_what_is_hardly_ever_open_is_followed_for_thirty_years() -> None:
    seldom = Calendar("UTC", (((0, 1),), *((),) * 6))

    assert due_after(seldom, at("01-05 00:00:00"), 60 * 52 * 29) is not None
    assert due_after(seldom, at("01-05 00:00:00"), 60 * 53 * 31) is None


def test_clocks_are_changed_in_the_second_they_are() -> None:
    (_, spring, _), (_, autumn, _), _ = offset_pieces("Europe/Berlin", 2026)

    assert (spring, autumn) == (epoch(at("03-29 01:00:00")), epoch(at("10-25 01:00:00")))
    assert [offset for _, _, offset in offset_pieces("UTC", 2026)] == [0]
