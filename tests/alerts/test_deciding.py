"""What becomes of an alert, case by case."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketyard.alerts.deciding import (
    CHANGES_KEPT,
    Around,
    Known,
    Rules,
    changes_with,
    covers,
    decide_ending,
    decide_firing,
    decide_recovery,
    flaps,
    storm_is_over,
)
from ticketyard.tickets.lifecycle import STATUSES

NOW = datetime(2025, 12, 15, 12, tzinfo=UTC)
RULES = Rules(reopen_seconds=600)
FIRES = Known(state="firing", ticket_status="assigned")


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("around", "way"),
    [
        (Around(), "open"),
        (Around(incident_ticket_id=3), "incident"),
        (Around(storm_id=1), "storm"),
        (Around(is_storming=True), "start_storm"),
        (Around(window_id=1), "suppress"),
        # A window is stronger than a storm, a storm that goes on than an incident, and that than
        # the beginning of one.
        (Around(window_id=1, storm_id=1, incident_ticket_id=3), "suppress"),
        (Around(storm_id=1, incident_ticket_id=3), "storm"),
        (Around(is_storming=True, incident_ticket_id=3), "incident"),
    ],
)
def test_a_new_alert_goes_where_its_surroundings_say(around: Around, way: str) -> None:
    assert decide_firing(None, around, RULES, now=NOW) == way


@pytest.mark.parametrize(
    ("known", "way"),
    [
        ({"state": "firing", "ticket_status": "open"}, "repeat"),
        ({"state": "firing", "ticket_status": "pending"}, "repeat"),
        ({"state": "suppressed"}, "repeat"),
        # A person finished it while it fires: quiet for a while, then heard again.
        ({"state": "firing", "ticket_status": "resolved", "finished_at": ago(600)}, "repeat"),
        ({"state": "firing", "ticket_status": "resolved", "finished_at": ago(601)}, "reopen"),
        ({"state": "firing", "ticket_status": "closed", "finished_at": ago(600)}, "repeat"),
        ({"state": "firing", "ticket_status": "closed", "finished_at": ago(601)}, "open"),
        ({"state": "firing", "ticket_status": "false_positive", "finished_at": ago(9999)},
         "repeat"),
        # An event happened once, whatever became of its ticket.
        ({"state": "firing", "ticket_status": "closed", "finished_at": ago(9999),
          "is_event": True}, "repeat"),
        ({"state": "firing", "ticket_status": "resolved", "finished_at": ago(9999),
          "is_event": True}, "repeat"),
        # Its ticket is gone.
        ({"state": "firing"}, "open"),
        # It had recovered.
        ({"state": "recovered", "ticket_status": "resolved", "recovered_at": ago(600)}, "reopen"),
        ({"state": "recovered", "ticket_status": "resolved", "recovered_at": ago(601)}, "open"),
        ({"state": "recovered", "ticket_status": "in_progress", "recovered_at": ago(600)},
         "again"),
        ({"state": "recovered", "ticket_status": "in_progress", "recovered_at": ago(601)},
         "open"),
        ({"state": "recovered", "ticket_status": "closed", "recovered_at": ago(1)}, "open"),
        ({"state": "recovered", "ticket_status": "false_positive", "recovered_at": ago(1)},
         "open"),
        ({"state": "recovered", "recovered_at": ago(1)}, "open"),
        ({"state": "recovered", "ticket_status": "closed", "recovered_at": ago(9999),
          "flapping": True}, "again"),
    ],
)  # fmt: skip
def test_a_known_alert_goes_on_or_begins_anew(known: dict[str, Any], way: str) -> None:
    assert decide_firing(Known(**known), Around(), RULES, now=NOW) == way


@pytest.mark.parametrize(
    ("known", "way"),
    [
        ({"state": "firing", "ticket_status": "open"}, "repeat"),
        ({"state": "suppressed"}, "repeat"),
        ({"state": "firing", "ticket_status": "resolved", "finished_at": ago(1)}, "repeat"),
        ({"state": "firing", "ticket_status": "resolved", "finished_at": ago(601)}, "suppress"),
        ({"state": "recovered", "ticket_status": "resolved", "recovered_at": ago(1)}, "suppress"),
        ({"state": "recovered", "ticket_status": "open", "recovered_at": ago(1)}, "suppress"),
        ({"state": "recovered", "ticket_status": "open", "recovered_at": ago(-1)}, "late"),
    ],
)
def test_a_window_holds_back_all_but_repeats(known: dict[str, Any], way: str) -> None:
    around = Around(window_id=1)
    assert decide_firing(Known(**known), around, RULES, now=NOW, started_at=NOW) == way


@pytest.mark.parametrize(
    ("began", "way"),
    [(ago(61), "late"), (ago(60), "reopen"), (ago(1), "reopen"), (None, "reopen")],
)
def test_what_began_before_the_end_that_is_known_is_late(began: datetime | None, way: str) -> None:
    known = Known(state="recovered", ticket_status="resolved", recovered_at=ago(60))
    for told in ({"started_at": began}, {"occurred_at": began}):
        assert decide_firing(known, Around(), RULES, now=NOW, **told) == way
    both = {"started_at": began or ago(5), "occurred_at": ago(99)}
    assert decide_firing(known, Around(), RULES, now=NOW, **both) == way


@pytest.mark.parametrize(
    ("known", "occurred_at", "way"),
    [
        (None, None, "unknown"),
        (FIRES, None, "recover"),
        (Known(state="suppressed"), None, "recover"),
        (Known(state="recovered", ticket_status="resolved"), None, "late"),
        (Known(state="firing", started_at=ago(60)), ago(61), "late"),
        (Known(state="firing", started_at=ago(60)), ago(60), "recover"),
        (Known(state="firing", started_at=ago(60)), None, "recover"),
    ],
)
def test_an_end_is_one_of_what_fires(
    known: Known | None, occurred_at: datetime | None, way: str
) -> None:
    assert decide_recovery(known, occurred_at=occurred_at) == way


ENDING: dict[str, Any] = {
    "ticket_status": "assigned",
    "is_touched": False,
    "is_latched": False,
    "is_flapping": False,
    "others_fire": False,
    "rules": RULES,
}


@pytest.mark.parametrize(
    ("changed", "ending"),
    [
        ({}, "resolve"),
        ({"is_touched": True}, "comment"),
        ({"rules": Rules(recovery_resolves=False)}, "comment"),
        ({"is_latched": True}, "comment"),
        ({"is_latched": True, "is_touched": True}, "resolve"),
        ({"is_flapping": True}, "nothing"),
        ({"others_fire": True}, "nothing"),
        ({"ticket_status": "resolved"}, "nothing"),
        ({"ticket_status": "closed"}, "nothing"),
        ({"ticket_status": "false_positive"}, "nothing"),
        ({"ticket_status": None}, "nothing"),
        ({"ticket_status": "pending"}, "resolve"),
    ],
)
def test_an_end_resolves_what_no_person_touched(changed: dict[str, Any], ending: str) -> None:
    assert decide_ending(**{**ENDING, **changed}) == ending


FLAPPY = Rules(flap_start=4, flap_stop=2, flap_seconds=100)


@pytest.mark.parametrize(
    ("changes", "did", "does"),
    [
        ([90, 60, 30], False, False),
        ([90, 60, 30, 0], False, True),
        ([100, 60, 30, 0], False, False),
        # Once it flaps, it goes on until it is much calmer.
        ([90, 60, 30], True, True),
        ([90, 60], True, False),
        ([], True, False),
    ],
)
def test_flapping_begins_at_many_changes_and_ends_at_few(
    changes: list[int], did: bool, does: bool
) -> None:
    assert flaps([ago(each) for each in changes], NOW, FLAPPY, did=did) is does


def test_only_the_last_changes_are_kept() -> None:
    changes = [ago(n / 10) for n in range(100, 0, -1)]
    kept = changes_with(changes, NOW, FLAPPY)
    assert len(kept) == CHANGES_KEPT
    assert kept[-1] == NOW
    assert changes_with([ago(101), ago(99)], NOW, FLAPPY) == [ago(99), NOW]


@pytest.mark.parametrize(("new", "over"), [(10, False), (5, False), (4, True), (0, True)])
def test_a_storm_is_over_at_less_than_half_of_what_makes_one(new: int, over: bool) -> None:
    assert storm_is_over(new, Rules(storm_alerts=10)) is over
    assert storm_is_over(new, Rules(storm_alerts=0)) is True


@pytest.mark.parametrize(
    ("window", "is_covered"),
    [
        ({}, True),
        ({"provider_ids": ["p"]}, True),
        ({"provider_ids": ["q"]}, False),
        ({"camera_ids": [0, 5]}, True),
        ({"camera_ids": [5]}, False),
        ({"labels": {"site": "north"}}, True),
        ({"labels": {"site": "south"}}, False),
        ({"labels": {"site": "north", "floor": "2"}}, False),
        ({"provider_ids": ["p"], "camera_ids": [5], "labels": {"site": "north"}}, False),
    ],
)
def test_a_window_covers_what_all_of_it_holds_for(window: dict[str, Any], is_covered: bool) -> None:
    said: dict[str, Any] = {"provider_ids": [], "camera_ids": [], "labels": {}, **window}
    told = {"provider_id": "p", "camera_id": 0, "told_labels": {"site": "north"}}
    assert covers(**said, **told) is is_covered


@given(
    state=st.sampled_from(["firing", "suppressed", "recovered"]),
    status=st.sampled_from([None, *STATUSES]),
    flags=st.tuples(st.booleans(), st.booleans(), st.booleans()),
    ages=st.tuples(st.integers(0, 2000), st.integers(0, 2000), st.integers(0, 2000)),
)
def test_nobody_hears_twice_of_what_is_being_worked_on(
    state: Any, status: str | None, flags: tuple[bool, bool, bool], ages: tuple[int, int, int]
) -> None:
    is_event, flapping, storming = flags
    known = Known(
        state=state,
        ticket_status=status,
        is_event=is_event,
        flapping=flapping,
        finished_at=ago(ages[0]),
        recovered_at=ago(ages[1]) if state == "recovered" else None,
    )
    way = decide_firing(
        known, Around(is_storming=storming), RULES, now=NOW, started_at=ago(ages[2])
    )
    if state == "suppressed" or (state == "firing" and known.is_worked_on):
        assert way == "repeat"
    if way == "reopen":
        assert status == "resolved"
    if way == "again":
        assert state == "recovered"
