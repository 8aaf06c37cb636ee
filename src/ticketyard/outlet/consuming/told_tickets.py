"""What is done about tickets that a broker or a call tells of: the verb that our own listener calls."""

from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.events import emit
from ticketyard.core.resources import Resources
from ticketyard.knowledge.answering.solving import propose_solutions
from ticketyard.outlet.consuming.handling import Handlers, take_up
from ticketyard.outlet.consuming.messages import TicketCreated
from ticketyard.outlet.events import TicketEventTaken
from ticketyard.tickets.queries import get_ticket


async def answer_told_ticket(resources: Resources, company_id: int, message: TicketCreated) -> None:
    """Propose a solution for the ticket from what is known. Raises TicketNotFound."""
    async with resources.db.transaction(company_id) as session:
        await get_ticket(session, message.ticket_id)
    await propose_solutions(resources, company_id, [message.ticket_id])


async def take_ticket_event(
    session: AsyncSession, *, event_id: str, ticket_id: int, by: Principal
) -> None:
    """Keep that we were told of a ticket; a worker answers it, whoever tells of it how often once."""
    await emit(session, TicketEventTaken(event_id=event_id, told_ticket_id=ticket_id), by=by)


async def answer_taken(resources: Resources, company_id: int, event: TicketEventTaken) -> None:
    """Do about it what is done about the same message of a broker; one done before is passed over.

    Raises StillBusy, or whatever went wrong where trying again may help.
    """
    message = TicketCreated(
        event_id=event.event_id,
        company_id=company_id,
        ticket_id=event.told_ticket_id,
        title="",
        description="",
        category="",
        priority="",
    )
    handlers = Handlers(ticket_created=answer_told_ticket)
    await take_up(resources, handlers, "ticket_created", company_id, message)
