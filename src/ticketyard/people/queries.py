"""Reading companies, offices, people."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import Database, company_of
from ticketyard.people.errors import (
    AgentNotFound,
    CompanyNotFound,
    OfficeNotFound,
    PersonNotFound,
    TeamNotFound,
)
from ticketyard.people.models import Agent, ApiKey, Company, Office, Person, Team, TeamMember


@dataclass(frozen=True)
class AgentProfile:
    """A person who answers, with what routing and screens need."""

    id: int
    name: str
    email: str | None
    position: str
    skills: tuple[str, ...]
    office_id: int | None
    office_name: str | None
    base_load: int
    is_available: bool


async def company_ids(db: Database) -> dict[str, int]:
    """Every company's slug and id, in order of id."""
    async with db.anonymous() as session:
        rows = await session.execute(text("select id, slug from company_directory()"))
        return {row.slug: row.id for row in rows}


async def default_company_id(db: Database) -> int:
    """The first company: the one meant where nobody names any. Raises CompanyNotFound."""
    found = await company_ids(db)
    if not found:
        raise CompanyNotFound("There is no company yet; run `ticketyard serve` once.")
    return next(iter(found.values()))


async def get_company(session: AsyncSession) -> Company:
    """The company of this transaction."""
    company = await session.get(Company, company_of(session))
    if company is None:
        raise CompanyNotFound("This company does not exist.")
    return company


async def get_person(session: AsyncSession, person_id: int) -> Person:
    """One person of this company. Raises PersonNotFound."""
    person = await session.get(Person, person_id)
    if person is None:
        raise PersonNotFound(f"There is no person {person_id}.")
    return person


async def find_person_by_email(session: AsyncSession, email: str) -> Person | None:
    """The person with this address, however it is written."""
    found: Person | None = await session.scalar(
        select(Person).where(
            Person.company_id == company_of(session),
            Person.email_key == func.lower(email.strip()),
        )
    )
    return found


async def list_people(
    session: AsyncSession, *, roles: Sequence[str] = ("admin", "agent"), limit: int = 500
) -> list[Person]:
    """People of these roles by name."""
    rows = await session.scalars(
        select(Person)
        .where(Person.company_id == company_of(session), Person.role.in_(roles))
        .order_by(Person.name, Person.id)
        .limit(limit)
    )
    return list(rows)


async def get_agent(session: AsyncSession, person_id: int) -> Person:
    """A person who may be given tickets. Raises AgentNotFound."""
    person = await session.get(Person, person_id)
    if person is None or person.role not in ("agent", "admin") or not person.is_active:
        raise AgentNotFound(f"There is no agent {person_id}.")
    return person


async def get_agent_profile(session: AsyncSession, person_id: int) -> Agent:
    """What routing knows of an agent; an empty one where nobody said anything yet. Raises
    AgentNotFound."""
    person = await get_agent(session, person_id)
    known = await session.get(Agent, person_id)
    return known or Agent(
        person_id=person.id,
        company_id=person.company_id,
        position="",
        skills=[],
        base_load=0,
        is_available=True,
    )


async def list_agents(session: AsyncSession) -> list[AgentProfile]:
    """Everybody with an agent's profile who is active, by name."""
    rows = await session.execute(
        select(Person, Agent, Office.name.label("office_name"))
        .join(Agent, Agent.person_id == Person.id)
        .outerjoin(Office, Office.id == Agent.office_id)
        .where(Person.company_id == company_of(session), Person.is_active)
        .order_by(Person.name, Person.id)
    )
    return [
        AgentProfile(
            id=row.Person.id,
            name=row.Person.name,
            email=row.Person.email,
            position=row.Agent.position,
            skills=tuple(row.Agent.skills),
            office_id=row.Agent.office_id,
            office_name=row.office_name,
            base_load=row.Agent.base_load,
            is_available=row.Agent.is_available,
        )
        for row in rows
    ]


async def list_offices(session: AsyncSession) -> list[Office]:
    """Every office by id (the order in which they were first imported)."""
    rows = await session.scalars(
        select(Office).where(Office.company_id == company_of(session)).order_by(Office.id)
    )
    return list(rows)


async def get_office(session: AsyncSession, office_id: int) -> Office:
    """One office. Raises OfficeNotFound."""
    office = await session.get(Office, office_id)
    if office is None:
        raise OfficeNotFound(f"There is no office {office_id}.")
    return office


async def list_teams(session: AsyncSession) -> list[Team]:
    """Every team by name."""
    rows = await session.scalars(
        select(Team).where(Team.company_id == company_of(session)).order_by(Team.name)
    )
    return list(rows)


async def get_team(session: AsyncSession, team_id: int) -> Team:
    """One team. Raises TeamNotFound."""
    team = await session.get(Team, team_id)
    if team is None:
        raise TeamNotFound(f"There is no team {team_id}.")
    return team


async def list_team_members(session: AsyncSession, team_id: int) -> list[Person]:
    """Who is in a team, by name."""
    rows = await session.scalars(
        select(Person)
        .join(TeamMember, TeamMember.person_id == Person.id)
        .where(TeamMember.team_id == team_id)
        .order_by(Person.name)
    )
    return list(rows)


async def list_keys(session: AsyncSession) -> list[ApiKey]:
    """API keys, newest first; revoked ones too."""
    rows = await session.scalars(
        select(ApiKey).where(ApiKey.company_id == company_of(session)).order_by(ApiKey.id.desc())
    )
    return list(rows)
