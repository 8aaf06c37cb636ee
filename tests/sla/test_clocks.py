"""The edges of clocks, by hand."""

from datetime import UTC, datetime, timedelta

import pytest

from ticketyard.sla.clocks import Clock, History, Kind, Moment, run_clocks
from ticketyard.sla.policies import ALWAYS, ANY, Labels, Policy, RuleBook, Rules

OPENED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOUR = 3600


def at(seconds: float) -> datetime:
    """So long after the opening."""
    return OPENED + timedelta(seconds=seconds)


def policy(number: int, seconds: int, **given: object) -> Policy:
    """Promises all three in so many seconds."""
    clocks = ("first_response", "next_response", "resolution")
    targets = {(clock, ANY): seconds for clock in clocks}
    return Policy(id=number, name=f"P{number}", calendar_id=1, targets=targets, **given)  # type: ignore[arg-type]


def rules(*policies: Policy, since: float = -HOUR, number: int = 1) -> Rules:
    """A page of rules."""
    return Rules(number, at(since), policies, {1: ALWAYS})


def play(
    *moments: Moment, now: float, book: tuple[Rules, ...] = (), labels: Labels | None = None
) -> dict[tuple[str, int], Clock]:
    """The clocks of a ticket that is opened at nine."""
    history = History(OPENED, "open", labels or Labels(), moments)
    pages = book or (rules(policy(1, HOUR)),)
    return {
        (each.clock, each.cycle): each for each in run_clocks(history, RuleBook(pages), at(now))
    }


def on(seconds: float, kind: Kind, **given: object) -> Moment:
    """Something that happened."""
    return Moment(at(seconds), kind, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("stopped", "state", "breached"),
    [(HOUR - 1, "met", False), (HOUR, "met", False), (HOUR + 0.99, "met", False), (HOUR + 1, "missed", True)],
)  # fmt: skip
def test_the_second_it_is_due_is_in_time(stopped: float, state: str, breached: bool) -> None:
    clock = play(on(stopped, "responded"), now=9 * HOUR)["first_response", 1]

    assert (clock.state, clock.breached, clock.due_at) == (state, breached, at(HOUR))


@pytest.mark.parametrize(
    ("now", "breached"), [(HOUR, False), (HOUR + 0.5, False), (HOUR + 1, True)]
)
def test_a_running_clock_is_broken_a_second_after_its_due(now: float, breached: bool) -> None:
    assert play(now=now)["resolution", 1].breached is breached


def test_a_warning_is_rounded_up_to_the_second() -> None:
    clock = play(now=1, book=(rules(policy(1, 61, warn_percent=50)),))["resolution", 1]

    assert clock.warn_at == at(31)


def test_resolution_goes_on_where_it_stood() -> None:
    clocks = play(
        on(600, "status", status="resolved"),
        on(5000, "status", status="in_progress"),
        now=5300,
    )

    assert clocks["resolution", 1].elapsed == 900
    assert clocks["resolution", 1].due_at == at(5000 + HOUR - 600)
    assert [each.state for each in clocks["resolution", 1].entries] == ["running", "met", "running"]
    assert clocks["first_response", 1].state == "met"


def test_the_first_word_after_an_answer_begins_a_cycle_and_later_ones_do_not() -> None:
    clocks = play(
        on(10, "asked"),
        on(20, "responded"),
        on(30, "asked"),
        on(40, "asked"),
        on(50, "answered"),
        on(55, "answered"),
        on(60, "asked"),
        now=100,
    )

    cycles = {cycle: clock for (name, cycle), clock in clocks.items() if name == "next_response"}
    assert {cycle: clock.elapsed for cycle, clock in cycles.items()} == {1: 20, 2: 40}
    assert cycles[1].state == "met"
    assert cycles[2].state == "running"


def test_a_word_on_a_finished_ticket_begins_a_cycle_when_it_is_taken_up_again() -> None:
    ways = (on(10, "responded"), on(20, "status", status="resolved"), on(30, "asked"))

    assert ("next_response", 1) not in play(*ways, now=100)
    clock = play(*ways, on(40, "status", status="open"), now=100)["next_response", 1]
    assert (clock.started_at, clock.elapsed) == (at(40), 60)


