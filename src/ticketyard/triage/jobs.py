"""Background entry points of triage."""

from collections.abc import Sequence

from ticketyard.core.jobs import BATCH
from ticketyard.core.resources import Resources
from ticketyard.tickets.events import CategoryRenamed, TicketOpened, TicketReread
from ticketyard.triage.analysing import analyse_tickets
from ticketyard.triage.events import TicketTriaged
from ticketyard.triage.learning.events import ModelPromoted, ModelRolledBack
from ticketyard.triage.queries import list_open_for_review, list_unfinished
from ticketyard.triage.renaming import follow_new_name
from ticketyard.triage.resolving.deciding import resolve_triaged

RETRIES = 8

REANALYSED_MOST = 5000
"""The newest; what is older has waited long, and a person will come to it."""


async def triage_tickets(
    resources: Resources, company_id: int, events: Sequence[TicketOpened | TicketReread]
) -> None:
    """Find out what new or re-read tickets are about."""
    reread = {event.ticket_id for event in events if isinstance(event, TicketReread)}
    opened = {event.ticket_id for event in events} - reread
    await analyse_tickets(resources, company_id, sorted(opened))
    # What triage had filled in was taken away, so its finding is due again, the same text or not.
    await analyse_tickets(resources, company_id, sorted(reread), anew=True)


async def retry_untriaged(resources: Resources, company_id: int) -> None:
    """Timetable: try again where an engine broke."""
    async with resources.db.transaction(company_id) as session:
        ticket_ids = await list_unfinished(session, max_attempts=RETRIES)
    await analyse_tickets(resources, company_id, ticket_ids)


async def reanalyse_waiting(
    resources: Resources, company_id: int, events: Sequence[ModelPromoted | ModelRolledBack]
) -> None:
    """Another model answers: look again at open tickets that wait for a person, and at no others."""
    async with resources.db.transaction(company_id) as session:
        waiting = await list_open_for_review(session, limit=REANALYSED_MOST)
    for start in range(0, len(waiting), BATCH):
        await analyse_tickets(resources, company_id, waiting[start : start + BATCH], anew=True)


async def follow_new_names(
    resources: Resources, company_id: int, events: Sequence[CategoryRenamed]
) -> None:
    """Categories are called otherwise."""
    async with resources.db.transaction(company_id) as session:
        for event in events:
            await follow_new_name(session, event.before, event.after)


async def resolve_tickets(
    resources: Resources, company_id: int, events: Sequence[TicketTriaged]
) -> None:
    """Resolve what needs no person, where the company wants that."""
    read = sorted({event.ticket_id for event in events if event.category and not event.failed})
    if read:
        await resolve_triaged(resources, company_id, read)
