"""What is done about tickets that a broker tells of: the verb that our own listener calls."""

from ticketyard.core.resources import Resources
from ticketyard.knowledge.answering.solving import propose_solutions
from ticketyard.outlet.consuming.messages import TicketCreated
from ticketyard.tickets.queries import get_ticket


async def answer_told_ticket(resources: Resources, company_id: int, message: TicketCreated) -> None:
    """Propose a solution for the ticket from what is known. Raises TicketNotFound."""
    async with resources.db.transaction(company_id) as session:
        await get_ticket(session, message.ticket_id)
    await propose_solutions(resources, company_id, [message.ticket_id])
