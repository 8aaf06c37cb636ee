"""A person says what is right: the ticket changes, and triage has an example to learn from."""

from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of, now_of
from ticketyard.core.events import emit
from ticketyard.tickets.labelling import Changes, change_ticket
from ticketyard.tickets.models import Ticket
from ticketyard.tickets.queries import get_ticket
from ticketyard.triage.events import TriageCorrected
from ticketyard.triage.models import Correction
from ticketyard.triage.preparing import TicketText
from ticketyard.triage.queries import find_analysis


async def correct_category(
    session: AsyncSession,
    *,
    ticket_id: int,
    category: str,
    by: Principal,
    version: int | None = None,
) -> Ticket:
    """File the ticket under this category for good; choosing the present one confirms it.

    Raises TicketNotFound, TicketChangedMeanwhile, UnknownCategory.
    """
    before = (await get_ticket(session, ticket_id)).category
    ticket = await change_ticket(
        session,
        ticket_id=ticket_id,
        changes=Changes.of({"category": category}),
        by=by,
        version=version,
    )
    await _keep(session, ticket, "category", before, ticket.category or category, by)
    return ticket


async def correct_priority(
    session: AsyncSession,
    *,
    ticket_id: int,
    priority: str,
    by: Principal,
    version: int | None = None,
) -> Ticket:
    """Give the ticket this priority for good; choosing the present one confirms it.

    Raises TicketNotFound, TicketChangedMeanwhile, BadField.
    """
    before = (await get_ticket(session, ticket_id)).priority
    ticket = await change_ticket(
        session,
        ticket_id=ticket_id,
        changes=Changes.of({"priority": priority}),
        by=by,
        version=version,
    )
    await _keep(session, ticket, "priority", before, ticket.priority, by)
    return ticket


async def _keep(
    session: AsyncSession,
    ticket: Ticket,
    field: str,
    before: str | None,
    after: str,
    by: Principal,
) -> None:
    analysis = await find_analysis(session, ticket.id)
    found = analysis and getattr(analysis, field)
    text = TicketText(ticket.id, ticket.title, ticket.description)
    session.add(
        Correction(
            company_id=company_of(session),
            ticket_id=ticket.id,
            field=field,
            found=found,
            found_confidence=analysis and getattr(analysis, f"{field}_confidence"),
            corrected=after,
            content=text.content,
            by_kind=by.kind,
            by_id=by.id,
            by_name=by.name,
            corrected_at=now_of(session),
        )
    )
    if analysis is not None and field == "category":
        analysis.need_admin = False
    await emit(
        session,
        TriageCorrected(ticket_id=ticket.id, field=field, before=before, after=after),
        by=by,
    )
