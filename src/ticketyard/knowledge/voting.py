"""Say whether a document helped."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of, now_of
from ticketyard.knowledge.errors import NoVoter
from ticketyard.knowledge.models import Document, Vote
from ticketyard.knowledge.queries import find_vote, get_document, get_visible_document


async def vote(
    session: AsyncSession, *, file_id: UUID | str, is_helpful: bool, by: Principal
) -> Document:
    """Count whether it helped; whoever says it again, or otherwise, is counted once.

    Raises DocumentNotFound, NoVoter.
    """
    if by.person_id is None:
        raise NoVoter("Whether something helped is said by people.")
    await get_visible_document(session, file_id, by)
    document = await get_document(session, file_id, lock=True)
    before = await find_vote(session, document.id, by.person_id)
    if before is None:
        before = Vote(
            company_id=company_of(session), document_id=document.id, person_id=by.person_id
        )
        session.add(before)
    elif before.is_helpful != is_helpful:
        _count(document, before.is_helpful, -1)
    else:
        return document
    _count(document, is_helpful, 1)
    before.is_helpful, before.voted_at = is_helpful, now_of(session)
    return document


def _count(document: Document, is_helpful: bool, by: int) -> None:
    if is_helpful:
        document.helpful += by
    else:
        document.unhelpful += by
