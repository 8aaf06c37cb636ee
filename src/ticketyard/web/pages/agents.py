"""Agents and offices, with what each has on the table."""

from fastapi import APIRouter, Response

from ticketyard.insights.loads import AgentLoad, list_staff
from ticketyard.web.deps import Session, may
from ticketyard.web.pages.frame import DeskFrame, page

router = APIRouter(include_in_schema=False)

# A bar is full at the busiest agent, but a quiet desk does not look overworked.
FULL_AT_LEAST = 10


@router.get("/agents", dependencies=[may("people:read")])
async def get_agents(session: Session, frame: DeskFrame) -> Response:
    """Every office with its agents, the busiest first."""
    staff = await list_staff(session)
    full = max([FULL_AT_LEAST, *(agent.load for office in staff for agent in office.agents)])
    return page(
        "people/page.html",
        frame,
        place="people",
        agent_count=sum(len(office.agents) for office in staff),
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
