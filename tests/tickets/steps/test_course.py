"""The company's own steps: on which one a ticket stands."""

import pytest

from ticketyard.tickets.errors import BadField
from ticketyard.tickets.lifecycle import STATUSES
from ticketyard.tickets.steps.course import (
    DEFAULT,
    Step,
    checked_steps,
    next_step,
    statuses_shown_on,
    step_of,
)


@pytest.mark.parametrize(
    ("status", "marked", "name"),
    [
        ("open", None, "Open"),
        ("open", "Assign to Team", "Assign to Team"),
        ("open", "In Progress", "Open"),
        ("open", "gone", "Open"),
        ("assigned", "Assign to Team", "Assign to Member"),
        ("in_progress", None, "In Progress"),
        ("pending", None, "In Progress"),
        ("resolved", None, "Done"),
        ("closed", None, "Done"),
        ("closed", "In Progress", "Done"),
        ("false_positive", None, "Done"),
    ],
)
def test_a_ticket_stands_on_one_step(status: str, marked: str | None, name: str) -> None:
    assert step_of(DEFAULT, status, marked).name == name


def test_a_company_with_two_steps_shows_every_ticket() -> None:
    steps = checked_steps([("To do", "open"), (" All   done ", "closed")])

    assert [step_of(steps, status, None).name for status in STATUSES] == [
        "To do", "To do", "To do", "To do", "All done", "All done", "All done",
    ]  # fmt: skip
    assert statuses_shown_on(steps, steps[0]) == ["open", "assigned", "in_progress", "pending"]


def test_each_step_follows_the_one_before_and_nothing_the_last() -> None:
    assert next_step(DEFAULT, DEFAULT[0]) == DEFAULT[1]
    assert next_step(DEFAULT, DEFAULT[-1]) is None


def test_a_step_shows_its_own_status_even_where_another_comes_first() -> None:
    assert statuses_shown_on(DEFAULT, Step("Assign to Team", "open")) == ["open"]


@pytest.mark.parametrize(
    "steps",
    [
        [("Open", "open")],
        [("Open", "open"), ("open ", "resolved")],
        [("Open", "open"), ("Work", "in_progress")],
        [("Work", "in_progress"), ("Done", "resolved")],
        [("Open", "open"), (" ", "resolved")],
        [("Open", "open"), ("x" * 61, "resolved")],
        [("Open", "open"), ("Done", "done")],
        [("Open", "open"), *((f"Step {n}", "resolved") for n in range(20))],
    ],
)
def test_steps_by_which_nobody_could_work_are_refused(steps: list[tuple[str, str]]) -> None:
    with pytest.raises(BadField):
        checked_steps(steps)
