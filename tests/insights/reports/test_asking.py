"""Which days a report covers."""

from datetime import UTC, date, datetime

import pytest

from ticketyard.insights.reports.asking import BadPeriod, Preset, midnight, period_of

# A Thursday, already Friday in Almaty.
NOW = datetime(2026, 10, 1, 21, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("preset", "first", "last"),
    [
        ("last_day", date(2026, 9, 30), date(2026, 9, 30)),
        ("last_week", date(2026, 9, 21), date(2026, 9, 27)),
        ("last_month", date(2026, 9, 1), date(2026, 9, 30)),
        ("this_month", date(2026, 10, 1), date(2026, 10, 1)),
        ("7d", date(2026, 9, 25), date(2026, 10, 1)),
        ("30d", date(2026, 9, 2), date(2026, 10, 1)),
        (None, date(2026, 9, 2), date(2026, 10, 1)),
    ],
)
def test_presets(preset: Preset | None, first: date, last: date) -> None:
    found = period_of(first=None, last=None, preset=preset, now=NOW, zone="UTC")

    assert (found.first, found.last) == (first, last)


def test_today_is_the_companys_today() -> None:
    found = period_of(first=None, last=None, preset="last_day", now=NOW, zone="Asia/Almaty")

    assert found.last == date(2026, 10, 1)


def test_a_day_has_as_many_hours_as_it_has_there() -> None:
    day = date(2026, 10, 25)  # The clocks go back in Copenhagen.
    found = period_of(first=day, last=day, now=NOW, zone="Europe/Copenhagen")

    assert (found.until - found.since).total_seconds() == 25 * 3600
    assert midnight(day, "Europe/Copenhagen") == datetime(2026, 10, 24, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2026, 10, 2), date(2026, 10, 1)),
        (date(2023, 9, 29), date(2026, 10, 1)),
        (date(1989, 12, 31), date(1990, 1, 1)),
        (date(2200, 1, 1), date(2200, 1, 2)),
        (None, date.min),
        (date.max, None),
    ],
)
def test_what_is_no_period_is_refused(first: date | None, last: date | None) -> None:
    with pytest.raises(BadPeriod):
        period_of(first=first, last=last, now=NOW, zone="UTC")


def test_the_longest_period_is_allowed() -> None:
    assert period_of(first=date(2023, 9, 30), last=date(2026, 10, 1), now=NOW, zone="UTC")
