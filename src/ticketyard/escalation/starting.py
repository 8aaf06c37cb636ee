"""Set policies off: when a ticket is opened or sorted, and when a promise is about to break."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import company_of, now_of
from ticketyard.escalation.matching import Facts, best_policy
from ticketyard.escalation.models import EscalationRun
from ticketyard.escalation.queries import conditions_of, list_policies
from ticketyard.tickets.models import Ticket


@dataclass(frozen=True)
class Cause:
    """What may set a policy off. name: tells one from another on the same ticket.

    at: since when it is so; None is the opening of the ticket, and now for all other triggers.
    """

    ticket_id: int
    trigger: str
    name: str
    at: datetime | None = None


async def start_escalations(session: AsyncSession, causes: Sequence[Cause]) -> None:
    """Start the policy that each cause brings; what was set off before by the same is left alone.

    A ticket that no policy matched when it was opened is looked at again once it is sorted: the
    first policy that matches counts from the opening. A policy does not reach back before itself.
    """
    policies = [each for each in await list_policies(session) if each.is_active]
    wanted = {each.trigger for each in policies}
    causes = [each for each in causes if each.trigger in wanted]
    if not causes:
        return
    found = await session.scalars(
        select(Ticket).where(
            Ticket.company_id == company_of(session),
            Ticket.id.in_({each.ticket_id for each in causes}),
        )
    )
    tickets = {each.id: each for each in found}
    waits = {each.id: each.levels[0]["wait_seconds"] for each in policies}
    since_when = {each.id: each.created_at for each in policies}
    conditions = [conditions_of(each) for each in policies]
    rows = []
    for cause in sorted(causes, key=lambda each: (each.ticket_id, each.name)):
        ticket = tickets.get(cause.ticket_id)
        policy = ticket and best_policy(conditions, facts_of(ticket), cause.trigger)
        if ticket is None or policy is None:
            continue
        if cause.trigger == "opened" and ticket.created_at < since_when[policy.id]:
            continue
        since = ticket.created_at if cause.trigger == "opened" else now_of(session)
        began = cause.at or since
        rows.append(
            {
                "company_id": ticket.company_id,
                "ticket_id": ticket.id,
                "policy_id": policy.id,
                "cause": cause.name,
                "level": 0,
                "started_at": began,
                "next_at": began + timedelta(seconds=waits[policy.id]),
            }
        )
    if rows:
        await session.execute(insert(EscalationRun).values(rows).on_conflict_do_nothing())


def facts_of(ticket: Ticket) -> Facts:
    """What policies ask of it."""
    return Facts(
        source=ticket.source,
        priority=ticket.priority,
        status=ticket.status,
        category=ticket.category,
        severity=ticket.severity,
        organization_id=ticket.organization_id,
    )
