"""Reading what arrived."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from ticketyard.core.db import company_of
from ticketyard.intake.errors import MessageNotFound
from ticketyard.intake.models import InboundMessage

PAGE_MAX = 100


async def list_waiting_messages(
    session: AsyncSession, *, before: int | None = None, limit: int = 50
) -> Sequence[InboundMessage]:
    """Messages that need a look, newest first, raw bytes included.

    before: the id the page before ended with.
    """
    query = (
        select(InboundMessage)
        .where(
            InboundMessage.company_id == company_of(session), InboundMessage.state == "needs_look"
        )
        .options(undefer(InboundMessage.raw))
        .order_by(InboundMessage.id.desc())
        .limit(min(limit, PAGE_MAX))
    )
    if before is not None:
        query = query.where(InboundMessage.id < before)
    return list(await session.scalars(query))


async def count_waiting_messages(session: AsyncSession) -> int:
    """How many messages need a look."""
    found = await session.scalar(
        select(func.count())
        .select_from(InboundMessage)
        .where(
            InboundMessage.company_id == company_of(session), InboundMessage.state == "needs_look"
        )
    )
    return int(found or 0)


async def get_message(
    session: AsyncSession, message_id: int, *, lock: bool = False
) -> InboundMessage:
    """One message with its raw bytes. Raises MessageNotFound."""
    query = (
        select(InboundMessage)
        .where(InboundMessage.company_id == company_of(session), InboundMessage.id == message_id)
        .options(undefer(InboundMessage.raw))
    )
    if lock:
        query = query.with_for_update()
    found = await session.scalar(query)
    if found is None:
        raise MessageNotFound("There is no such message.")
    return found


async def list_messages_of_ticket(
    session: AsyncSession, ticket_id: int
) -> Sequence[InboundMessage]:
    """The messages filed under a ticket, oldest first, raw bytes included."""
    query = (
        select(InboundMessage)
        .where(
            InboundMessage.company_id == company_of(session), InboundMessage.ticket_id == ticket_id
        )
        .options(undefer(InboundMessage.raw))
        .order_by(InboundMessage.id)
    )
    return list(await session.scalars(query))
