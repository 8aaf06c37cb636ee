"""End runs before their last level, and say so."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of, now_of
from ticketyard.core.events import emit
from ticketyard.escalation.events import EscalationStopped
from ticketyard.escalation.models import EscalationPolicy, EscalationRun

SWITCHED_OFF: Final = "The policy was switched off."
MERGED: Final = "It was merged."
REOPENED: Final = "It was done, and taken up again."


async def stop_run(
    session: AsyncSession, run: EscalationRun, policy: EscalationPolicy, reason: str
) -> None:
    """End a run that the caller holds."""
    run.next_at, run.stopped_at, run.stopped_because = None, now_of(session), reason
    event = EscalationStopped(
        ticket_id=run.ticket_id, policy=policy.name, level=run.level, reason=reason
    )
    await emit(session, event, by=Principal.system(run.company_id, f"Escalation: {policy.name}"))


async def stop_earlier(session: AsyncSession, ticket_ids: Sequence[int]) -> None:
    """End what the opening of these tickets, or an earlier reopening, had set off."""
    rows = await session.execute(
        select(EscalationRun, EscalationPolicy)
        .join(EscalationPolicy, EscalationPolicy.id == EscalationRun.policy_id)
        .where(
            EscalationRun.company_id == company_of(session),
            EscalationRun.ticket_id.in_(ticket_ids),
            EscalationRun.next_at.is_not(None),
            EscalationPolicy.trigger == "opened",
        )
        .order_by(EscalationRun.id)
        .with_for_update(of=EscalationRun)
    )
    for run, policy in rows.all():
        await stop_run(session, run, policy, REOPENED)
