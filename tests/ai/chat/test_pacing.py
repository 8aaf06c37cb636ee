from ticketyard.ai.chat.breaker import Breaker
from ticketyard.ai.chat.pace import Pace


def failing(breaker: Breaker, times: int, at: float = 0.0) -> Breaker:
    for _ in range(times):
        breaker.fail(at)
    return breaker


def test_it_opens_after_failures_in_a_row_and_not_before() -> None:
    breaker = failing(Breaker(opens_after=3, rest_seconds=10), 2)
    assert breaker.begin(0.0) == 0.0
    breaker.fail(0.0)
    assert breaker.begin(0.0) == 10.0
    assert breaker.begin(9.0) == 1.0


def test_one_success_forgets_the_failures_before_it() -> None:
    breaker = failing(Breaker(opens_after=3), 2)
    breaker.succeed()
    assert failing(breaker, 2).begin(0.0) == 0.0


def test_after_the_rest_one_alone_tries_and_its_success_lets_all_in() -> None:
    breaker = failing(Breaker(opens_after=1, rest_seconds=10), 1)
    assert breaker.begin(10.0) == 0.0
    assert breaker.begin(10.0) > 0.0
    breaker.succeed()
    assert [breaker.begin(10.0) for _ in range(3)] == [0.0, 0.0, 0.0]


def test_a_failed_trial_doubles_the_rest_up_to_the_longest() -> None:
    breaker = failing(Breaker(opens_after=2, rest_seconds=10, longest_rest_seconds=35), 2)
    now, rests = 0.0, []
    for _ in range(4):
        rest = breaker.wait(now)
        rests.append(rest)
        now += rest
        assert breaker.begin(now) == 0.0
        breaker.fail(now)
    assert rests == [10.0, 20.0, 35.0, 35.0]


def test_a_trial_that_is_given_up_lets_the_next_one_try() -> None:
    breaker = failing(Breaker(opens_after=1, rest_seconds=10), 1)
    assert breaker.begin(10.0) == 0.0
    breaker.drop()
    assert breaker.begin(10.0) == 0.0


def test_a_server_that_asks_for_a_pause_gets_it_at_once() -> None:
    breaker = Breaker(opens_after=5, rest_seconds=1, longest_rest_seconds=600)
    breaker.fail(0.0, rest=60)
    assert breaker.wait(0.0) == 60.0
    breaker.fail(0.0, rest=10_000)
    assert breaker.wait(0.0) == 600.0


def test_no_minute_holds_more_requests_than_allowed() -> None:
    pace = Pace(3)
    assert [pace.take(at) for at in (0.0, 10.0, 20.0)] == [0.0, 0.0, 0.0]
    assert pace.take(30.0) == 30.0
    assert pace.take(60.0) == 0.0
    assert pace.take(61.0) == 9.0


def test_without_a_limit_nobody_waits() -> None:
    pace = Pace(0)
    assert not any(pace.take(0.0) for _ in range(1000))
