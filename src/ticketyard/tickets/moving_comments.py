"""Take a comment to the ticket it belongs to; agents read in its old place where it went."""

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of
from ticketyard.core.events import emit
from ticketyard.tickets.commenting import add_comment
from ticketyard.tickets.errors import CommentNotFound
from ticketyard.tickets.events import CommentAdded
from ticketyard.tickets.holding import hold_ticket, touch
from ticketyard.tickets.models import Attachment, Comment


async def move_comment(
    session: AsyncSession, *, comment_id: int, to_ticket_id: int, note: str, by: Principal
) -> Comment:
    """Take the comment with its files to another ticket, as it is: words, author and date.

    Nobody is told as if it were new, and no status changes; the note stays behind, for agents.
    Raises CommentNotFound, TicketNotFound.
    """
    comment = await _held(session, comment_id)
    left = await hold_ticket(session, comment.ticket_id)
    joined = await hold_ticket(session, to_ticket_id)
    comment.ticket_id = joined.id
    await session.execute(
        update(Attachment)
        .where(Attachment.company_id == joined.company_id, Attachment.comment_id == comment.id)
        .values(ticket_id=joined.id)
    )
    touch(session, joined)
    await add_comment(
        session, ticket_id=left.id, body=note, by=by, is_internal=True, source=comment.source
    )
    return comment


async def replace_by_note(
    session: AsyncSession, *, comment_id: int, note: str, by: Principal
) -> Comment:
    """Leave a note for agents where a comment stood whose words and files are elsewhere now.

    Raises CommentNotFound.
    """
    comment = await _held(session, comment_id)
    ticket = await hold_ticket(session, comment.ticket_id)
    touch(session, ticket)
    await session.execute(
        delete(Attachment).where(
            Attachment.company_id == ticket.company_id, Attachment.comment_id == comment.id
        )
    )
    comment.body = note
    comment.is_internal = True
    comment.author_id, comment.author_kind, comment.author_name = by.person_id, by.kind, by.name
    await session.flush()
    added = CommentAdded(ticket_id=ticket.id, comment_id=comment.id, is_internal=True)
    await emit(session, added, by=by)
    return comment


async def _held(session: AsyncSession, comment_id: int) -> Comment:
    found = await session.scalar(
        select(Comment)
        .where(Comment.company_id == company_of(session), Comment.id == comment_id)
        .with_for_update()
    )
    if found is None:
        raise CommentNotFound("There is no such comment.")
    return found
