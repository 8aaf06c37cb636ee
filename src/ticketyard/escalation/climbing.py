"""Take the levels that are due, each once: looked at, done and moved on in one transaction."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of, is_database_away, now_of
from ticketyard.core.events import emit
from ticketyard.core.log import get_logger
from ticketyard.core.resources import Resources
from ticketyard.escalation.acting import do_level
from ticketyard.escalation.drafts import Level
from ticketyard.escalation.events import EscalationReached
from ticketyard.escalation.matching import why_stopped
from ticketyard.escalation.models import EscalationPolicy, EscalationRun, EscalationStep
from ticketyard.escalation.queries import levels_of
from ticketyard.escalation.stopping import MERGED, SWITCHED_OFF, stop_run
from ticketyard.tickets.models import Ticket
from ticketyard.tickets.queries import get_ticket

log = get_logger(__name__)

TOP = "That was its last level."
# A run whose level fails is not looked at again at once, for it would hold up the others.
SET_ASIDE_SECONDS = 60


async def climb(resources: Resources, company_id: int) -> None:
    """Timetable: every few seconds. One run at a time; what another worker holds is skipped."""
    while await _climb_one(resources, company_id):
        pass


async def _climb_one(resources: Resources, company_id: int) -> bool:
    """Take the level that is due first. Each run stands for itself: one that fails is undone, noted
    in the log and set aside."""
    async with resources.db.transaction(company_id) as session:
        run = await _next_due(session)
        if run is None:
            return False
        run_id, ticket_id = run.id, run.ticket_id
        try:
            async with session.begin_nested():
                await _climb_run(session, run)
        except Exception as error:
            if is_database_away(error):
                raise
            log.exception(
                "escalation_failed", company_id=company_id, run=run_id, ticket_id=ticket_id
            )
            await _set_aside(session, run_id)
        return True


async def _next_due(session: AsyncSession) -> EscalationRun | None:
    found: EscalationRun | None = await session.scalar(
        select(EscalationRun)
        .where(
            EscalationRun.company_id == company_of(session),
            EscalationRun.next_at <= now_of(session),
        )
        .order_by(EscalationRun.next_at, EscalationRun.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return found


async def _climb_run(session: AsyncSession, run: EscalationRun) -> None:
    # Whoever holds a ticket never asks for its run, so the two are never waited for crosswise.
    ticket = await get_ticket(session, run.ticket_id, lock=True)
    policy = await session.get_one(EscalationPolicy, run.policy_id)
    levels = levels_of(policy)
    if ticket.merged_into is not None:
        await stop_run(session, run, policy, MERGED)
    elif not policy.is_active or run.level >= len(levels):
        await stop_run(session, run, policy, SWITCHED_OFF)
    elif reason := why_stopped(
        ticket.status,
        acknowledged=await is_acknowledged(session, run),
        stop_on_ack=levels[run.level].stop_on_ack,
    ):
        await stop_run(session, run, policy, reason)
    else:
        await _take(session, ticket, run, policy, levels)


async def _set_aside(session: AsyncSession, run_id: int) -> None:
    await session.execute(
        update(EscalationRun)
        .where(EscalationRun.company_id == company_of(session), EscalationRun.id == run_id)
        .values(next_at=now_of(session) + timedelta(seconds=SET_ASIDE_SECONDS))
        .execution_options(synchronize_session=False)
    )


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
        webhooks=any(each["do"] == "webhook" for each in outcome.done),
    )
    await emit(session, event, by=by)
    if run.level < len(levels):
        run.next_at = at + timedelta(seconds=levels[run.level].wait_seconds)
    else:
        run.next_at, run.stopped_at, run.stopped_because = None, at, TOP


async def is_acknowledged(session: AsyncSession, run: EscalationRun) -> bool:
    """Whether somebody at the desk did anything with the ticket since the run began. What set the run
    off, and a merge into the ticket, are no answer to it."""
    given = {"ticket": run.ticket_id, "since": run.started_at, "cause": run.cause}
    return bool(await session.scalar(_ACKNOWLEDGED, given))


_ACKNOWLEDGED = text(
    """
    select exists (
      select from event e join person p on p.id = e.by_id
      where e.company_id = current_company() and e.ticket_id = :ticket
        and e.happened_at >= :since and e.by_kind = 'person' and p.role in ('admin', 'agent')
        and e.type in ('ticket.status_changed', 'ticket.assigned', 'ticket.released',
                       'ticket.comment_added', 'ticket.changed')
        and 'reopened/' || e.id <> :cause
        -- The tags that came along.
        and not (e.type = 'ticket.changed' and exists (
          select from event m where m.company_id = e.company_id and m.ticket_id = e.ticket_id
            and m.type = 'ticket.took_in' and m.happened_at = e.happened_at and m.by_id = e.by_id)))
    """
)
