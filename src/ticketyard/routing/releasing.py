"""Take a ticket from its agent and let the rules choose again."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.routing.placing import Routed, hold_routing, route_tickets
from ticketyard.routing.queries import find_assignment
from ticketyard.tickets.assigning import release_ticket

REASON = "given back; the rules choose again"


async def reroute_ticket(
    session: AsyncSession, *, ticket_id: int, by: Principal, reason: str | None = None
) -> Routed | None:
    """Release the ticket and route it, past whoever had it; None when its work is over.

    Whom it was taken from earlier stays excluded too, until nobody is left: then all are asked again.
    Raises TicketNotFound, TicketFinished.
    """
    await hold_routing(session)
    last = await find_assignment(session, ticket_id)
    ticket = await release_ticket(session, ticket_id=ticket_id, by=by, reason=reason or REASON)
    before = await session.scalars(_HAD_IT, {"ticket_id": ticket.id, "reason": reason or REASON})
    avoid = tuple(sorted({*before, *(last.receipt["ticket"]["avoid"] if last else ())}))
    system = Principal.system(by.company_id, name="Routing")
    made = await route_tickets(session, [ticket.id], by=system, avoid={ticket.id: avoid})
    if made and made[0].outcome == "nobody eligible" and avoid:
        made = await route_tickets(session, [ticket.id], by=system) or made
    return made[0] if made else None


# Released just now: the newest such event of the ticket.
_HAD_IT = text(
    """
    select (payload ->> 'before')::integer from event
    where company_id = current_company() and ticket_id = :ticket_id and type = 'ticket.released'
      and payload ->> 'reason' = :reason
    order by id desc limit 1
    """
)
