"""Let a ticket become graver than its source said at first."""

from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.events import emit
from ticketyard.tickets.events import TicketChanged
from ticketyard.tickets.holding import hold_ticket, touch
from ticketyard.tickets.lifecycle import PRIORITIES, SEVERITIES
from ticketyard.tickets.models import Ticket


async def raise_ticket(
    session: AsyncSession, *, ticket_id: int, severity: str, priority: str, by: Principal
) -> Ticket:
    """Give the ticket this severity, and this priority while its own is its source's; both only ever
    upwards. What is as high already is no change and leaves no trace.

    Raises TicketNotFound, TicketMerged.
    """
    ticket = await hold_ticket(session, ticket_id)
    changes: dict[str, list[str | None]] = {}
    if ticket.severity is None or is_above(SEVERITIES, severity, ticket.severity):
        changes["severity"] = [ticket.severity, severity]
    if ticket.priority_by == "source" and is_above(PRIORITIES, priority, ticket.priority):
        changes["priority"] = [ticket.priority, priority]
    if changes:
        touch(session, ticket)
        for name, (_, after) in changes.items():
            setattr(ticket, name, after)
        await emit(session, TicketChanged(ticket_id=ticket.id, changes=changes), by=by)
    return ticket


def is_above(ranks: tuple[str, ...], word: str, other: str) -> bool:
    """Whether one word of a list that rises stands above another."""
    return ranks.index(word) > ranks.index(other)
