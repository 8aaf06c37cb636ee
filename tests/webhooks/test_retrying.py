"""What an answer means, as a table; when it is tried again, and for how long."""

from datetime import UTC, datetime, timedelta

import pytest

from ticketyard.webhooks.retrying import GIVE_UP_AFTER, Try, judge, rest_after

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


def _judge(tried: Try, attempts: int = 1, chance: float = 0.5, queued: datetime = NOW) -> tuple:
    found = judge(tried, attempts=attempts, queued_at=queued, now=NOW, chance=lambda: chance)
    return found.state, (found.ready_at - NOW).total_seconds()


@pytest.mark.parametrize(
    ("tried", "state"),
    [
        (Try(status=200), "delivered"), (Try(status=204), "delivered"), (Try(status=299), "delivered"),
        (Try(status=199), "waiting"), (Try(status=300), "waiting"), (Try(status=302), "waiting"),
        (Try(status=400), "waiting"), (Try(status=404), "waiting"), (Try(status=429), "waiting"),
        (Try(status=500), "waiting"), (Try(status=503), "waiting"),
        (Try(problem="Time-out"), "waiting"),
        (Try(status=410), "failed"), (Try(problem="refused", is_final=True), "failed"),
    ],
)  # fmt: skip
def test_only_a_2xx_is_taken_and_only_410_is_final(tried: Try, state: str) -> None:
    assert _judge(tried)[0] == state
    assert (tried.reason is None) == (state == "delivered")


def test_the_waits_grow_to_three_days_and_then_it_is_given_up() -> None:
    at, waits, attempts = NOW, [], 0
    while attempts < 50:
        attempts += 1
        found = judge(Try(status=500), attempts=attempts, queued_at=NOW, now=at, chance=lambda: 0.5)
        if found.state == "failed":
            break
        waits.append((found.ready_at - at).total_seconds())
        at = found.ready_at
    assert waits == [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]
    assert timedelta(hours=75) < at - NOW == GIVE_UP_AFTER < timedelta(hours=76)


def test_they_do_not_all_come_back_at_once() -> None:
    assert _judge(Try(status=500), attempts=2, chance=0)[1] == pytest.approx(270)
    assert _judge(Try(status=500), attempts=2, chance=1)[1] == pytest.approx(330)


def test_many_quick_tries_do_not_use_it_up() -> None:
    """An endpoint that flaps is tried more often than the schedule says; time counts, not tries."""
    assert _judge(Try(status=500), attempts=40)[0] == "waiting"
    assert _judge(Try(status=500), attempts=40, queued=NOW - GIVE_UP_AFTER)[0] == "failed"


def test_who_fails_rests_longer_and_five_minutes_at_most() -> None:
    assert [rest_after(n).total_seconds() for n in (1, 2, 3, 7, 50)] == [5, 10, 20, 300, 300]
