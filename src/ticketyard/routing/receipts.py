"""Pure: the stored account of a decision, from which the same decision can be made again."""

from typing import Any

import orjson

from ticketyard.routing.choosing import Decision, Moment, choose, is_eligible
from ticketyard.routing.facts import AgentFacts, OfficeFacts, Rotation, Rules, TicketFacts, pair_key

VERSION = 1
# Of a very large office the account keeps those who came nearest to being chosen.
AGENTS_KEPT_PER_OFFICE = 20

Receipt = dict[str, Any]


def write_receipt(ticket: TicketFacts, decision: Decision, moment: Moment) -> Receipt:
    """Everything the decision was made from, and the decision; plain JSON values."""
    agents: list[dict[str, Any]] = []
    unlisted: dict[str, int] = {}
    for office_id in decision.visited:
        staff = sorted(
            moment.agents_by_office.get(office_id, ()),
            key=lambda a: (
                a.id in ticket.avoid or not is_eligible(a, decision.requirements),
                a.load,
                a.id,
            ),
        )
        agents += map(_agent_out, staff[:AGENTS_KEPT_PER_OFFICE])
        if len(staff) > AGENTS_KEPT_PER_OFFICE:
            unlisted[str(office_id)] = len(staff) - AGENTS_KEPT_PER_OFFICE
    return {
        "version": VERSION,
        "ticket": _ticket_out(ticket),
        # Offices matter only when one was looked for: not for tickets nobody is to have.
        "offices": [_office_out(o) for o in moment.offices] if decision.visited else [],
        "agents": agents,
        "agents_unlisted": unlisted,
        "rotation": {"split_last": moment.split_last, "pair_last": moment.pair_last},
        "rules": _rules_out(moment.rules),
        "decision": _decision_out(decision),
    }


def recompute(receipt: Receipt) -> Receipt:
    """Makes the decision again from the receipt's own facts, and writes its receipt anew."""
    if receipt["version"] != VERSION:
        raise ValueError(f"Receipts of version {receipt['version']} are not known here.")
    ticket = _ticket_in(receipt["ticket"])
    offices = [_office_in(office) for office in receipt["offices"]]
    by_office: dict[int, list[AgentFacts]] = {}
    for agent in map(_agent_in, receipt["agents"]):
        by_office.setdefault(agent.office_id, []).append(agent)
    rules = _rules_in(receipt["rules"])
    pair_last = receipt["rotation"]["pair_last"]
    rotation = Rotation(split_last=receipt["rotation"]["split_last"])
    stored = receipt["decision"]
    if pair_last is not None:
        rotation.pair_last[pair_key(stored["office_id"], *stored["pair"])] = pair_last
    decision = choose(ticket, offices, by_office, rotation, rules)
    moment = Moment(offices, by_office, rotation.split_last, pair_last, rules)
    again = write_receipt(ticket, decision, moment)
    # How many people a large office had is told, not decided from.
    again["agents_unlisted"] = receipt["agents_unlisted"]
    return again


def canonical(receipt: Receipt) -> bytes:
    """The receipt's one spelling as bytes: sorted keys, no spaces, UTF-8."""
    return orjson.dumps(receipt, option=orjson.OPT_SORT_KEYS)


def _ticket_out(ticket: TicketFacts) -> dict[str, Any]:
    return {
        "id": ticket.id,
        "urgency": ticket.urgency,
        "segment": ticket.segment,
        "category": ticket.category,
        "language": ticket.language,
        "point": list(ticket.point) if ticket.point else None,
        "place": ticket.place,
        "avoid": list(ticket.avoid),
        # Left out where empty, as in receipts from before there were any.
        **({"tags": list(ticket.tags)} if ticket.tags else {}),
    }


def _ticket_in(data: dict[str, Any]) -> TicketFacts:
    point = data["point"]
    return TicketFacts(
        **{
            **data,
            "point": (point[0], point[1]) if point else None,
            "avoid": tuple(data["avoid"]),
            "tags": tuple(data.get("tags", ())),
        }
    )


def _office_out(office: OfficeFacts) -> dict[str, Any]:
    return {
        "id": office.id,
        "name": office.name,
        "point": list(office.point) if office.point else None,
    }


def _office_in(data: dict[str, Any]) -> OfficeFacts:
    point = data["point"]
    return OfficeFacts(data["id"], data["name"], (point[0], point[1]) if point else None)


def _agent_out(agent: AgentFacts) -> dict[str, Any]:
    return {
        "id": agent.id,
        "name": agent.name,
        "office_id": agent.office_id,
        "position": agent.position,
        "skills": sorted(agent.skills),
        "load": agent.load,
    }


def _agent_in(data: dict[str, Any]) -> AgentFacts:
    return AgentFacts(**{**data, "skills": frozenset(data["skills"])})


def _rules_out(rules: Rules) -> dict[str, Any]:
    return {
        "vip_segments": sorted(rules.vip_segments),
        "vip_skill": rules.vip_skill,
        "position_by_category": dict(rules.position_by_category),
        "skill_by_language": dict(rules.skill_by_language),
        "unassigned_categories": sorted(rules.unassigned_categories),
        **({"unassigned_tags": sorted(rules.unassigned_tags)} if rules.unassigned_tags else {}),
        "split_office_ids": list(rules.split_office_ids),
    }


def _rules_in(data: dict[str, Any]) -> Rules:
    return Rules(
        vip_segments=frozenset(data["vip_segments"]),
        vip_skill=data["vip_skill"],
        position_by_category=data["position_by_category"],
        skill_by_language=data["skill_by_language"],
        unassigned_categories=frozenset(data["unassigned_categories"]),
        unassigned_tags=frozenset(data.get("unassigned_tags", ())),
        split_office_ids=tuple(data["split_office_ids"]),
    )


def _decision_out(decision: Decision) -> dict[str, Any]:
    return {
        "outcome": decision.outcome,
        "requirements": [
            {"kind": r.kind, "asked_by": r.asked_by, "needs": r.needs}
            for r in decision.requirements
        ],
        "primary_office_id": decision.primary_office_id,
        "office_because": decision.office_because,
        "distance_km": decision.distance_km,
        "visited": list(decision.visited),
        "office_id": decision.office_id,
        "agent_id": decision.agent_id,
        "load_before": decision.load_before,
        "pair": list(decision.pair),
    }
