"""How much every agent has on the table, office by office."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import company_of


@dataclass(frozen=True)
class AgentLoad:
    """An agent. load = work from outside (`base`) + tickets in work here (`active`)."""

    id: int
    name: str
    position: str
    skills: tuple[str, ...]
    is_available: bool
    base: int
    active: int

    @property
    def load(self) -> int:
        """Both together: what routing compares."""
        return self.base + self.active


@dataclass(frozen=True)
class OfficeStaff:
    """An office and who sits there; id is None for those who sit nowhere."""

    id: int | None
    name: str
    address: str
    agents: list[AgentLoad] = field(default_factory=list)

    @property
    def load(self) -> int:
        """Of all its agents."""
        return sum(agent.load for agent in self.agents)


async def list_staff(session: AsyncSession) -> Sequence[OfficeStaff]:
    """Every office by name with its agents, the busiest first; those without an office last."""
    offices = {
        row.id: OfficeStaff(row.id, row.name, row.address)
        for row in await session.execute(
            text("select id, name, address from office where company_id = :company order by name"),
            {"company": company_of(session)},
        )
    }
    nowhere = OfficeStaff(None, "", "")
    for row in await session.execute(text(_AGENTS), {"company": company_of(session)}):
        offices.get(row.office_id, nowhere).agents.append(
            AgentLoad(
                id=row.id,
                name=row.name,
                position=row.position,
                skills=tuple(row.skills),
                is_available=row.is_available,
                base=row.base,
                active=row.active,
            )
        )
    return [*offices.values(), *([nowhere] if nowhere.agents else [])]


_AGENTS = """
with working as (
  select assignee_id, count(*) as tickets
  from ticket
  where company_id = :company and assignee_id is not null
    and status in ('open', 'assigned', 'in_progress', 'pending')
  group by assignee_id
)
select p.id, p.name, g.office_id, g.position, g.skills, g.is_available,
       g.base_load as base, coalesce(w.tickets, 0) as active
from agent g
join person p on p.id = g.person_id and p.is_active
left join working w on w.assignee_id = g.person_id
where g.company_id = :company
order by g.base_load + coalesce(w.tickets, 0) desc, p.name, p.id
"""
