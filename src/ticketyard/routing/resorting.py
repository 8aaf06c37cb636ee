"""After a correction or a second opinion: a ticket goes to somebody it fits, where its agent does not."""

from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.people.queries import get_company
from ticketyard.routing.choosing import is_eligible, requirements_of, unwanted_because
from ticketyard.routing.facts import TicketFacts
from ticketyard.routing.placing import hold_routing, route_tickets
from ticketyard.routing.queries import find_assignment
from ticketyard.routing.reading import read_agents, read_offices, rules_of
from ticketyard.tickets.assigning import release_ticket
from ticketyard.tickets.lifecycle import can_be_assigned
from ticketyard.tickets.models import Ticket
from ticketyard.tickets.queries import get_ticket

CORRECTED = "what it is about was corrected"
REVISED = "a second opinion says otherwise what it is about"


async def resort_ticket(
    session: AsyncSession, ticket_id: int, *, by: Principal, reason: str = CORRECTED
) -> None:
    """Route the ticket if nobody has it, or if the rules gave it to somebody it does not fit.

    Left alone is what a person assigned, and what its agent has begun to work on.
    """
    ticket = await get_ticket(session, ticket_id)
    if not can_be_assigned(ticket.status) or not (await get_company(session)).auto_assign:
        return
    if ticket.assignee_id is not None:
        last = await find_assignment(session, ticket_id)
        by_the_rules = last is not None and last.agent_id == ticket.assignee_id
        if ticket.status != "assigned" or not by_the_rules or await _fits(session, ticket):
            return
        await hold_routing(session)
        await release_ticket(session, ticket_id=ticket_id, by=by, reason=reason)
    await route_tickets(session, [ticket_id], by=by)


async def _fits(session: AsyncSession, ticket: Ticket) -> bool:
    rules = rules_of(await get_company(session), await read_offices(session))
    last = await find_assignment(session, ticket.id)
    language = last.receipt["ticket"]["language"] if last else ""
    facts = TicketFacts(
        id=ticket.id,
        urgency=ticket.urgency or 1,
        segment=ticket.segment or "",
        category=ticket.category or "",
        language=language,
        tags=tuple(ticket.tags),
    )
    if unwanted_because(facts, rules):
        return False
    holder = [agent for agent in await read_agents(session) if agent.id == ticket.assignee_id]
    return bool(holder) and is_eligible(holder[0], requirements_of(facts, rules))
