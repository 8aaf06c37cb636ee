"""Reading what routing decided."""

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import company_of
from ticketyard.routing.errors import ReceiptNotFound
from ticketyard.routing.models import Assignment, TicketPlace


async def find_assignment(session: AsyncSession, ticket_id: int) -> Assignment | None:
    """The newest decision about a ticket, if routing has looked at it."""
    found: Assignment | None = await session.scalar(
        select(Assignment)
        .where(Assignment.company_id == company_of(session), Assignment.ticket_id == ticket_id)
        .order_by(Assignment.id.desc())
        .limit(1)
    )
    return found


async def get_assignment(session: AsyncSession, ticket_id: int) -> Assignment:
    """The newest decision about a ticket. Raises ReceiptNotFound."""
    found = await find_assignment(session, ticket_id)
    if found is None:
        raise ReceiptNotFound("Routing has not decided about this ticket yet.")
    return found


async def list_assignments(session: AsyncSession, ticket_id: int) -> list[Assignment]:
    """Every decision about a ticket, the newest first."""
    rows = await session.scalars(
        select(Assignment)
        .where(Assignment.company_id == company_of(session), Assignment.ticket_id == ticket_id)
        .order_by(Assignment.id.desc())
    )
    return list(rows)


async def find_place(session: AsyncSession, ticket_id: int) -> TicketPlace | None:
    """Where a ticket is from, if routing has looked at it."""
    return await session.get(TicketPlace, (company_of(session), ticket_id))


async def list_unrouted(session: AsyncSession, *, after_id: int = 0, limit: int = 500) -> list[int]:
    """Tickets in work that nobody has, in order of urgency and then id, a page at a time."""
    rows = await session.scalars(
        text(
            """
            select t.id from ticket t
            where t.company_id = current_company() and t.assignee_id is null and t.id > :after
              and t.status in ('open', 'in_progress', 'pending')
            order by t.id limit :limit
            """
        ),
        {"after": after_id, "limit": limit},
    )
    return list(rows)
