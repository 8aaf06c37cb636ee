"""Make teams and say who is in them."""

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import company_of
from ticketyard.core.errors import Invalid
from ticketyard.people.errors import NameTaken
from ticketyard.people.models import Team, TeamMember
from ticketyard.people.queries import get_agent, get_team


async def add_team(
    session: AsyncSession, *, name: str, category: str | None = None, description: str = ""
) -> Team:
    """Make a team. Raises NameTaken."""
    if not name.strip():
        raise Invalid("A team needs a name.")
    taken = await session.scalar(
        select(Team.id).where(Team.company_id == company_of(session), Team.name == name.strip())
    )
    if taken:
        raise NameTaken("There is a team of this name already.")
    team = Team(
        company_id=company_of(session),
        name=name.strip(),
        category=category,
        description=description,
    )
    session.add(team)
    await session.flush()
    return team


async def add_team_member(session: AsyncSession, *, team_id: int, person_id: int) -> None:
    """Put an agent into a team; once is enough."""
    team = await get_team(session, team_id)
    person = await get_agent(session, person_id)
    if await session.get(TeamMember, (team.id, person.id)) is None:
        session.add(
            TeamMember(team_id=team.id, person_id=person.id, company_id=company_of(session))
        )
        await session.flush()


async def remove_team_member(session: AsyncSession, *, team_id: int, person_id: int) -> None:
    """Take somebody out of a team, if they are in it. Raises TeamNotFound."""
    team = await get_team(session, team_id)
    await session.execute(
        delete(TeamMember).where(TeamMember.team_id == team.id, TeamMember.person_id == person_id)
    )
