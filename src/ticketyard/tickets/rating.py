"""Keep what the requester thought of the help."""

from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.events import emit
from ticketyard.core.shapes import storable
from ticketyard.tickets.errors import BadField
from ticketyard.tickets.events import TicketRated
from ticketyard.tickets.holding import hold_ticket, touch
from ticketyard.tickets.models import Ticket

FEEDBACK_MAX = 5_000


async def rate_ticket(
    session: AsyncSession,
    *,
    ticket_id: int | str,
    by: Principal,
    rating: int | None = None,
    helpful: bool | None = None,
    feedback: str | None = None,
) -> Ticket:
    """Keep a rating from 1 to 5, whether it helped, and words; the newest rating stands.

    Raises TicketNotFound; BadField for an impossible rating or when nothing is said at all.
    """
    words = str(storable(feedback or "")).strip()
    if rating is not None and not 1 <= rating <= 5:
        raise BadField("A rating is a number from 1 to 5.")
    if len(words) > FEEDBACK_MAX:
        raise BadField(f"Feedback has {FEEDBACK_MAX:,} characters at most.")
    if rating is None and helpful is None and not words:
        raise BadField("Say how it went: a rating, whether it helped, or a few words.")
    ticket = await hold_ticket(session, ticket_id)
    touch(session, ticket)
    if rating is not None:
        ticket.satisfaction_rating = rating
    if words:
        ticket.satisfaction_feedback = words
    await emit(session, TicketRated(ticket_id=ticket.id, rating=rating, helpful=helpful), by=by)
    return ticket
