"""What is measured, each defined once: in words for whoever reads it, in SQL for whoever counts. Pure."""

from dataclasses import dataclass
from typing import Final, Literal

Unit = Literal["tickets", "average", "seconds", "share"]
Facts = Literal["opened", "finished", "moves", "standing"]


@dataclass(frozen=True)
class Measure:
    """One figure. sql: an aggregate over the rows of `facts`, whose columns counting.py makes.

    unit: tickets are whole ones, an average of them is not; seconds are of the calendar on the wall,
    shares are between 0 and 1.
    """

    key: str
    name: str
    words: str
    unit: Unit
    facts: Facts
    sql: str


# Which rows each kind of fact is, told with every measure that counts them.
FACTS: Final[dict[Facts, str]] = {
    "opened": "tickets opened in the period, those merged into another left out",
    "finished": "tickets whose work was over for the first time in the period, those merged into another"
    " left out; kept: whether every promise that came to its end was kept, empty where there was none",
    "moves": "moves in the period by which finished work was taken up again, of tickets that were not"
    " merged into another",
    "standing": "moves into work (+1) and out of it (-1) from the first day to the end of the period, of"
    " tickets that were not merged into another; share: how much of the period was still to come then"
    " (1 for what was before it)",
}

_RESPONSE = "extract(epoch from first_response_at - created_at)"
_RESOLUTION = "extract(epoch from resolved_at - created_at)"

MEASURES: Final[tuple[Measure, ...]] = (
    Measure(
        "opened",
        "Opened",
        "Tickets opened in the period. One that was merged into another is no ticket of its own here, nor"
        " in any other figure.",
        "tickets",
        "opened",
        "count(*)",
    ),
    Measure(
        "resolved",
        "Resolved",
        "Tickets that became resolved, closed or a false positive for the first time in the period,"
        " whenever they were opened.",
        "tickets",
        "finished",
        "count(*)",
    ),
    Measure(
        "backlog",
        "Backlog",
        "Tickets that were open, assigned, in progress or pending when the period ended.",
        "tickets",
        "standing",
        "sum(delta)",
    ),
    Measure(
        "load",
        "Load",
        "How many tickets were in work on average over the period, around the clock and up to now: one"
        " that was in work for half of it counts half. Of an agent or a team: what they had in hand.",
        "average",
        "standing",
        "sum(delta * share)",
    ),
    Measure(
        "first_response_median",
        "First response, median",
        "Half of the tickets opened in the period that were answered had their first response"
        " within this time, around the clock.",
        "seconds",
        "opened",
        f"percentile_cont(0.5) within group (order by {_RESPONSE})"
        " filter (where first_response_at is not null)",
    ),
    Measure(
        "first_response_p90",
        "First response, 9 of 10",
        "Nine of ten of them had it within this time.",
        "seconds",
        "opened",
        f"percentile_cont(0.9) within group (order by {_RESPONSE})"
        " filter (where first_response_at is not null)",
    ),
    Measure(
        "unanswered",
        "Unanswered",
        "Tickets opened in the period that are still in work and had no response yet.",
        "tickets",
        "opened",
        "count(*) filter (where first_response_at is null and resolved_at is null)",
    ),
    Measure(
        "resolution_median",
        "Resolution, median",
        "Half of the tickets resolved in the period took at most this time from opening, around"
        " the clock.",
        "seconds",
        "finished",
        f"percentile_cont(0.5) within group (order by {_RESOLUTION})",
    ),
    Measure(
        "resolution_p90",
        "Resolution, 9 of 10",
        "Nine of ten of them took at most this time.",
        "seconds",
        "finished",
        f"percentile_cont(0.9) within group (order by {_RESOLUTION})",
    ),
    Measure(
        "sla_kept",
        "SLA kept",
        "Of the tickets resolved in the period to which something was promised that came to its end, the"
        " share whose every such promise was kept. Tickets without a promise are not among them.",
        "share",
        "finished",
        "avg(kept::integer)",
    ),
    Measure(
        "reopened",
        "Reopened",
        "Moves in the period from resolved, closed or false positive back into work.",
        "tickets",
        "moves",
        "count(*)",
    ),
)

# Of two others: counted together or not at all.
REOPEN_RATE: Final = Measure(
    "reopen_rate",
    "Reopen rate",
    "Reopened by resolved: how often finished work came back. Above 1 where tickets came back more"
    " often than any were finished.",
    "share",
    "moves",
    "reopened / resolved",
)

ALL: Final[tuple[Measure, ...]] = (*MEASURES, REOPEN_RATE)


def rate(part: float | None, whole: float | None) -> float | None:
    """The quotient, or None where there is nothing to divide by."""
    return (part or 0) / whole if whole else None
