"""How far an import is, from the first row read to the last ticket given to somebody."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True)
class ImportProgress:
    """Of the tickets an import brought: how many there are, are read by triage, routed, assigned."""

    tickets: int = 0
    opened: int = 0
    changed: int = 0
    unchanged: int = 0
    triaged: int = 0
    routed: int = 0
    assigned: int = 0


async def get_import_progress(session: AsyncSession, run_id: int) -> ImportProgress:
    """The numbers of one import, as they are now."""
    row = (await session.execute(text(_PROGRESS), {"run": run_id})).one()
    return ImportProgress(**row._mapping)


async def count_assigned(session: AsyncSession, run_ids: list[int]) -> dict[int, tuple[int, int]]:
    """Tickets, and assigned tickets, by import."""
    rows = await session.execute(
        text(
            "select i.run_id, count(*) as tickets, count(t.assignee_id) as assigned"
            " from import_ticket i join ticket t on t.id = i.ticket_id"
            " where i.company_id = current_company() and t.company_id = current_company()"
            " and i.run_id = any(:runs) group by i.run_id"
        ),
        {"runs": run_ids},
    )
    return {row.run_id: (row.tickets, row.assigned) for row in rows}


_PROGRESS = """
select count(*) as tickets,
       count(*) filter (where i.outcome = 'opened') as opened,
       count(*) filter (where i.outcome = 'changed') as changed,
       count(*) filter (where i.outcome = 'unchanged') as unchanged,
       count(a.ticket_id) as triaged,
       count(*) filter (where t.assignee_id is not null or exists (
         select from assignment s where s.company_id = i.company_id and s.ticket_id = i.ticket_id
       )) as routed,
       count(t.assignee_id) as assigned
from import_ticket i
join ticket t on t.company_id = i.company_id and t.id = i.ticket_id
left join analysis a on a.company_id = i.company_id and a.ticket_id = i.ticket_id
  and a.state <> 'pending'
where i.company_id = current_company() and i.run_id = :run
"""
