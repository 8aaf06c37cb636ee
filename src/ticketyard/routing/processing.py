"""Try again, on request, what was not analysed or not assigned."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.events import emit
from ticketyard.core.resources import Resources
from ticketyard.intake.import_runs import finish_runs, start_run
from ticketyard.people.queries import get_company
from ticketyard.routing.events import ProcessingRequested
from ticketyard.routing.following import place_in_chunks
from ticketyard.triage.analysing import analyse_tickets

CHUNK = 256


async def request_processing(session: AsyncSession, *, by: Principal) -> int | None:
    """Ask for another try; gives the run to watch, or None when no ticket is waiting."""
    waiting = list(await session.scalars(_WAITING))
    if not waiting and not await session.scalar(_ANY):
        return None
    run_id = await start_run(session, kind="process", tickets=waiting, by=by)
    await emit(session, ProcessingRequested(run_id=run_id), by=by)
    return run_id


async def process_again(resources: Resources, company_id: int, run_id: int) -> None:
    """Analyse what was not, then route what has no agent, the most urgent first."""
    async with resources.db.transaction(company_id) as session:
        wanted = (await get_company(session)).auto_assign
        unread = list(await session.scalars(_UNREAD, {"run": run_id}))
    await _analyse(resources, company_id, unread)
    async with resources.db.transaction(company_id) as session:
        ids = list(await session.scalars(_UNROUTED, {"run": run_id}))
    if wanted:
        await place_in_chunks(resources, company_id, ids, ask_map=True)
    async with resources.db.transaction(company_id) as session:
        await finish_runs(session, [run_id])


async def _analyse(resources: Resources, company_id: int, ids: Sequence[int]) -> None:
    for start in range(0, len(ids), CHUNK):
        await analyse_tickets(resources, company_id, ids[start : start + CHUNK])


_ANY = text("select exists (select from ticket where company_id = current_company())")
_WAITING = text(
    """
    select t.id from ticket t
    left join analysis a on a.company_id = t.company_id and a.ticket_id = t.id
    where t.company_id = current_company() and t.status in ('open', 'in_progress', 'pending')
      and (t.assignee_id is null or a.ticket_id is null or a.state <> 'done')
    order by t.id
    """
)
_UNREAD = text(
    """
    select i.ticket_id from import_ticket i
    left join analysis a on a.company_id = i.company_id and a.ticket_id = i.ticket_id
    where i.company_id = current_company() and i.run_id = :run
      and (a.ticket_id is null or a.state <> 'done')
    order by i.ticket_id
    """
)
_UNROUTED = text(
    """
    select t.id from import_ticket i
    join ticket t on t.company_id = i.company_id and t.id = i.ticket_id
    where i.company_id = current_company() and i.run_id = :run and t.assignee_id is null
      and t.status in ('open', 'in_progress', 'pending')
    order by coalesce(t.urgency, 5) desc, t.id
    """
)
