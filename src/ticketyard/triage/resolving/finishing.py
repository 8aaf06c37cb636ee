"""Resolve a ticket in the name of a machine: say what was done, tell the requester, keep the books."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of, now_of
from ticketyard.core.events import emit
from ticketyard.tickets.changing_status import change_status
from ticketyard.tickets.commenting import add_comment
from ticketyard.tickets.lifecycle import is_finished
from ticketyard.tickets.queries import get_ticket
from ticketyard.triage.resolving.events import TicketAutoResolved
from ticketyard.triage.resolving.models import ActionRun, AutoResolution, Solution
from ticketyard.triage.resolving.wording import (
    SOURCE,
    answer_text,
    resolution_note,
    resolution_text,
)

REASON = "Resolved automatically."


@dataclass(frozen=True)
class _Way:
    """How it was resolved. action: what a machine did, or `self_service_link`."""

    action: str
    is_done: bool


async def finish_by_link(
    session: AsyncSession, kept: AutoResolution, solution: Solution, *, by: Principal
) -> None:
    """Resolve the ticket by telling its requester where to help themselves."""
    await _resolve(session, kept, solution, _Way(solution.kind, is_done=False), by=by)


async def finish_by_run(session: AsyncSession, run: ActionRun, *, by: Principal) -> None:
    """Resolve the ticket of an action that did all it asked for, if nobody took it up meanwhile."""
    if run.state != "success" or not run.resolves:
        return
    if not run.is_automatic:
        await _resolve_by_hand(session, run, by=by)
        return
    kept = await session.get(AutoResolution, (company_of(session), run.ticket_id))
    solution = await session.get(Solution, run.solution_id) if run.solution_id else None
    if kept is None or solution is None or not await is_untouched(session, run.ticket_id):
        return
    await _resolve(session, kept, solution, _Way(run.action, is_done=True), by=by)


async def is_untouched(session: AsyncSession, ticket_id: int) -> bool:
    """Whether it is open still and no person but its requester did anything on it."""
    found: bool | None = await session.scalar(_UNTOUCHED, {"ticket": ticket_id})
    return bool(found)


async def _resolve_by_hand(session: AsyncSession, run: ActionRun, *, by: Principal) -> None:
    """An agent had it run, so the desk knows; the requester hears of the resolution as usual."""
    ticket = await get_ticket(session, run.ticket_id, lock=True)
    if not is_finished(ticket.status):
        done = f"{run.action.replace('_', ' ').capitalize()}: done. {run.message}".strip()
        await change_status(
            session,
            ticket_id=ticket.id,
            status="resolved",
            reason=f"Action {run.action} succeeded.",
            resolution=done,
            by=by,
        )


async def _resolve(
    session: AsyncSession, kept: AutoResolution, solution: Solution, way: _Way, *, by: Principal
) -> None:
    language = await session.scalar(_LANGUAGE, {"ticket": kept.ticket_id})
    note = resolution_note(solution.title, way.action, kept.reasoning)
    answer = answer_text(
        title=solution.title,
        description=solution.description,
        steps=solution.steps,
        link=solution.link,
        language=language,
        is_done=way.is_done,
    )
    for body, is_internal in ((note, True), (answer, False)):
        await add_comment(
            session,
            ticket_id=kept.ticket_id,
            body=body,
            is_internal=is_internal,
            source=SOURCE,
            by=by,
        )
    await change_status(
        session,
        ticket_id=kept.ticket_id,
        status="resolved",
        reason=REASON,
        resolution=resolution_text(solution.title, solution.link),
        by=by,
    )
    kept.resolved_at = now_of(session)
    resolved = TicketAutoResolved(
        ticket_id=kept.ticket_id,
        solution_id=solution.id,
        title=solution.title,
        action=way.action,
        confidence=round(kept.confidence, 4),
    )
    await emit(session, resolved, by=by)


_LANGUAGE = text(
    "select language from analysis where company_id = current_company() and ticket_id = :ticket"
)
TOUCHED = """
  exists (select from event e
    where e.company_id = t.company_id and e.ticket_id = t.id and e.by_kind = 'person'
      and e.by_id is distinct from t.requester_id)
"""
"""Whether a person other than its requester did something on the ticket `t`."""

_UNTOUCHED = text(
    f"""
    select t.status in ('open', 'assigned') and t.merged_into is null and not {TOUCHED}
    from ticket t where t.company_id = current_company() and t.id = :ticket
    """
)
