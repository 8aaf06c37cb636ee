"""Bring offices and agents in line with a list of them (an import), and say where offices are."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of
from ticketyard.core.events import Event, emit
from ticketyard.people.events import PersonAdded, PersonChanged
from ticketyard.people.models import Agent, Office, Person


@dataclass(frozen=True)
class ListedOffice:
    """An office by its name."""

    name: str
    address: str


@dataclass(frozen=True)
class ListedAgent:
    """An agent by name and office."""

    name: str
    office_id: int
    position: str
    skills: tuple[str, ...]
    base_load: int


async def office_ids(session: AsyncSession) -> dict[str, int]:
    """Every office's id by its name in small letters."""
    rows = await session.execute(
        select(Office.name, Office.id).where(Office.company_id == company_of(session))
    )
    return {row.name.casefold(): row.id for row in rows}


async def keep_offices(session: AsyncSession, listed: Iterable[ListedOffice]) -> int:
    """Add offices or give them their new address, which unsets where they are; gives how many."""
    rows = await session.scalars(select(Office).where(Office.company_id == company_of(session)))
    known = {office.name.casefold(): office for office in rows}
    changed = 0
    for each in listed:
        office = known.get(each.name.casefold())
        if office is None:
            office = Office(company_id=company_of(session), name=each.name, address=each.address)
            session.add(office)
            known[each.name.casefold()] = office
            changed += 1
            # One by one, so that ids follow the list: turns without a point go by id.
            await session.flush()
        elif office.address != each.address:
            office.address = each.address
            office.latitude = office.longitude = office.located_by = None
            changed += 1
    await session.flush()
    return changed


async def keep_agents(
    session: AsyncSession, listed: Sequence[ListedAgent], *, by: Principal
) -> int:
    """Add agents or bring their profile in line; gives how many changed.

    Those who are not listed stay. A new agent cannot log in until given an address and a password.
    """
    known = await _agents_by_place(session)
    events: list[Event] = []
    for each in listed:
        agent = known.get((each.name.casefold(), each.office_id))
        if agent is None:
            person = Person(company_id=company_of(session), name=each.name, role="agent")
            session.add(person)
            await session.flush()
            agent = Agent(person_id=person.id, company_id=person.company_id)
            session.add(agent)
            events.append(PersonAdded(person_id=person.id, role="agent"))
            _fill(agent, each)
        elif _fill(agent, each):
            events.append(PersonChanged(person_id=agent.person_id, fields=["profile"]))
    await session.flush()
    await emit(session, *events, by=by)
    return len(events)


async def _agents_by_place(session: AsyncSession) -> dict[tuple[str, int], Agent]:
    rows = await session.execute(
        select(Person.name, Agent)
        .join(Agent, Agent.person_id == Person.id)
        .where(Person.company_id == company_of(session), Agent.office_id.is_not(None))
        .order_by(Person.id.desc())
    )
    return {(row.name.casefold(), row.Agent.office_id): row.Agent for row in rows}


def _fill(agent: Agent, listed: ListedAgent) -> bool:
    """Whether anything was new."""
    wanted = {
        "office_id": listed.office_id,
        "position": listed.position,
        "skills": list(listed.skills),
        "base_load": listed.base_load,
    }
    new = {name: value for name, value in wanted.items() if getattr(agent, name) != value}
    for name, value in new.items():
        setattr(agent, name, value)
    return bool(new)


async def set_office_points(
    session: AsyncSession, points: Mapping[int, tuple[float | None, float | None, str]]
) -> None:
    """Say where offices are: id to latitude, longitude and how we know; None where nobody does."""
    for office_id, (latitude, longitude, how) in points.items():
        await session.execute(
            text(
                "update office set latitude = :latitude, longitude = :longitude, located_by = :how "
                "where company_id = current_company() and id = :id"
            ),
            {"id": office_id, "latitude": latitude, "longitude": longitude, "how": how},
        )
