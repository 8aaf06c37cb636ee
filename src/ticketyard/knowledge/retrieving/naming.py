"""Which document somebody outside means."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


async def find_document_id(session: AsyncSession, source_id: str) -> int | None:
    """The document with this file id, or made of the ticket with this id; None where there is none."""
    try:
        file_id = UUID(source_id)
    except ValueError:
        return await _of_ticket(session, source_id)
    found: int | None = await session.scalar(_BY_FILE, {"file_id": file_id})
    return found


async def _of_ticket(session: AsyncSession, source_id: str) -> int | None:
    if not (source_id.isascii() and source_id.isdigit() and len(source_id) < 19):
        return None
    found: int | None = await session.scalar(_BY_TICKET, {"ticket_id": int(source_id)})
    return found


_BY_FILE = text(
    "select id from knowledge_document where company_id = current_company() and file_id = :file_id"
)
_BY_TICKET = text(
    "select id from knowledge_document where company_id = current_company()"
    " and source_type = 'ticket' and ticket_id = :ticket_id"
)
