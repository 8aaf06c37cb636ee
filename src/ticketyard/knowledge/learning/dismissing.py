"""Put a draft of solved tickets away."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.knowledge.learning.errors import ProposalNotFound
from ticketyard.knowledge.learning.queries import find_proposal
from ticketyard.knowledge.models import Document
from ticketyard.knowledge.writing import hold_article, set_publication


async def dismiss_proposal(
    session: AsyncSession, *, file_id: UUID | str, by: Principal
) -> Document:
    """Nobody wants it; neither it nor anything like it is drafted again.

    Raises DocumentNotFound, ProposalNotFound for what is no draft that waits.
    """
    document = await hold_article(session, file_id)
    if document.publication != "draft" or await find_proposal(session, document.id) is None:
        raise ProposalNotFound("There is no such draft, or somebody has decided on it.")
    return await set_publication(session, file_id=file_id, publication="archived", by=by)
