"""Background entry points of alerts."""

from ticketyard.alerts.keeping_up import keep_up
from ticketyard.core.resources import Resources


async def keep_alerts_up(resources: Resources, company_id: int) -> None:
    """Timetable: every other second for every company."""
    await keep_up(resources, company_id)
