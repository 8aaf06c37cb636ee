"""What holds for every change of a document: what was found of it before must not outlive the change."""

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import company_of, now_of
from ticketyard.knowledge.models import ChunkRow, Document, DocumentText
from ticketyard.knowledge.retrieving.indexing import forget_pieces


def read_again(session: AsyncSession, document: Document) -> None:
    """Let it be read anew; whoever reads it now reads for nothing."""
    document.state = "waiting"
    document.problem = None
    document.attempts = 0
    document.parts_done = document.parts_total = 0
    document.due_at = now_of(session)
    document.claim = document.claimed_until = None


def touch(session: AsyncSession, document: Document) -> None:
    """A new version."""
    document.version += 1
    document.updated_at = now_of(session)


async def forget_chunks(session: AsyncSession, document_id: int) -> None:
    """Nothing answers from it any more, from the end of this transaction on."""
    await forget_pieces(session, document_id)
    for table in (ChunkRow, DocumentText):
        await session.execute(
            delete(table).where(
                table.company_id == company_of(session), table.document_id == document_id
            )
        )
