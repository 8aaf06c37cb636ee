"""Pure: the steps of a company's work, which one a ticket stands on, and which comes next.

Source: spec document 4, whose steps are the default ones; docs/decisions/0093.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ticketyard.tickets.errors import BadField
from ticketyard.tickets.labels import clean
from ticketyard.tickets.lifecycle import STATUSES, is_finished, may_follow

STEPS_MAX: Final = 20
NAME_MAX: Final = 60


@dataclass(frozen=True)
class Step:
    """One step: what the company calls it, and the status a ticket on it has."""

    name: str
    status: str


DEFAULT: Final = (
    Step("Open", "open"),
    Step("Assign to Team", "open"),
    Step("Assign to Member", "assigned"),
    Step("In Progress", "in_progress"),
    Step("Done", "resolved"),
)
# Where a status has no step of its own: beside which other it is shown.
_NEAR: Final[Mapping[str, tuple[str, ...]]] = {
    "open": (),
    "assigned": ("in_progress", "open"),
    "in_progress": ("assigned", "open"),
    "pending": ("in_progress", "assigned", "open"),
    "resolved": ("closed",),
    "closed": ("resolved",),
    "false_positive": ("closed", "resolved"),
}


def checked_steps(given: Sequence[tuple[str, str]]) -> tuple[Step, ...]:
    """The steps, their names in one form. Raises BadField.

    The first stands for open, for there new tickets begin; one at least for work that is over.
    """
    steps = tuple(Step(" ".join(clean(name).split()), status) for name, status in given)
    if not 2 <= len(steps) <= STEPS_MAX:
        raise BadField(f"A company works in 2 to {STEPS_MAX} steps.")
    for step in steps:
        if not step.name or len(step.name) > NAME_MAX:
            raise BadField(f"The name of a step has 1 to {NAME_MAX} characters.")
        if step.status not in STATUSES:
            raise BadField(f"No such status; there are {', '.join(STATUSES)}.")
    if len({step.name.casefold() for step in steps}) < len(steps):
        raise BadField("Each step has a name of its own.")
    if steps[0].status != "open":
        raise BadField("The first step stands for open: new tickets begin there.")
    if not any(is_finished(step.status) for step in steps):
        raise BadField("One step must stand for work that is over: resolved or closed.")
    return steps


def step_of(steps: Sequence[Step], status: str, marked: str | None) -> Step:
    """The step a ticket stands on: the one it was moved to while its status fits, else the first of
    its status, else the nearest."""
    for wanted in (status, *_NEAR[status]):
        fitting = [step for step in steps if step.status == wanted]
        for step in fitting:
            if wanted == status and step.name == marked:
                return step
        if fitting:
            return fitting[0]
    return steps[-1] if is_finished(status) else steps[0]


def next_step(steps: Sequence[Step], here: Step) -> Step | None:
    """The step after this one; None after the last."""
    index = steps.index(here) + 1
    return steps[index] if index < len(steps) else None


def can_move(status: str, to: Step) -> bool:
    """Whether a ticket in this status may go to that step."""
    return may_follow(status, to.status)


def statuses_shown_on(steps: Sequence[Step], step: Step) -> list[str]:
    """The statuses whose tickets may stand on this step, its own among them."""
    return [
        status
        for status in STATUSES
        if status == step.status or step_of(steps, status, None) == step
    ]
