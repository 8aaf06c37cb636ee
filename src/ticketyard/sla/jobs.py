"""Background entry points of service levels."""

from collections.abc import Sequence

from ticketyard.core.auth import Principal
from ticketyard.core.resources import Resources
from ticketyard.sla.changing import rename_in_policies, renew_holidays
from ticketyard.sla.counting import count_clocks
from ticketyard.sla.events import ServiceLevelsChanged
from ticketyard.sla.recounting import count_uncounted, recount_running
from ticketyard.tickets.events import (
    CategoryRenamed,
    CommentAdded,
    TicketAssigned,
    TicketChanged,
    TicketMergedInto,
    TicketOpened,
    TicketStatusChanged,
)


async def follow_tickets(
    resources: Resources,
    company_id: int,
    events: Sequence[
        TicketOpened
        | TicketStatusChanged
        | CommentAdded
        | TicketChanged
        | TicketAssigned
        | TicketMergedInto
    ],
) -> None:
    """Bring the clocks of these tickets up to date."""
    tickets = {event.ticket_id for event in events}
    tickets |= {event.into_id for event in events if isinstance(event, TicketMergedInto)}
    async with resources.db.transaction(company_id) as session:
        await count_clocks(session, sorted(tickets))


async def follow_rules(
    resources: Resources, company_id: int, events: Sequence[ServiceLevelsChanged]
) -> None:
    """Count every running clock by the new rules."""
    await recount_running(resources, company_id)


async def follow_new_names(
    resources: Resources, company_id: int, events: Sequence[CategoryRenamed]
) -> None:
    """Policies for a category that is called otherwise go on; no clock is counted anew."""
    async with resources.db.transaction(company_id) as session:
        for event in events:
            await rename_in_policies(session, event.before, event.after)


async def count_the_uncounted(resources: Resources, company_id: int) -> None:
    """Timetable: give clocks to tickets that have none."""
    await count_uncounted(resources, company_id)


async def fill_holidays(resources: Resources, company_id: int) -> None:
    """Timetable: keep the public holidays of the years ahead filled in."""
    async with resources.db.transaction(company_id) as session:
        await renew_holidays(session, by=Principal.system(company_id, "Holidays"))
