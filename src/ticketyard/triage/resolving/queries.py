"""Reading solutions, what came of them, and what was run."""

from datetime import timedelta
from typing import Final

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import company_of, now_of
from ticketyard.triage.resolving.errors import SolutionNotFound
from ticketyard.triage.resolving.models import (
    ActionEndpoint,
    ActionRun,
    AutoResolutionRule,
    Solution,
)
from ticketyard.triage.resolving.ranking import Record
from ticketyard.triage.resolving.rule import DEFAULT_CATEGORIES

STAYS_FOR: Final = timedelta(days=7)
"""Resolved by it and not reopened this long is a success."""


async def get_rule(session: AsyncSession) -> AutoResolutionRule:
    """What the company lets a machine do; until it says so, nothing."""
    found = await session.get(AutoResolutionRule, company_of(session))
    return found or AutoResolutionRule(
        company_id=company_of(session),
        is_on=False,
        categories=list(DEFAULT_CATEGORIES),
        per_requester_per_day=3,
    )


async def get_solution(session: AsyncSession, solution_id: int, *, lock: bool = False) -> Solution:
    """One of the company's. Raises SolutionNotFound."""
    query = select(Solution).where(
        Solution.company_id == company_of(session), Solution.id == solution_id
    )
    found: Solution | None = await session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise SolutionNotFound("There is no such solution.")
    return found


async def list_solutions(
    session: AsyncSession, *, category: str | None = None, state: str | None = None
) -> list[Solution]:
    """The company's, the first first."""
    query = select(Solution).where(Solution.company_id == company_of(session))
    if category is not None:
        query = query.where(Solution.category == category)
    if state is not None:
        query = query.where(Solution.state == state)
    return list(await session.scalars(query.order_by(Solution.id)))


async def list_records(session: AsyncSession) -> dict[int, Record]:
    """What came of each solution: reopened within a week is a failure at once, a week of quiet a
    success; what is younger and quiet says nothing yet."""
    rows = await session.execute(
        _RECORDS, {"now": now_of(session), "stays": STAYS_FOR.total_seconds()}
    )
    return {row.solution_id: Record(row.settled, row.successes) for row in rows}


async def list_endpoints(session: AsyncSession) -> dict[str, ActionEndpoint]:
    """The company's endpoints by action."""
    rows = await session.scalars(
        select(ActionEndpoint).where(ActionEndpoint.company_id == company_of(session))
    )
    return {each.action: each for each in rows}


async def list_runs(session: AsyncSession, ticket_id: int) -> list[ActionRun]:
    """What was run on a ticket, the newest first."""
    rows = await session.scalars(
        select(ActionRun)
        .where(ActionRun.company_id == company_of(session), ActionRun.ticket_id == ticket_id)
        .order_by(ActionRun.id.desc())
        .limit(100)
    )
    return list(rows)


_RECORDS = text(
    """
    select solution_id, count(*) as settled, count(*) filter (where not came_back) as successes
    from (
      select a.solution_id, a.resolved_at, exists (
        select from state_change s
        where s.company_id = a.company_id and s.ticket_id = a.ticket_id
          and s.from_status in ('resolved', 'closed') and s.to_status not in ('resolved', 'closed')
          and s.changed_at between a.resolved_at
            and a.resolved_at + make_interval(secs => :stays)) as came_back
      from auto_resolution a
      where a.company_id = current_company() and a.resolved_at is not null
        and a.solution_id is not null
      union all
      -- An action that was tried and failed; one that nobody set up says nothing of the solution.
      select a.solution_id, a.decided_at, true
      from auto_resolution a join action_run r on r.id = a.run_id
      where a.company_id = current_company() and a.resolved_at is null
        and a.solution_id is not null and r.state = 'failed' and r.attempts > 0) as outcomes
    where came_back or resolved_at <= cast(:now as timestamptz) - make_interval(secs => :stays)
    group by solution_id
    """
)
