"""A category is called otherwise: documents about it say so."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import company_of
from ticketyard.knowledge.changing import read_again, touch
from ticketyard.knowledge.models import Document


async def follow_new_name(session: AsyncSession, before: str, after: str) -> None:
    """Documents bear the new name, and are read again: what a chunk is about stands with it."""
    documents = await session.scalars(
        select(Document)
        .where(Document.company_id == company_of(session), Document.category == before)
        .order_by(Document.id)
        .with_for_update()
    )
    for document in documents:
        document.category = after
        touch(session, document)
        read_again(session, document)
