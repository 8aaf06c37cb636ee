"""When a report leaves."""

from datetime import UTC, datetime

import pytest

from ticketyard.insights.reports.scheduling import LATE_MAX, Every, departures, next_departure

# A Thursday.
NOW = datetime(2026, 10, 1, 6, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("every", "hour", "zone", "leaves"),
    [
        ("day", 7, "UTC", datetime(2026, 10, 1, 7, tzinfo=UTC)),
        ("day", 6, "UTC", datetime(2026, 10, 2, 6, tzinfo=UTC)),
        ("day", 7, "Asia/Almaty", datetime(2026, 10, 2, 2, tzinfo=UTC)),
        ("week", 7, "UTC", datetime(2026, 10, 5, 7, tzinfo=UTC)),
        ("month", 7, "UTC", datetime(2026, 10, 1, 7, tzinfo=UTC)),
        ("month", 6, "UTC", datetime(2026, 11, 1, 6, tzinfo=UTC)),
    ],
)
def test_it_leaves_at_the_next_such_hour(
    every: Every, hour: int, zone: str, leaves: datetime
) -> None:
    assert next_departure(every, hour, after=NOW, zone=zone) == leaves


@pytest.mark.parametrize(
    ("before", "leaves"),
    [
        # Two o'clock is skipped in spring, and comes twice in autumn.
        (datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 3, 29, 1, tzinfo=UTC)),
        (datetime(2026, 10, 24, 12, tzinfo=UTC), datetime(2026, 10, 25, 0, tzinfo=UTC)),
        (datetime(2026, 10, 25, 0, tzinfo=UTC), datetime(2026, 10, 26, 1, tzinfo=UTC)),
    ],
)
def test_once_a_day_whatever_the_clock_does(before: datetime, leaves: datetime) -> None:
    found = next_departure("day", 2, after=before, zone="Europe/Copenhagen")

    assert found == leaves


def test_what_was_missed_is_made_up_for_up_to_a_week_of_days() -> None:
    first = datetime(2026, 10, 1, 7, tzinfo=UTC)
    days = [datetime(2026, 10, day, 7, tzinfo=UTC) for day in range(1, 11)]

    def due(now: datetime) -> list[datetime]:
        return departures("day", 7, first=first, now=now, zone="UTC")

    assert due(first) == days[:1]
    assert due(days[2]) == days[:3]
    assert due(datetime(2026, 10, 10, 12, tzinfo=UTC)) == days[-LATE_MAX:]
