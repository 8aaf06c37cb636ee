"""Say that an alert fires and recovers again and again, or does so no longer."""

from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.alerts.events import AlertFlapping
from ticketyard.alerts.following_merges import surviving_ticket
from ticketyard.alerts.models import Alert
from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of
from ticketyard.core.events import emit
from ticketyard.tickets.commenting import add_comment


async def say_flapping(session: AsyncSession, alert: Alert, *, is_flapping: bool) -> None:
    """Write on the ticket that its alert flaps, or does so no longer, and tell."""
    system = Principal.system(company_of(session), "Alerts")
    words = (
        "The alert fires and recovers again and again. Its ticket is left as it is until it calms."
        if is_flapping
        else "The alert has calmed down."
    )
    ticket = await surviving_ticket(session, alert.ticket_id)
    if ticket is not None:
        await add_comment(session, ticket_id=ticket.id, body=words, is_internal=True, by=system)
    told = AlertFlapping(
        ticket_id=ticket.id if ticket else None,
        alert_id=alert.id,
        provider_id=alert.provider_id,
        title=alert.title,
        is_flapping=is_flapping,
    )
    await emit(session, told, by=system)
