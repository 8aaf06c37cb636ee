"""Pure: what a routing decision is made from, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ticketyard.routing.distances import Point

# Agents who sit nowhere in particular form a pool of their own; no office row has this id.
NO_OFFICE = 0


@dataclass(frozen=True, slots=True)
class TicketFacts:
    """What routing may know about a ticket; `point` is None when nobody could tell where."""

    id: int
    urgency: int
    segment: str = ""
    category: str = ""
    language: str = ""
    point: Point | None = None
    # The town, or why there is no point.
    place: str = ""
    # Agents it must not go to again: those who gave it back.
    avoid: tuple[int, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OfficeFacts:
    """A place where agents sit."""

    id: int
    name: str
    point: Point | None


@dataclass(frozen=True, slots=True)
class AgentFacts:
    """Someone who could take a ticket, with the load at the moment of asking."""

    id: int
    name: str
    office_id: int
    position: str
    skills: frozenset[str]
    load: int


@dataclass(frozen=True, slots=True)
class Rules:
    """What a company asks of the person who takes a ticket.

    split_office_ids: the offices that share tickets without a usable address, in turn; empty
    means all of them.  Source: docs/decisions/0041, spec document 5.
    """

    vip_segments: frozenset[str] = frozenset({"VIP", "Priority"})
    vip_skill: str = "VIP"
    position_by_category: Mapping[str, str] = field(
        default_factory=lambda: {"Смена данных": "Главный специалист"}
    )
    skill_by_language: Mapping[str, str] = field(default_factory=lambda: {"KZ": "KZ", "ENG": "ENG"})
    unassigned_categories: frozenset[str] = frozenset({"Спам"})
    unassigned_tags: frozenset[str] = frozenset({"spam"})
    split_office_ids: tuple[int, ...] = ()


PairKey = tuple[int, int, int]


def pair_key(office_id: int, one: int, other: int) -> PairKey:
    """The same for (a, b) and (b, a): two people take turns, whoever is listed first today."""
    return (office_id, min(one, other), max(one, other))


@dataclass(slots=True)
class Rotation:
    """Whose turn it was last: between the split offices, and between two agents of an office."""

    split_last: int | None = None
    pair_last: dict[PairKey, int] = field(default_factory=dict)
