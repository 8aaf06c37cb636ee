"""Pure: when a ticket wants to be looked at, in a word."""

from typing import Final, Literal

UrgencyLevel = Literal["immediate", "same_day", "next_day", "scheduled"]

_FROM: Final[tuple[tuple[int, UrgencyLevel], ...]] = (
    (9, "immediate"),
    (6, "same_day"),
    (4, "next_day"),
)


def level_of(urgency: int) -> UrgencyLevel:
    """The level an urgency of 1 to 10 stands for (contracts 1.6)."""
    return next((level for lowest, level in _FROM if urgency >= lowest), "scheduled")
