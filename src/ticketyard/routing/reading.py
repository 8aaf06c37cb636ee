"""What a decision is made from, read from the database as plain values."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.people.models import Company, Office
from ticketyard.people.queries import list_offices
from ticketyard.people.roster import set_office_points
from ticketyard.routing.addresses import Address, locate_office
from ticketyard.routing.facts import (
    NO_OFFICE,
    AgentFacts,
    OfficeFacts,
    PairKey,
    Rotation,
    Rules,
)
from ticketyard.routing.gazetteer import Spot, kazakhstan
from ticketyard.tickets.names import present_names

SPLIT_OFFICES = ("Астана", "Алматы")
# Where triage found no urgency: the middle of each priority's range (contracts 0.2).
URGENCY_OF_PRIORITY = {"low": 2, "medium": 5, "high": 7, "urgent": 8, "critical": 10}
_SPLIT_KEY = "split"


async def read_offices(session: AsyncSession) -> list[OfficeFacts]:
    """Every office with its point; those not looked up yet are, in the gazetteer."""
    offices = await list_offices(session)
    found = {each.id: _located(each) for each in offices if each.located_by is None}
    fresh = {id_: point for id_, point in found.items() if point is not None}
    await set_office_points(session, fresh)
    facts = []
    for office in offices:
        latitude, longitude, _ = fresh.get(office.id, (office.latitude, office.longitude, ""))
        point = (latitude, longitude) if latitude is not None and longitude is not None else None
        facts.append(OfficeFacts(office.id, office.name, point))
    # Those without an office are asked last, or by themselves where there are no offices at all.
    return [*facts, OfficeFacts(NO_OFFICE, "", None)]


def _located(office: Office) -> tuple[float | None, float | None, str] | None:
    if office.latitude is not None:
        return None
    spot = locate_office(office.name, office.address, kazakhstan())
    if isinstance(spot, Spot):
        return spot.latitude, spot.longitude, f"gazetteer: {spot.how}"
    return None, None, "unknown"


async def read_agents(session: AsyncSession) -> list[AgentFacts]:
    """Everybody who can be given tickets now, with their load."""
    rows = await session.execute(_AGENTS)
    return [
        AgentFacts(
            id=row.id,
            name=row.name,
            office_id=row.office_id or NO_OFFICE,
            position=row.position,
            skills=frozenset(row.skills),
            load=row.load,
        )
        for row in rows
    ]


async def read_rotation(session: AsyncSession) -> Rotation:
    """Whose turn it was last."""
    rotation = Rotation()
    for row in await session.execute(_ROTATION):
        if row.key == _SPLIT_KEY:
            rotation.split_last = row.last_id
        else:
            office, one, other = map(int, row.key.split(":")[1:])
            rotation.pair_last[office, one, other] = row.last_id
    return rotation


def rotation_rows(before: Rotation, after: Rotation) -> dict[str, int]:
    """What has to be written so that the turns outlive us: key to last id."""
    rows = {
        _pair_key(pair): last
        for pair, last in after.pair_last.items()
        if before.pair_last.get(pair) != last
    }
    if after.split_last is not None and after.split_last != before.split_last:
        rows[_SPLIT_KEY] = after.split_last
    return rows


def _pair_key(pair: PairKey) -> str:
    return "pair:" + ":".join(map(str, pair))


def rules_of(company: Company, offices: Sequence[OfficeFacts]) -> Rules:
    """The company's rules: the spec's, changed by `routing` in its settings.

    settings.routing: split_offices (names), vip_segments, vip_skill, position_by_category,
    skill_by_language, unassigned_categories, unassigned_tags.
    """
    asked: Mapping[str, Any] = company.settings.get("routing", {})
    ids = {office.name.casefold(): office.id for office in offices if office.name}
    split = [str(name).casefold() for name in asked.get("split_offices", SPLIT_OFFICES)]
    plain = Rules()
    # A rule goes by a category whatever it is called since.
    called = present_names(company.settings)
    positions = asked.get("position_by_category", plain.position_by_category)
    unwanted = frozenset(
        called.get(name, name)
        for name in asked.get("unassigned_categories", plain.unassigned_categories)
    )
    tags = frozenset(asked.get("unassigned_tags", plain.unassigned_tags))
    return Rules(
        vip_segments=frozenset(asked.get("vip_segments", plain.vip_segments)),
        vip_skill=str(asked.get("vip_skill", plain.vip_skill)),
        position_by_category={called.get(name, name): who for name, who in positions.items()},
        skill_by_language=dict(asked.get("skill_by_language", plain.skill_by_language)),
        unassigned_categories=frozenset() if company.assign_spam else unwanted,
        unassigned_tags=frozenset() if company.assign_spam else tags,
        split_office_ids=tuple(ids[name] for name in split if name in ids),
    )


def address_of(stored: Mapping[str, Any]) -> Address:
    """A ticket's address as routing reads it."""
    return Address(**{name: str(stored.get(name) or "") for name in _ADDRESS})


_ADDRESS = ("country", "region", "city", "street", "house")

_AGENTS = text(
    """
    with working as (
      select assignee_id, count(*) as tickets from ticket
      where company_id = current_company() and assignee_id is not null
        and status in ('open', 'assigned', 'in_progress', 'pending')
      group by assignee_id
    )
    select p.id, p.name, g.office_id, g.position, g.skills,
           g.base_load + coalesce(w.tickets, 0) as load
    from agent g join person p on p.id = g.person_id
    left join working w on w.assignee_id = p.id
    where g.company_id = current_company() and p.company_id = current_company()
      and p.is_active and g.is_available and p.role = 'agent'
    order by p.id
    """
)
_ROTATION = text("select key, last_id from routing_rotation where company_id = current_company()")
