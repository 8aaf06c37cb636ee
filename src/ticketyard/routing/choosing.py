"""Pure: which office and which agent a ticket goes to."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from heapq import nsmallest
from typing import Literal

from ticketyard.routing.distances import distance_km, nearest
from ticketyard.routing.facts import (
    NO_OFFICE,
    AgentFacts,
    OfficeFacts,
    Rotation,
    Rules,
    TicketFacts,
    pair_key,
)

RequirementKind = Literal["segment", "category", "language"]
OfficeBecause = Literal["nearest", "in turn", "only one", "none"]
Outcome = Literal["assigned", "not wanted", "nobody eligible"]


@dataclass(frozen=True, slots=True)
class Requirement:
    """A skill or position the agent must have, and what about the ticket asks for it."""

    kind: RequirementKind
    asked_by: str
    needs: str


@dataclass(frozen=True, slots=True)
class Decision:
    """Who takes the ticket, and each step that led there.

    visited: offices looked into, in order; the last one holds the agent when there is one.
    pair: the two least loaded who take turns, or the only eligible one.
    """

    outcome: Outcome
    requirements: tuple[Requirement, ...] = ()
    primary_office_id: int | None = None
    office_because: OfficeBecause = "none"
    distance_km: float | None = None
    visited: tuple[int, ...] = ()
    office_id: int | None = None
    agent_id: int | None = None
    load_before: int | None = None
    pair: tuple[int, ...] = ()


def choose(
    ticket: TicketFacts,
    offices: Sequence[OfficeFacts],
    agents_by_office: Mapping[int, Sequence[AgentFacts]],
    rotation: Rotation,
    rules: Rules,
) -> Decision:
    """The decision for one ticket. Changes nothing: `note_turns` moves the rotation on."""
    if unwanted_because(ticket, rules):
        return Decision("not wanted")
    requirements = requirements_of(ticket, rules)
    primary, because, km = primary_office(ticket, offices, rotation, rules)
    visited: list[int] = []
    for office_id in offices_from(primary, tuple(offices)):
        visited.append(office_id)
        eligible = [
            agent
            for agent in agents_by_office.get(office_id, ())
            if agent.id not in ticket.avoid and is_eligible(agent, requirements)
        ]
        if eligible:
            chosen, pair = pick(office_id, eligible, rotation)
            return Decision(
                "assigned",
                requirements,
                primary,
                because,
                km,
                tuple(visited),
                office_id,
                chosen.id,
                chosen.load,
                pair,
            )
    return Decision("nobody eligible", requirements, primary, because, km, tuple(visited))


def unwanted_because(ticket: TicketFacts, rules: Rules) -> str:
    """The category or tag that keeps the ticket from agents; empty where none does."""
    if is_same_word(ticket.category, rules.unassigned_categories):
        return ticket.category
    return next((tag for tag in ticket.tags if is_same_word(tag, rules.unassigned_tags)), "")


def requirements_of(ticket: TicketFacts, rules: Rules) -> tuple[Requirement, ...]:
    """What segment, category and language ask of an agent; all of them apply."""
    found: list[Requirement] = []
    if is_same_word(ticket.segment, rules.vip_segments):
        found.append(Requirement("segment", ticket.segment, rules.vip_skill))
    if position := _value_for(ticket.category, rules.position_by_category):
        found.append(Requirement("category", ticket.category, position))
    if skill := _value_for(ticket.language, rules.skill_by_language):
        found.append(Requirement("language", ticket.language, skill))
    return tuple(found)


def is_eligible(agent: AgentFacts, requirements: Iterable[Requirement]) -> bool:
    """Whether the agent has every skill and the exact position asked for; case does not matter."""
    return all(
        is_same_word(agent.position, (needed.needs,))
        if needed.kind == "category"
        else is_same_word(needed.needs, agent.skills)
        for needed in requirements
    )


def primary_office(
    ticket: TicketFacts, offices: Sequence[OfficeFacts], rotation: Rotation, rules: Rules
) -> tuple[int | None, OfficeBecause, float | None]:
    """The nearest office; without a point, the split offices in strict turn from the first on."""
    points = tuple((office.id, office.point) for office in offices if office.point)
    if ticket.point and (found := nearest(ticket.point, points)):
        return found[0], "nearest", found[1]
    known = [office.id for office in offices if office.id != NO_OFFICE]
    shared = [id_ for id_ in rules.split_office_ids if id_ in known] or sorted(known)
    if not shared:
        return (NO_OFFICE, "none", None) if offices else (None, "none", None)
    if len(shared) == 1:
        return shared[0], "only one", None
    if rotation.split_last not in shared:
        return shared[0], "in turn", None
    return shared[(shared.index(rotation.split_last) + 1) % len(shared)], "in turn", None


@lru_cache(maxsize=4_096)
def offices_from(primary_id: int | None, offices: tuple[OfficeFacts, ...]) -> tuple[int, ...]:
    """All offices, the primary one first, then by distance from it; without a point, by id.

    Those without a point of their own come after all others, people without an office last.
    """
    points = {office.id: office.point for office in offices}
    centre = points.get(primary_id) if primary_id is not None else None

    def rank(office: OfficeFacts) -> tuple[bool, bool, bool, float, int]:
        far = distance_km(centre, office.point) if centre and office.point else 0.0
        unknown = bool(centre) and office.point is None
        return (office.id != primary_id, office.id == NO_OFFICE, unknown, far, office.id)

    return tuple(office.id for office in sorted(offices, key=rank))


def pick(
    office_id: int, eligible: Sequence[AgentFacts], rotation: Rotation
) -> tuple[AgentFacts, tuple[int, ...]]:
    """One of the two least loaded (then lowest id) in turn; a new pair starts with the first."""
    pair = nsmallest(2, eligible, key=lambda agent: (agent.load, agent.id))
    ids = tuple(agent.id for agent in pair)
    if len(pair) == 2 and rotation.pair_last.get(pair_key(office_id, *ids)) == pair[0].id:
        return pair[1], ids
    return pair[0], ids


def note_turns(decision: Decision, rotation: Rotation) -> None:
    """Moves the rotation on by one decision."""
    if decision.office_because == "in turn":
        rotation.split_last = decision.primary_office_id
    if decision.agent_id is not None and decision.office_id is not None and len(decision.pair) == 2:
        rotation.pair_last[pair_key(decision.office_id, *decision.pair)] = decision.agent_id


def choose_for_all(
    tickets: Iterable[TicketFacts],
    offices: Sequence[OfficeFacts],
    agents: Iterable[AgentFacts],
    rotation: Rotation,
    rules: Rules,
) -> Iterator[tuple[TicketFacts, Decision, "Moment"]]:
    """Decides one by one, the most urgent first, then by id; each choice counts for the next."""
    by_office: dict[int, list[AgentFacts]] = {}
    for agent in sorted(agents, key=lambda agent: agent.id):
        by_office.setdefault(agent.office_id, []).append(agent)
    for ticket in sorted(tickets, key=lambda ticket: (-ticket.urgency, ticket.id)):
        decision = choose(ticket, offices, by_office, rotation, rules)
        yield ticket, decision, _moment(decision, offices, by_office, rotation, rules)
        note_turns(decision, rotation)
        if decision.agent_id is not None and decision.office_id is not None:
            _add_one(by_office[decision.office_id], decision.agent_id)


@dataclass(frozen=True, slots=True)
class Moment:
    """What the world was when one ticket was decided: as much of it as the decision read."""

    offices: Sequence[OfficeFacts]
    agents_by_office: Mapping[int, Sequence[AgentFacts]]
    split_last: int | None
    pair_last: int | None
    rules: Rules


def _moment(
    decision: Decision,
    offices: Sequence[OfficeFacts],
    by_office: Mapping[int, Sequence[AgentFacts]],
    rotation: Rotation,
    rules: Rules,
) -> Moment:
    pair_last = None
    if decision.office_id is not None and len(decision.pair) == 2:
        pair_last = rotation.pair_last.get(pair_key(decision.office_id, *decision.pair))
    return Moment(
        offices,
        {office_id: tuple(by_office.get(office_id, ())) for office_id in decision.visited},
        rotation.split_last if decision.office_because == "in turn" else None,
        pair_last,
        rules,
    )


def _add_one(agents: list[AgentFacts], agent_id: int) -> None:
    for position, agent in enumerate(agents):
        if agent.id == agent_id:
            agents[position] = replace(agent, load=agent.load + 1)
            return


@lru_cache(maxsize=65_536)
def is_same_word(word: str, words: frozenset[str] | tuple[str, ...]) -> bool:
    """Whether `word` is one of them, capitals and outer spaces apart; nothing is in nothing."""
    folded = word.strip().casefold()
    return bool(folded) and any(folded == other.strip().casefold() for other in words)


def _value_for(word: str, table: Mapping[str, str]) -> str | None:
    return next((value for key, value in table.items() if is_same_word(word, (key,))), None)
