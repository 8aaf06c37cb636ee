"""Take back what a ticket was filed under, as if it had never been."""

from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.events import emit
from ticketyard.tickets.events import TicketChanged
from ticketyard.tickets.holding import hold_ticket, touch
from ticketyard.tickets.models import Ticket


async def unfile_ticket(
    session: AsyncSession, *, ticket_id: int, category: str | None, category_by: str, by: Principal
) -> Ticket:
    """Give the ticket the category it had before, and say again whose word that was.

    category_by: default, triage, source or agent.  Raises TicketNotFound, TicketMerged.
    """
    ticket = await hold_ticket(session, ticket_id)
    before = ticket.category
    touch(session, ticket)
    ticket.category = category
    ticket.category_by = category_by
    if before != category:
        changes = {"category": [before, category]}
        await emit(session, TicketChanged(ticket_id=ticket.id, changes=changes), by=by)
    return ticket
