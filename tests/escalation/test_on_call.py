"""Whose turn it is."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketyard.escalation.on_call import Rota, Shift, on_call, turn_at, turns_from

# Three take turns of a week in Copenhagen, from a Monday at nine.
MINUTE = timedelta(minutes=1)
ROTA = Rota(zone="Europe/Copenhagen", people=(1, 2, 3), starts_on=date(2026, 1, 5))


def utc(
    year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0
) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "person"),
    [
        (utc(2026, 1, 5, 7, 59), None),
        (utc(2026, 1, 5, 8), 1),
        (utc(2026, 1, 12, 7, 59), 1),
        (utc(2026, 1, 12, 8), 2),
        (utc(2026, 1, 26, 8), 1),
        # In summer nine o'clock comes an hour earlier.
        (utc(2026, 3, 30, 6, 59), 3),
        (utc(2026, 3, 30, 7), 1),
    ],
)
def test_turns_change_at_the_wall_clocks_hour(at: datetime, person: int | None) -> None:
    assert on_call(ROTA, [], at) == person


def test_who_stands_in_goes_before_and_the_latest_of_them_counts() -> None:
    noon = utc(2026, 1, 6, 12)
    long = Shift(7, noon, noon + timedelta(hours=9))
    short = Shift(8, noon + timedelta(hours=1), noon + timedelta(hours=2))

    found = [
        on_call(ROTA, [short, long], noon + timedelta(hours=each)) for each in (-1, 0, 1, 2, 9)
    ]
    assert found == [1, 7, 8, 7, 1]


def test_without_turns_shifts_alone_say_who() -> None:
    rota = Rota(zone="UTC", people=(), starts_on=date(2026, 1, 5))
    noon = utc(2026, 1, 6, 12)

    assert on_call(rota, [], noon) is None
    assert on_call(rota, [Shift(7, noon, noon + timedelta(hours=1))], noon) == 7
    assert turns_from(rota, noon, 3) == []


@given(
    at=st.integers(1, 5_000 * 1440).map(lambda minutes: utc(2026, 1, 6) + minutes * MINUTE),
    days=st.integers(1, 90),
    minute=st.integers(0, 1439),
    zone=st.sampled_from(["UTC", "Europe/Copenhagen", "America/New_York", "Australia/Lord_Howe"]),
)
def test_turns_follow_one_another_without_gaps(
    at: datetime, days: int, minute: int, zone: str
) -> None:
    rota = Rota(
        zone=zone, people=(1, 2, 3), starts_on=date(2026, 1, 4), hands_over_at=minute, days=days
    )
    turn = turn_at(rota, at)

    assert turn is not None
    assert turn.starts_at <= at < turn.ends_at
    following = turn_at(rota, turn.ends_at)
    assert following is not None
    assert following.starts_at == turn.ends_at
    assert following.person_id == turn.person_id % 3 + 1
