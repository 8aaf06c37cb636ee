"""Set policies off: when a ticket is opened, sorted or reopened, and when a promise is about to break."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import company_of, now_of
from ticketyard.escalation.matching import Facts, best_policy
from ticketyard.escalation.models import EscalationPolicy, EscalationRun
from ticketyard.escalation.queries import conditions_of, list_policies
from ticketyard.escalation.stopping import stop_earlier
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
    policies = {each.id: each for each in await list_policies(session) if each.is_active}
    wanted = {each.trigger for each in policies.values()}
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
    anew = await _counted_anew(session, list(tickets))
    conditions = [conditions_of(each) for each in policies.values()]
    rows = []
    for cause in sorted(causes, key=lambda each: (each.ticket_id, each.name)):
        ticket = tickets.get(cause.ticket_id)
        best = ticket and best_policy(conditions, facts_of(ticket), cause.trigger)
        if ticket is None or best is None or (cause.name == "opened" and ticket.id in anew):
            continue
        policy = policies[best.id]
        began = cause.at or (ticket.created_at if cause.trigger == "opened" else now_of(session))
        if cause.trigger != "opened" or began >= policy.created_at:
            rows.append(_row(ticket, policy, cause, began))
    if rows:
        await session.execute(insert(EscalationRun).values(rows).on_conflict_do_nothing())


async def start_reopened(session: AsyncSession, reopenings: Sequence[int]) -> None:
    """Start the policies of tickets that were taken up again, counting from then. What their opening
    had set off ends.

    reopenings: ids of the events.
    """
    rows = (await session.execute(_REOPENINGS, {"ids": list(reopenings)})).all()
    await stop_earlier(session, sorted({row.ticket_id for row in rows}))
    causes = [Cause(row.ticket_id, "opened", f"reopened/{row.id}", row.happened_at) for row in rows]
    await start_escalations(session, causes)


async def _counted_anew(session: AsyncSession, ticket_ids: Sequence[int]) -> set[int]:
    """Those that count from a reopening; their opening sets nothing off any more."""
    found = await session.scalars(
        select(EscalationRun.ticket_id).where(
            EscalationRun.company_id == company_of(session),
            EscalationRun.ticket_id.in_(ticket_ids),
            EscalationRun.cause.startswith("reopened/"),
        )
    )
    return set(found)


def _row(ticket: Ticket, policy: EscalationPolicy, cause: Cause, began: datetime) -> dict[str, Any]:
    wait = timedelta(seconds=policy.levels[0]["wait_seconds"])
    return {
        "company_id": ticket.company_id,
        "ticket_id": ticket.id,
        "policy_id": policy.id,
        "cause": cause.name,
        "level": 0,
        "started_at": began,
        "next_at": began + wait,
    }


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


# The last one of each ticket, and only where it was not looked at before.
_REOPENINGS = text(
    """
    select distinct on (e.ticket_id) e.ticket_id, e.id, e.happened_at from event e
    where e.company_id = current_company() and e.id = any(:ids) and not exists (
      select from escalation_run r where r.company_id = e.company_id and r.ticket_id = e.ticket_id
        and r.cause = 'reopened/' || e.id)
    order by e.ticket_id, e.id desc
    """
)
