"""What the end of an alert means for its ticket: resolved, unless a person has touched it."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.alerts.deciding import Rules, decide_ending
from ticketyard.alerts.following_merges import surviving_ticket
from ticketyard.alerts.models import Alert
from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of
from ticketyard.tickets.changing_status import change_status
from ticketyard.tickets.commenting import add_comment

_TOUCHED = text(
    """
    select exists (select from event e
      where e.company_id = current_company() and e.ticket_id = :id and e.by_kind = 'person'
        and e.type <> 'ticket.opened' and e.type not like 'alert.%')
    """
)
_OTHERS = text(
    """
    select exists (select from alert a
      where a.company_id = current_company() and a.ticket_id = :ticket and a.id <> :alert
        and a.state = 'firing')
    """
)


async def tell_ticket_of_end(session: AsyncSession, alert: Alert, rules: Rules) -> bool:
    """Resolve the ticket of an alert that is over, or write on it, or leave it; gives whether it
    was resolved."""
    # Held before it is asked who touched it, so that nobody does so in between.
    ticket = await surviving_ticket(session, alert.ticket_id, lock=True)
    if ticket is None:
        return False
    ending = decide_ending(
        ticket_status=ticket.status,
        is_touched=bool(await session.scalar(_TOUCHED, {"id": ticket.id})),
        is_latched=alert.is_latched,
        is_flapping=alert.flapping_since is not None,
        others_fire=bool(await session.scalar(_OTHERS, {"ticket": ticket.id, "alert": alert.id})),
        rules=rules,
    )
    system = Principal.system(company_of(session), "Alerts")
    if ending == "comment":
        body = f"The alert “{alert.title}” has recovered."
        await add_comment(session, ticket_id=ticket.id, body=body, is_internal=True, by=system)
    elif ending == "resolve":
        await change_status(
            session,
            ticket_id=ticket.id,
            status="resolved",
            by=system,
            reason="The alert has recovered.",
        )
    return ending == "resolve"
