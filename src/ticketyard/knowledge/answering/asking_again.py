"""Have the knowledge looked through once more for a ticket, because somebody wants it."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.events import emit
from ticketyard.knowledge.answering.queries import knows_anything
from ticketyard.knowledge.errors import NothingToAsk
from ticketyard.knowledge.events import SolutionAskedAgain
from ticketyard.tickets.lifecycle import ACTIVE
from ticketyard.tickets.queries import get_ticket


async def ask_again(session: AsyncSession, *, ticket_id: int, by: Principal) -> None:
    """Let a worker answer the ticket anew; what was proposed before waits meanwhile. Twice is once.

    Raises TicketNotFound, or NothingToAsk.
    """
    ticket = await get_ticket(session, ticket_id)
    if ticket.status not in ACTIVE:
        raise NothingToAsk("This ticket is over; nobody waits for an answer.")
    if not await knows_anything(session):
        raise NothingToAsk("The desk knows nothing yet: add documents to the knowledge first.")
    if await session.scalar(_WAIT, {"id": ticket_id}) is not None:
        await emit(session, SolutionAskedAgain(ticket_id=ticket_id), by=by)


_WAIT = text(
    """
    insert into ticket_solution as s (company_id, ticket_id, state)
    values (current_company(), :id, 'waiting')
    on conflict (company_id, ticket_id) do update set state = 'waiting', content_hash = '', attempts = 0
    where s.state <> 'waiting'
    returning s.ticket_id
    """
)
