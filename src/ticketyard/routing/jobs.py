"""Background entry points of routing."""

from collections.abc import Sequence

from ticketyard.core.auth import Principal
from ticketyard.core.resources import Resources
from ticketyard.intake.events import ImportStored
from ticketyard.routing.events import MapAsked, ProcessingRequested
from ticketyard.routing.following import NAME, ask_and_place, follow_triage
from ticketyard.routing.processing import process_again
from ticketyard.routing.resorting import CORRECTED, REVISED, resort_ticket
from ticketyard.triage.events import TicketTriaged, TriageCorrected, TriageRevised


async def place_tickets(
    resources: Resources, company_id: int, events: Sequence[TicketTriaged]
) -> None:
    """Give tickets to agents once triage has looked at them."""
    await follow_triage(resources, company_id, sorted({event.ticket_id for event in events}))


async def close_imports(
    resources: Resources, company_id: int, events: Sequence[ImportStored]
) -> None:
    """An import whose tickets were all understood before it ended, or that brought nothing new."""
    await follow_triage(resources, company_id, [])


async def ask_the_map(resources: Resources, company_id: int, events: Sequence[MapAsked]) -> None:
    """Find places the gazetteer does not know, and route their tickets."""
    await ask_and_place(resources, company_id, sorted({event.ticket_id for event in events}))


async def process_tickets(
    resources: Resources, company_id: int, events: Sequence[ProcessingRequested]
) -> None:
    """Analyse and route what is still waiting, because somebody asked for it."""
    for event in events:
        await process_again(resources, company_id, event.run_id)


async def resort_tickets(
    resources: Resources, company_id: int, events: Sequence[TriageCorrected | TriageRevised]
) -> None:
    """Look again at who has a ticket when a person, or a second opinion, said what it is about."""
    reasons: dict[int, str] = {}
    for event in events:
        is_revised = isinstance(event, TriageRevised)
        reasons[event.ticket_id] = REVISED if is_revised else CORRECTED
    for ticket_id, reason in sorted(reasons.items()):
        async with resources.db.transaction(company_id) as session:
            by = Principal.system(company_id, NAME)
            await resort_ticket(session, ticket_id, by=by, reason=reason)


async def close_late_imports(resources: Resources, company_id: int) -> None:
    """Timetable: imports that wait for a ticket nobody could analyse are given out without it."""
    await follow_triage(resources, company_id, [])
