"""Background entry points of escalation."""

from collections.abc import Sequence
from datetime import datetime

from ticketyard.core.resources import Resources
from ticketyard.escalation.changing import rename_in_policies
from ticketyard.escalation.climbing import climb
from ticketyard.escalation.starting import Cause, start_escalations, start_reopened
from ticketyard.sla.events import SlaBreached, SlaWarned
from ticketyard.tickets.events import (
    CategoryRenamed,
    TicketChanged,
    TicketOpened,
    TicketStatusChanged,
)
from ticketyard.tickets.lifecycle import is_finished
from ticketyard.triage.events import TicketTriaged

Opening = TicketOpened | TicketTriaged | TicketChanged
Promise = SlaWarned | SlaBreached


async def start_on_opening(
    resources: Resources, company_id: int, events: Sequence[Opening]
) -> None:
    """See which policy a new ticket comes under; again once it is sorted, or was changed."""
    causes = [Cause(ticket, "opened", "opened") for ticket in _tickets(events)]
    async with resources.db.transaction(company_id) as session:
        await start_escalations(session, causes)
    await climb(resources, company_id)


async def follow_new_names(
    resources: Resources, company_id: int, events: Sequence[CategoryRenamed]
) -> None:
    """Policies for a category that is called otherwise go on."""
    async with resources.db.transaction(company_id) as session:
        for event in events:
            await rename_in_policies(session, event.before, event.after)


async def start_on_reopening(
    resources: Resources, company_id: int, events: Sequence[TicketStatusChanged]
) -> None:
    """See which policy a ticket comes under that is taken up again."""
    reopenings = [
        each.stored_id
        for each in events
        if each.stored_id and is_finished(each.before) and not is_finished(each.after)
    ]
    if not reopenings:
        return
    async with resources.db.transaction(company_id) as session:
        await start_reopened(session, reopenings)
    await climb(resources, company_id)


async def start_on_promise(
    resources: Resources, company_id: int, events: Sequence[Promise]
) -> None:
    """See which policy a promise that breaks comes under."""
    # What was met too late needs nobody any more.
    broken = [each for each in events if not isinstance(each, SlaBreached) or not each.stopped_at]
    causes = [
        Cause(
            event.ticket_id,
            event.type,
            f"{event.type}/{event.clock}/{event.cycle}",
            _instant(event),
        )
        for event in broken
    ]
    async with resources.db.transaction(company_id) as session:
        await start_escalations(session, causes)
    await climb(resources, company_id)


async def climb_due(resources: Resources, company_id: int) -> None:
    """Timetable: take the levels that are due."""
    await climb(resources, company_id)


def _tickets(events: Sequence[Opening]) -> list[int]:
    return sorted({event.ticket_id for event in events if event.ticket_id is not None})


def _instant(event: Promise) -> datetime | None:
    """A promise is broken when it was due; it is warned of when it is told."""
    return datetime.fromisoformat(event.due_at) if isinstance(event, SlaBreached) else None
