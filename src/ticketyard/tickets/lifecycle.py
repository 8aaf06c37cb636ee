"""The statuses, the priorities, and what each allows. Pure.

Source: contracts 2.3, which is docs/contracts.md.
"""

from typing import Final

STATUSES: Final = (
    "open",
    "assigned",
    "in_progress",
    "pending",
    "resolved",
    "closed",
    "false_positive",
)
ACTIVE: Final = frozenset({"open", "assigned", "in_progress", "pending"})
PRIORITIES: Final = ("low", "medium", "high", "urgent", "critical")
SEVERITIES: Final = ("info", "low", "medium", "high", "critical")

_NEXT: Final[dict[str, tuple[str, ...]]] = {
    "open": ("assigned", "in_progress", "pending", "resolved", "false_positive"),
    "assigned": ("in_progress", "open", "pending", "resolved", "false_positive"),
    "in_progress": ("resolved", "assigned", "pending", "false_positive"),
    "pending": ("in_progress", "assigned", "open", "resolved", "false_positive"),
    "resolved": ("closed", "in_progress"),
    "false_positive": ("closed", "open"),
    "closed": (),
}


def allowed_next(status: str) -> tuple[str, ...]:
    """The statuses that may follow, the usual one first. KeyError for a word that is no status."""
    return _NEXT[status]


def may_follow(before: str, after: str) -> bool:
    """Whether `after` may follow on `before`. The same status again is no change, and allowed."""
    return after == before or after in _NEXT[before]


def can_be_assigned(status: str) -> bool:
    """Whether a ticket in this status can be given to an agent."""
    return status in ACTIVE


def status_when_assigned(status: str) -> str:
    """What giving the ticket to an agent makes of its status: open becomes assigned."""
    return "assigned" if status == "open" else status


def status_when_released(status: str) -> str:
    """What taking the ticket from its agent makes of its status: assigned becomes open."""
    return "open" if status == "assigned" else status


def is_first_response(before: str, after: str) -> bool:
    """Whether this change of status is an answer to whoever asked: any move off open."""
    return before == "open" and after != "open"


def status_when_requester_replies(status: str, *, has_assignee: bool) -> str:
    """What a reply of the requester makes of the status.

    Finished work is taken up again, a closed ticket included (contracts 3.6); what waited for the
    requester waits no longer. The desk's own moves follow `may_follow` instead.
    """
    if status in ("resolved", "closed"):
        return "in_progress"
    if status == "pending":
        return "in_progress" if has_assignee else "open"
    return "open" if status == "false_positive" else status


def is_finished(status: str) -> bool:
    """Whether the work is over: resolved, closed or a false positive."""
    return status not in ACTIVE


def can_take_in(survivor: str, merged: str) -> bool:
    """Whether a ticket in the one status may take in one in the other: work that is not over must
    not vanish in a ticket where it is."""
    return survivor in ACTIVE or merged not in ACTIVE
