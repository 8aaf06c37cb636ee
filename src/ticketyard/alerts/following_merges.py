"""Let the alerts of a merged ticket go on in the one that took it in."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.tickets.events import TicketMergedInto


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
