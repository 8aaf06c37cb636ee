"""Agents and offices, with what each has on the table."""

from typing import Annotated

from fastapi import APIRouter, Form, Response

from ticketyard.core.shapes import RowId
from ticketyard.insights.loads import AgentLoad, list_staff
from ticketyard.people.accounts import set_agent_profile
from ticketyard.people.queries import get_agent, get_agent_profile, list_offices
from ticketyard.web.deps import Acting, Session, may
from ticketyard.web.pages.frame import DeskFrame, Flash, back_to, page

router = APIRouter(include_in_schema=False)

# A bar is full at the busiest agent, but a quiet desk does not look overworked.
FULL_AT_LEAST = 10


@router.get("/agents", dependencies=[may("people:read")])
async def get_agents(session: Session, by: Acting, frame: DeskFrame) -> Response:
    """Every office with its agents, the busiest first."""
    staff = await list_staff(session)
    full = max([FULL_AT_LEAST, *(agent.load for office in staff for agent in office.agents)])
    return page(
        "people/page.html",
        frame,
        place="people",
        agent_count=sum(len(office.agents) for office in staff),
        office_count=sum(office.id is not None for office in staff),
        may_change=by.may("people:manage"),
        offices=[
            {
                "name": office.name or "No office",
                "address": office.address,
                "load": office.load,
                "agents": [_shown(agent, full) for agent in office.agents],
            }
            for office in staff
        ],
    )


@router.get("/agents/{agent_id}", dependencies=[may("people:manage")])
async def get_profile(agent_id: RowId, session: Session, frame: DeskFrame) -> Response:
    """What routing knows of an agent, to be changed."""
    agent = await get_agent_profile(session, agent_id)
    offices = [(str(office.id), office.name) for office in await list_offices(session)]
    return page(
        "people/agent.html",
        frame,
        place="people",
        agent=agent,
        name=(await get_agent(session, agent_id)).name,
        offices=offices if agent.office_id else [("", "–"), *offices],
    )


@router.post("/agents/{agent_id}", dependencies=[may("people:manage")])
async def post_profile(
    agent_id: RowId,
    session: Session,
    by: Acting,
    office: Annotated[str, Form(pattern=r"^[0-9]{0,9}$")] = "",
    position: Annotated[str, Form(max_length=200)] = "",
    skills: Annotated[str, Form(max_length=2000)] = "",
    base_load: Annotated[str, Form(pattern=r"^[0-9]{0,5}$")] = "",
    is_available: Annotated[bool, Form()] = False,
) -> Response:
    """Change it; who is away gets nothing new, and keeps what they have."""
    await get_agent(session, agent_id)
    await set_agent_profile(
        session,
        person_id=agent_id,
        by=by,
        office_id=int(office) if office else None,
        position=position.strip(),
        skills=skills.split(","),
        base_load=int(base_load or 0),
        is_available=is_available,
    )
    return back_to("/agents", Flash("clear", "Saved."))


def _shown(agent: AgentLoad, full: int) -> dict[str, object]:
    return {
        "id": agent.id,
        "name": agent.name,
        "position": agent.position,
        "skills": agent.skills,
        "is_available": agent.is_available,
        "load": agent.load,
        "share": agent.load / full,
        "base_share": agent.base / full,
    }
