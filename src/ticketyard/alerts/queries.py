"""Reading alerts."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.alerts.models import Alert
from ticketyard.core.db import company_of


async def find_alert(session: AsyncSession, ticket_id: int) -> Alert | None:
    """The alert behind a ticket, if a machine opened it."""
    found: Alert | None = await session.scalar(
        select(Alert)
        .where(Alert.company_id == company_of(session), Alert.ticket_id == ticket_id)
        .order_by(Alert.id)
        .limit(1)
    )
    return found