def test_what_a_resolved_ticket_was_asked_before_is_answered() -> None:
    clocks = play(
        on(10, "responded"),
        on(20, "asked"),
        on(30, "status", status="resolved"),
        on(40, "status", status="open"),
        now=100,
    )

    assert clocks["next_response", 1].state == "met"
    assert ("next_response", 2) not in clocks


@pytest.mark.parametrize(("merged", "state"), [(HOUR, "cancelled"), (HOUR + 1, "missed")])
def test_a_merged_ticket_is_called_off_but_what_was_broken_stays(merged: float, state: str) -> None:
    clocks = play(on(merged, "merged"), on(merged + 5, "asked"), now=9 * HOUR)

    assert {clock.state for clock in clocks.values()} == {state}
    assert len(clocks) == 2


def test_another_target_holds_for_what_runs_and_not_for_what_stopped() -> None:
    book = (rules(policy(1, HOUR)), rules(policy(1, 60), since=200, number=2))
    clocks = play(on(100, "responded"), now=300, book=book)

    assert (clocks["first_response", 1].state, clocks["first_response", 1].target) == ("met", HOUR)
    assert clocks["resolution", 1].due_at == at(60)
    assert clocks["resolution", 1].breached


def test_a_stop_in_the_second_of_a_change_is_judged_by_the_new_rules() -> None:
    book = (rules(policy(1, HOUR)), rules(policy(1, 60), since=200, number=2))

    assert play(on(199, "responded"), now=300, book=book)["first_response", 1].state == "met"
    assert play(on(200, "responded"), now=300, book=book)["first_response", 1].state == "missed"


def test_pauses_are_those_of_their_time() -> None:
    waits, goes_on = policy(1, HOUR), policy(1, HOUR, pauses=frozenset())
    book = (rules(waits), rules(goes_on, since=200, number=2))
    clock = play(on(100, "status", status="pending"), now=300, book=book)["resolution", 1]

    assert [(each.at, each.state) for each in clock.entries] == [
        (at(0), "running"), (at(100), "paused"), (at(200), "running"),
    ]  # fmt: skip
    assert clock.elapsed == 200


def test_a_clock_that_stands_still_is_not_due_unless_it_was_before() -> None:
    assert play(on(100, "status", status="pending"), now=200)["resolution", 1].due_at is None
    late = play(on(HOUR + 5, "status", status="pending"), now=2 * HOUR)["resolution", 1]
    assert (late.due_at, late.breached, late.state) == (at(HOUR), True, "paused")


def test_what_stands_still_from_the_second_it_is_due_is_late_a_second_after() -> None:
    pending = on(HOUR, "status", status="pending")

    for now, breached in ((HOUR, False), (HOUR + 1, True)):
        clock = play(pending, now=now)["resolution", 1]
        assert (clock.due_at, clock.breached) == (at(HOUR), breached)


def test_the_most_specific_policy_is_in_force() -> None:
    by = {
        "organisation": policy(5, 1000, organization_id="acme", sort_order=9),
        "category": policy(4, 2000, category="vpn", sort_order=8),
        "priority": policy(3, 3000, priorities=frozenset({"high"}), sort_order=7),
        "severity": policy(2, 4000, severities=frozenset({"info"}), sort_order=6),
        "all": policy(1, 5000, sort_order=0),
    }
    page = rules(*by.values())
    for labels, wanted in (
        (Labels("high", "info", "vpn", "acme"), "organisation"),
        (Labels("high", "info", "vpn", "other"), "category"),
        (Labels("high", "info", "mail", None), "severity"),
        (Labels("high", "low"), "priority"),
        (Labels("low", "info"), "severity"),
        (Labels("low"), "all"),
    ):
        assert page.policy_for(labels) is by[wanted], labels


def test_the_target_of_a_priority_comes_before_that_of_all() -> None:
    one = Policy(1, "P", 1, targets={("resolution", ANY): 100, ("resolution", "high"): 50})

    assert one.target("resolution", "high") == 50
    assert one.target("resolution", "low") == 100
    assert one.target("first_response", "low") is None


def test_time_never_goes_back() -> None:
    """Of two transactions that waited for each other, the later one may have begun first."""
    clock = play(on(100, "status", status="pending"), on(90, "status", status="open"), now=150)[
        "resolution", 1
    ]

    assert [each.at for each in clock.entries] == [at(0), at(100), at(100)]
    assert clock.elapsed == 150
