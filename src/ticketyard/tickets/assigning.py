"""Give tickets to agents, and take them back."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import now_of
from ticketyard.core.events import Event, acting, emit
from ticketyard.people.queries import get_agent
from ticketyard.tickets.errors import TicketFinished
from ticketyard.tickets.events import TicketAssigned, TicketReleased, TicketStatusChanged
from ticketyard.tickets.holding import hold_ticket, move_status, stamp_first_response, touch
from ticketyard.tickets.lifecycle import (
    can_be_assigned,
    status_when_assigned,
    status_when_released,
)
from ticketyard.tickets.models import Ticket


async def assign_ticket(
    session: AsyncSession,
    *,
    ticket_id: int | str,
    agent_id: int,
    by: Principal,
    reason: str | None = None,
    version: int | None = None,
) -> Ticket:
    """Give the ticket to an agent. Giving it to the same agent again changes nothing.

    Raises TicketNotFound, AgentNotFound, TicketChangedMeanwhile, or TicketFinished when its work
    is over.
    """
    ticket = await hold_ticket(session, ticket_id, version=version)
    agent = await get_agent(session, agent_id)
    if not can_be_assigned(ticket.status):
        raise TicketFinished(f"This ticket is {ticket.status}; reopen it first.")
    before, after = ticket.assignee_id, status_when_assigned(ticket.status)
    if before == agent.id and after == ticket.status:
        return ticket

    at = touch(session, ticket)
    stamp_first_response(ticket, by, at)
    events: list[Event] = []
    if before != agent.id:
        ticket.assignee_id = agent.id
        events.append(
            TicketAssigned(
                ticket_id=ticket.id,
                agent_id=agent.id,
                agent_name=agent.name,
                before=before,
                reason=reason,
            )
        )
    events += move_status(session, ticket, after, by=by, at=at, reason=reason)
    await emit(session, *events, by=by)
    return ticket


async def release_ticket(
    session: AsyncSession,
    *,
    ticket_id: int | str,
    by: Principal,
    reason: str | None = None,
    version: int | None = None,
) -> Ticket:
    """Take the ticket from its agent. Where nobody has it, nothing changes.

    Raises TicketNotFound, TicketChangedMeanwhile, or TicketFinished when its work is over: who did
    it stays known.
    """
    ticket = await hold_ticket(session, ticket_id, version=version)
    before = ticket.assignee_id
    if before is None:
        return ticket
    if not can_be_assigned(ticket.status):
        raise TicketFinished(f"This ticket is {ticket.status}; reopen it first.")
    at = touch(session, ticket)
    ticket.assignee_id = None
    moved = move_status(
        session, ticket, status_when_released(ticket.status), by=by, at=at, reason=reason
    )
    released = TicketReleased(ticket_id=ticket.id, before=before, reason=reason)
    await emit(session, released, *moved, by=by)
    return ticket


@dataclass(frozen=True)
class Choice:
    """One ticket for one agent, and why."""

    ticket_id: int
    agent_id: int
    reason: str | None = None


async def assign_many(
    session: AsyncSession, choices: Sequence[Choice], *, by: Principal
) -> list[int]:
    """Give many unassigned tickets to agents in one statement; gives the ids that went through.

    Passed over, because somebody was quicker or the agent is gone: tickets that have an assignee
    or are finished, and agents who are no longer active. Each ticket at most once in a batch.
    """
    if not choices:
        return []
    at = now_of(session)
    await session.flush()
    rows = await session.execute(
        _ASSIGN_MANY,
        {
            "choices": orjson.dumps([asdict(each) for each in choices]).decode(),
            "by": orjson.dumps(acting(by)).decode(),
            "at": at,
        },
    )
    events: list[Event] = []
    given: list[int] = []
    for row in rows:
        given.append(row.ticket_id)
        events.append(
            TicketAssigned(
                ticket_id=row.ticket_id,
                agent_id=row.agent_id,
                agent_name=row.agent_name,
                reason=row.reason,
            )
        )
        if row.before != row.after:
            events.append(
                TicketStatusChanged(
                    ticket_id=row.ticket_id, before=row.before, after=row.after, reason=row.reason
                )
            )
    await emit(session, *events, by=by)
    return given


# Locked in order of id, so that two batches never wait for each other in a circle.
_ASSIGN_MANY = text(
    """
    with wanted as (
      select w.ticket_id, w.agent_id, w.reason, p.name as agent_name
      from jsonb_to_recordset(cast(:choices as jsonb))
        as w(ticket_id bigint, agent_id integer, reason text)
      join person p on p.company_id = current_company() and p.id = w.agent_id
        and p.role in ('agent', 'admin') and p.is_active
    ), held as (
      select t.id, t.status from ticket t
      where t.company_id = current_company() and t.id in (select ticket_id from wanted)
        and t.assignee_id is null and t.status in ('open', 'assigned', 'in_progress', 'pending')
      order by t.id for update
    ), given as (
      update ticket t set assignee_id = w.agent_id, version = t.version + 1, updated_at = :at,
        status = case when t.status = 'open' then 'assigned' else t.status end
      from held h join wanted w on w.ticket_id = h.id
      where t.id = h.id and t.company_id = current_company()
      returning t.id as ticket_id, w.agent_id, w.agent_name, w.reason, h.status as before,
                t.status as after
    ), changed as (
      insert into state_change (company_id, ticket_id, from_status, to_status,
                                by_kind, by_id, by_name, reason, changed_at)
      select current_company(), g.ticket_id, g.before, g.after, cast(:by as jsonb) ->> 'kind',
             cast(cast(:by as jsonb) ->> 'id' as integer), cast(:by as jsonb) ->> 'name',
             g.reason, :at
      from given g where g.before <> g.after
    )
    select * from given order by ticket_id
    """
)
