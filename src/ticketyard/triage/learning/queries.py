"""Reading what triage learns from, its trainings and its versions."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import company_of
from ticketyard.tickets.models import Ticket
from ticketyard.triage.learning.examples import Example
from ticketyard.triage.models import Correction
from ticketyard.triage.preparing import TicketText
from ticketyard.triage.queries import CATEGORY


async def list_examples(session: AsyncSession, limit: int = 50_000) -> list[Example]:
    """Labelled texts of this company: corrections first, then tickets somebody filed by hand.

    What triage itself filed is no example: it would learn its own mistakes.
    """
    corrections = await session.execute(
        select(Correction.ticket_id, Correction.content, Correction.corrected)
        .where(Correction.company_id == company_of(session), Correction.field == CATEGORY)
        .order_by(Correction.id.desc())
        .limit(limit)
    )
    latest = {
        row.ticket_id: Example(row.content, row.corrected) for row in reversed(list(corrections))
    }
    filed = await session.execute(
        select(Ticket.id, Ticket.title, Ticket.description, Ticket.category)
        .where(
            Ticket.company_id == company_of(session),
            Ticket.category.is_not(None),
            Ticket.category_by.in_(("agent", "source")),
        )
        .order_by(Ticket.id.desc())
        .limit(limit)
    )
    for row in filed:
        text = TicketText(row.id, row.title, row.description).content
        latest.setdefault(row.id, Example(text, row.category))
    return [example for example in latest.values() if example.text]
