"""Let the alerts of a merged ticket go on in the one that took it in."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.tickets.events import TicketMergedInto
from ticketyard.tickets.models import Ticket


async def surviving_ticket(
    session: AsyncSession, ticket_id: int | None, *, lock: bool = False
) -> Ticket | None:
    """The ticket, or the one that took it in a moment ago, which its alerts are not told of yet.

    lock: hold it until the end of the transaction. None where there is none (any more).
    """
    while ticket_id is not None:
        ticket = await session.get(Ticket, ticket_id, with_for_update=lock, populate_existing=True)
        if ticket is None or ticket.merged_into is None:
            return ticket
        ticket_id = ticket.merged_into
    return None


async def follow_alerts(session: AsyncSession, events: Sequence[TicketMergedInto]) -> None:
    """Repeats and recoveries of the merged ticket's alerts concern the survivor from now on. Doing it
    again changes nothing."""
    for event in events:
        for statement in (_ALERTS, _STORMS):
            await session.execute(statement, {"merged": event.ticket_id})


# Merged on since? The last one counts, which each merged ticket names.
_ALERTS = text(
    """
    update alert a set ticket_id = t.merged_into from ticket t
    where a.company_id = current_company() and t.company_id = current_company()
      and t.id = :merged and a.ticket_id = t.id and t.merged_into is not null
    """
)
_STORMS = text(
    """
    update alert_storm s set ticket_id = t.merged_into from ticket t
    where s.company_id = current_company() and t.company_id = current_company()
      and t.id = :merged and s.ticket_id = t.id and t.merged_into is not null
    """
)
