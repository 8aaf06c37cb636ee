"""Pure: the ways in which two tickets belong together, and how each reads from either side."""

from dataclasses import dataclass
from typing import Final

from ticketyard.tickets.errors import BadField

# kind as stored -> (seen from the first ticket, seen from the other)
_SIDES: Final = {
    "relates": ("relates", "relates"),
    "blocks": ("blocks", "blocked_by"),
    "duplicates": ("duplicates", "duplicated_by"),
    "parent": ("parent", "child"),
    "follows": ("follows", "followed_by"),
}
SEEN: Final = tuple(dict.fromkeys(side for sides in _SIDES.values() for side in sides))
# Where a circle would contradict itself.
ONE_WAY: Final = frozenset({"blocks", "duplicates", "parent", "follows"})


@dataclass(frozen=True)
class Direction:
    """A link as it is kept: from which ticket to which."""

    ticket_id: int
    other_id: int
    kind: str


def stored(ticket_id: int, other_id: int, seen: str) -> Direction:
    """How to keep what reads `seen` from `ticket_id`. Raises BadField for a word that is none.

    seen: relates, blocks, blocked_by, duplicates, duplicated_by, parent (this one is the parent of
    the other), child, follows or followed_by.
    """
    for kind, (first, second) in _SIDES.items():
        if seen == first == second:
            return Direction(min(ticket_id, other_id), max(ticket_id, other_id), kind)
        if seen == first:
            return Direction(ticket_id, other_id, kind)
        if seen == second:
            return Direction(other_id, ticket_id, kind)
    raise BadField(f"No such link; there are {', '.join(SEEN)}.")


def seen_from(link: Direction, ticket_id: int) -> str:
    """How a kept link reads from one of its two tickets."""
    first, second = _SIDES[link.kind]
    return first if link.ticket_id == ticket_id else second
