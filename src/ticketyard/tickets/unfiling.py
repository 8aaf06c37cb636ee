"""Take back what was said of a ticket, as if it had never been."""

from typing import Any, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.events import emit
from ticketyard.tickets.events import TicketChanged
from ticketyard.tickets.holding import hold_ticket, touch
from ticketyard.tickets.models import Ticket

_SAID_BY = {"category": "category_by", "team_id": "team_by"}


async def unfile_ticket(
    session: AsyncSession,
    *,
    ticket_id: int,
    field: Literal["category", "team_id"],
    value: str | int | None,
    said_by: str,
    by: Principal,
) -> Ticket:
    """Give the ticket the category or team it had before, and say again whose word that was.

    said_by: default, triage, source or agent.  Raises TicketNotFound, TicketMerged.
    """
    ticket = await hold_ticket(session, ticket_id)
    before = getattr(ticket, field)
    touch(session, ticket)
    setattr(ticket, field, value)
    setattr(ticket, _SAID_BY[field], said_by)
    if before != value:
        changes: dict[str, Any] = {field: [before, value]}
        await emit(session, TicketChanged(ticket_id=ticket.id, changes=changes), by=by)
    return ticket
