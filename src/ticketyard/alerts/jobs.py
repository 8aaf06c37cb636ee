"""Background entry points of alerts."""

from collections.abc import Sequence

from ticketyard.alerts.following_merges import follow_alerts
from ticketyard.alerts.keeping_up import keep_up
from ticketyard.core.resources import Resources
from ticketyard.tickets.events import TicketMergedInto


async def keep_alerts_up(resources: Resources, company_id: int) -> None:
    """Timetable: every other second for every company."""
    await keep_up(resources, company_id)


async def follow_merged(
    resources: Resources, company_id: int, events: Sequence[TicketMergedInto]
) -> None:
    """Take the alerts of merged tickets along."""
    async with resources.db.transaction(company_id) as session:
        await follow_alerts(session, events)
