"""A graver report makes its alert graver, and the ticket that the alert is on."""

from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.alerts.following_merges import surviving_ticket
from ticketyard.alerts.models import Alert
from ticketyard.alerts.told import PRIORITY_OF_SEVERITY
from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of
from ticketyard.tickets.lifecycle import ACTIVE, SEVERITIES
from ticketyard.tickets.models import Ticket
from ticketyard.tickets.raising import is_above, raise_ticket


async def raise_alert(session: AsyncSession, alert: Alert, severity: str) -> bool:
    """Give the alert this severity if it is graver than its own; gives whether it is. Flushes."""
    if not is_above(SEVERITIES, severity, alert.severity):
        return False
    alert.severity = severity
    await session.flush()
    return True


async def raise_its_ticket(session: AsyncSession, ticket_id: int | None, severity: str) -> None:
    """Let the ticket be as grave as an alert on it, while it is to be done."""
    ticket = await surviving_ticket(session, ticket_id)
    if not _is_to_rise(ticket, severity):
        return
    # Held only now: a storm's ticket has many alerts at once, and few are graver.
    ticket = await surviving_ticket(session, ticket_id, lock=True)
    if ticket is not None and _is_to_rise(ticket, severity):
        await raise_ticket(
            session,
            ticket_id=ticket.id,
            severity=severity,
            priority=PRIORITY_OF_SEVERITY[severity],
            by=Principal.system(company_of(session), "Alerts"),
        )


def _is_to_rise(ticket: Ticket | None, severity: str) -> bool:
    if ticket is None or ticket.status not in ACTIVE:
        return False
    return ticket.severity is None or is_above(SEVERITIES, severity, ticket.severity)
