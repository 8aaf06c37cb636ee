"""What machines did and could do on tickets, for the page about automation."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import now_of
from ticketyard.triage.resolving.rule import MIN_CONFIDENCE

LOOKED_BACK: Final = timedelta(days=7)


@dataclass(frozen=True)
class RunOnTicket:
    """An action on a ticket. state: waiting, running, success, failed."""

    number: str
    action: str
    state: str
    message: str
    is_automatic: bool
    asked_by: str
    asked_at: datetime


@dataclass(frozen=True)
class Resolved:
    """A ticket that a machine resolved. has_come_back: it is open again."""

    number: str
    title: str
    solution: str | None
    resolved_at: datetime
    has_come_back: bool


async def list_last_runs(session: AsyncSession, *, limit: int) -> list[RunOnTicket]:
    """What was run last on any ticket, the newest first."""
    rows = await session.execute(_RUNS, {"limit": limit})
    return [RunOnTicket(**row._mapping) for row in rows]


async def list_last_resolved(session: AsyncSession, *, limit: int) -> list[Resolved]:
    """What a machine resolved last, the newest first."""
    rows = await session.execute(_RESOLVED, {"limit": limit})
    return [Resolved(**row._mapping) for row in rows]


async def count_sure(session: AsyncSession) -> dict[str, int]:
    """How many tickets of the last week are surely about each category, as a machine must be sure
    to resolve one; alerts aside."""
    asked = {"since": now_of(session) - LOOKED_BACK, "least": MIN_CONFIDENCE}
    rows = await session.execute(_SURE, asked)
    return {row.category: row.tickets for row in rows}


_RUNS = text(
    """
    select t.number, r.action, r.state, r.message, r.is_automatic, r.asked_by, r.asked_at
    from action_run r join ticket t on t.company_id = r.company_id and t.id = r.ticket_id
    where r.company_id = current_company() order by r.id desc limit :limit
    """
)
_RESOLVED = text(
    """
    select t.number, t.title, s.title as solution, a.resolved_at,
           t.status not in ('resolved', 'closed') as has_come_back
    from auto_resolution a join ticket t on t.company_id = a.company_id and t.id = a.ticket_id
    left join solution s on s.company_id = a.company_id and s.id = a.solution_id
    where a.company_id = current_company() and a.resolved_at is not null
    order by a.resolved_at desc limit :limit
    """
)
_SURE = text(
    """
    select t.category, count(*) as tickets
    from ticket t join analysis a on a.company_id = t.company_id and a.ticket_id = t.id
    where t.company_id = current_company() and t.created_at > :since and t.source <> 'alert'
      and a.category = t.category and a.category_confidence > :least
    group by t.category
    """
)
