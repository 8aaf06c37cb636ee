import itertools

import pytest

from ticketyard.tickets.lifecycle import (
    ACTIVE,
    STATUSES,
    allowed_next,
    can_be_assigned,
    is_finished,
    is_first_response,
    may_follow,
    status_when_assigned,
    status_when_released,
    status_when_requester_replies,
)

# Contracts 2.3 and design 4, written down a second time on purpose.
ALLOWED = {
    "open": {"assigned", "in_progress", "pending", "resolved", "false_positive"},
    "assigned": {"open", "in_progress", "pending", "resolved", "false_positive"},
    "in_progress": {"assigned", "pending", "resolved", "false_positive"},
    "pending": {"open", "assigned", "in_progress", "resolved", "false_positive"},
    "resolved": {"closed", "in_progress"},
    "false_positive": {"closed", "open"},
    "closed": set(),
}


@pytest.mark.parametrize(("before", "after"), list(itertools.product(STATUSES, repeat=2)))
def test_every_move_is_allowed_or_not_as_written(before: str, after: str) -> None:
    assert may_follow(before, after) == (before == after or after in ALLOWED[before])
    assert (after in allowed_next(before)) == (after in ALLOWED[before])


@pytest.mark.parametrize("status", STATUSES)
def test_only_tickets_in_work_can_be_given_to_somebody(status: str) -> None:
    assert can_be_assigned(status) == (status in ACTIVE)
    assert is_finished(status) == (status not in ACTIVE)


@pytest.mark.parametrize(
    ("status", "when_assigned", "when_released"),
    [
        ("open", "assigned", "open"),
        ("assigned", "assigned", "open"),
        ("in_progress", "in_progress", "in_progress"),
        ("pending", "pending", "pending"),
    ],
)
def test_giving_and_taking_moves_only_between_open_and_assigned(
    status: str, when_assigned: str, when_released: str
) -> None:
    assert status_when_assigned(status) == when_assigned
    assert status_when_released(status) == when_released


@pytest.mark.parametrize(
    ("status", "has_assignee", "after"),
    [
        ("open", False, "open"),
        ("assigned", True, "assigned"),
        ("in_progress", True, "in_progress"),
        ("pending", True, "in_progress"),
        ("pending", False, "open"),
        ("resolved", True, "in_progress"),
        ("resolved", False, "in_progress"),
        ("closed", True, "in_progress"),
        ("false_positive", False, "open"),
    ],
)
def test_a_requesters_reply_takes_up_what_was_finished_or_waited(
    status: str, has_assignee: bool, after: str
) -> None:
    assert status_when_requester_replies(status, has_assignee=has_assignee) == after


def test_any_move_off_open_is_a_first_response() -> None:
    assert [after for after in STATUSES if is_first_response("open", after)] == list(STATUSES[1:])
    assert not is_first_response("assigned", "in_progress")
