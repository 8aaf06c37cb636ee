"""Take the levels that are due, each once: looked at, done and moved on in one transaction."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of, now_of
from ticketyard.core.events import emit
from ticketyard.core.resources import Resources
from ticketyard.escalation.acting import do_level
from ticketyard.escalation.drafts import Level
from ticketyard.escalation.events import EscalationReached, EscalationStopped
from ticketyard.escalation.matching import why_stopped
from ticketyard.escalation.models import EscalationPolicy, EscalationRun, EscalationStep
from ticketyard.escalation.queries import levels_of
from ticketyard.tickets.holding import hold_ticket
from ticketyard.tickets.models import Ticket

SWITCHED_OFF = "The policy was switched off."
TOP = "That was its last level."


async def climb(resources: Resources, company_id: int) -> None:
    """Timetable: every few seconds. One run at a time; what another worker holds is skipped."""
    while await _climb_one(resources, company_id):
        pass


async def _climb_one(resources: Resources, company_id: int) -> bool:
    async with resources.db.transaction(company_id) as session:
        run: EscalationRun | None = await session.scalar(
            select(EscalationRun)
            .where(
                EscalationRun.company_id == company_of(session),
                EscalationRun.next_at <= now_of(session),
            )
            .order_by(EscalationRun.next_at, EscalationRun.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if run is None:
            return False
        # Whoever holds a ticket never asks for its run, so the two are never waited for crosswise.
        ticket = await hold_ticket(session, run.ticket_id)
        policy = await session.get_one(EscalationPolicy, run.policy_id)
        levels = levels_of(policy)
        if not policy.is_active or run.level >= len(levels):
            await _stop(session, run, policy, SWITCHED_OFF)
            return True
        level = levels[run.level]
        acknowledged = await is_acknowledged(session, run)
        if reason := why_stopped(
            ticket.status, acknowledged=acknowledged, stop_on_ack=level.stop_on_ack
        ):
            await _stop(session, run, policy, reason)
        else:
            await _take(session, ticket, run, policy, levels)
        return True


async def _take(
    session: AsyncSession,
    ticket: Ticket,
    run: EscalationRun,
    policy: EscalationPolicy,
    levels: Sequence[Level],
) -> None:
    at, by = now_of(session), Principal.system(run.company_id, f"Escalation: {policy.name}")
    outcome = await do_level(session, ticket, levels[run.level], at=at, by=by)
    run.level += 1
    session.add(
        EscalationStep(
            company_id=run.company_id,
            run_id=run.id,
            ticket_id=run.ticket_id,
            level=run.level,
            done=outcome.done,
            at=at,
        )
    )
    event = EscalationReached(
        ticket_id=run.ticket_id,
        policy=policy.name,
        level=run.level,
        tell=outcome.tell,
        done=[each["words"] for each in outcome.done],
    )
    await emit(session, event, by=by)
    if run.level < len(levels):
        run.next_at = at + timedelta(seconds=levels[run.level].wait_seconds)
    else:
        run.next_at, run.stopped_at, run.stopped_because = None, at, TOP


async def _stop(
    session: AsyncSession, run: EscalationRun, policy: EscalationPolicy, reason: str
) -> None:
    run.next_at, run.stopped_at, run.stopped_because = None, now_of(session), reason
    event = EscalationStopped(
        ticket_id=run.ticket_id, policy=policy.name, level=run.level, reason=reason
    )
    await emit(session, event, by=Principal.system(run.company_id, f"Escalation: {policy.name}"))


async def is_acknowledged(session: AsyncSession, run: EscalationRun) -> bool:
    """Whether somebody at the desk did anything with the ticket since the run began."""
    given = {"ticket": run.ticket_id, "since": run.started_at}
    return bool(await session.scalar(_ACKNOWLEDGED, given))


_ACKNOWLEDGED = text(
    """
    select exists (
      select from event e join person p on p.id = e.by_id
      where e.company_id = current_company() and e.ticket_id = :ticket
        and e.happened_at >= :since and e.by_kind = 'person' and p.role in ('admin', 'agent')
        and e.type in ('ticket.status_changed', 'ticket.assigned', 'ticket.released',
                       'ticket.comment_added', 'ticket.changed'))
    """
)
