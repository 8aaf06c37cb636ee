"""Hold one ticket for a change and keep its books: version, times, history of the status."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import now_of
from ticketyard.core.events import Event
from ticketyard.tickets.errors import TicketChangedMeanwhile, TicketMerged
from ticketyard.tickets.events import TicketStatusChanged
from ticketyard.tickets.lifecycle import is_finished
from ticketyard.tickets.models import StateChange, Ticket
from ticketyard.tickets.queries import get_ticket


async def hold_ticket(
    session: AsyncSession, reference: int | str, *, version: int | None = None
) -> Ticket:
    """The ticket, locked until the end of the transaction.

    version: the one its reader saw. Raises TicketNotFound, TicketChangedMeanwhile, and TicketMerged,
    for nothing changes any more on a ticket that another took in.
    """
    ticket = await get_ticket(session, reference, lock=True)
    if ticket.merged_into is not None:
        raise await merged_away(session, ticket)
    if version is not None and version != ticket.version:
        raise changed_meanwhile(ticket)
    return ticket


def changed_meanwhile(ticket: Ticket) -> TicketChangedMeanwhile:
    """The refusal of a change that was made looking at an older version."""
    return TicketChangedMeanwhile(
        "Somebody else changed this ticket meanwhile; look at it again.", version=ticket.version
    )


async def merged_away(session: AsyncSession, ticket: Ticket) -> TicketMerged:
    """The refusal that says where a merged ticket goes on."""
    number = await session.scalar(select(Ticket.number).where(Ticket.id == ticket.merged_into))
    return TicketMerged(
        f"{ticket.number} was merged into {number}; go on there.",
        merged_into=ticket.merged_into,
        merged_into_number=number,
    )


def touch(session: AsyncSession, ticket: Ticket) -> datetime:
    """Say that the ticket changed; gives the instant."""
    at = now_of(session)
    ticket.version += 1
    ticket.updated_at = at
    return at


def stamp_first_response(ticket: Ticket, by: Principal, at: datetime) -> None:
    """Keep when somebody at the desk first acted. The system's own moves are no response, nor are
    those of whoever asked."""
    from_the_desk = by.kind != "system" and by.may("tickets:write")
    asked_it = by.person_id is not None and by.person_id == ticket.requester_id
    if ticket.first_response_at is None and from_the_desk and not asked_it:
        ticket.first_response_at = at


def move_status(
    session: AsyncSession,
    ticket: Ticket,
    after: str,
    *,
    by: Principal,
    at: datetime,
    reason: str | None = None,
) -> list[Event]:
    """Set the status with its row of history and its stamps; gives the event to emit, if any.

    The caller has checked that the move is allowed. `resolved_at` is stamped the first time the
    work is over and stays (contracts 2.3); `closed_at` is that of the last closing.
    """
    before = ticket.status
    if before == after:
        return []
    ticket.status = after
    if is_finished(after) and ticket.resolved_at is None:
        ticket.resolved_at = at
    if after == "closed":
        ticket.closed_at = at
    elif before == "closed":
        ticket.closed_at = None
    session.add(
        StateChange(
            company_id=ticket.company_id,
            ticket_id=ticket.id,
            from_status=before,
            to_status=after,
            by_kind=by.kind,
            by_id=by.id,
            by_name=by.name,
            reason=reason,
            changed_at=at,
        )
    )
    return [TicketStatusChanged(ticket_id=ticket.id, before=before, after=after, reason=reason)]
