"""Write on a ticket: a reply that the requester sees, or an internal note."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import now_of
from ticketyard.core.events import emit
from ticketyard.core.shapes import storable
from ticketyard.tickets.errors import BadComment, NotForRequesters
from ticketyard.tickets.events import CommentAdded
from ticketyard.tickets.holding import hold_ticket, move_status, stamp_first_response, touch
from ticketyard.tickets.lifecycle import status_when_requester_replies
from ticketyard.tickets.models import Comment, Ticket

COMMENT_MAX = 100_000
# Two presses of one button, or a reload of the page that sent it.
TWICE_SECONDS = 15


async def add_comment(
    session: AsyncSession,
    *,
    ticket_id: int | str,
    body: str,
    by: Principal,
    is_internal: bool = False,
    source: str = "api",
    version: int | None = None,
    reopens: bool | None = None,
) -> Comment:
    """Add a comment; flushes, so that it has its id.

    The desk's first public comment is the first response. The requester's reply takes up again
    what was finished or waited for them.
    reopens: settles whether it does so, whoever wrote it; None leaves it to that rule.
    Raises BadComment, NotForRequesters, TicketNotFound, TicketChangedMeanwhile.
    """
    text = _usable(body)
    if is_internal and not by.may("tickets:read"):
        raise NotForRequesters("Internal notes are for agents.")
    ticket = await hold_ticket(session, ticket_id, version=version)
    at = touch(session, ticket)
    comment = Comment(
        company_id=ticket.company_id,
        ticket_id=ticket.id,
        author_id=by.person_id,
        author_kind=by.kind,
        author_name=by.name,
        body=text,
        is_internal=is_internal,
        source=source,
        created_at=at,
    )
    session.add(comment)
    if not is_internal:
        stamp_first_response(ticket, by, at)
    moved = move_status(
        session,
        ticket,
        _status_after(ticket, by, is_internal, reopens),
        by=by,
        at=at,
        reason="The requester replied.",
    )
    await session.flush()
    added = CommentAdded(ticket_id=ticket.id, comment_id=comment.id, is_internal=is_internal)
    await emit(session, added, *moved, by=by)
    return comment


async def find_twin(
    session: AsyncSession, *, ticket_id: int, body: str, by: Principal, is_internal: bool = False
) -> Comment | None:
    """The comment that this one would only repeat, if the same person sent the same words a moment
    ago. Holds the ticket, so that of two at once the second sees the first."""
    await hold_ticket(session, ticket_id)
    return await session.scalar(
        select(Comment)
        .where(
            Comment.ticket_id == ticket_id,
            Comment.author_kind == by.kind,
            Comment.author_id == by.person_id,
            Comment.is_internal == is_internal,
            Comment.created_at > now_of(session) - timedelta(seconds=TWICE_SECONDS),
            Comment.body == _usable(body),
        )
        .limit(1)
    )


def _usable(body: str) -> str:
    text = str(storable(body)).strip()
    if not text:
        raise BadComment("A comment needs a text.")
    if len(text) > COMMENT_MAX:
        raise BadComment(f"A comment has {COMMENT_MAX:,} characters at most.")
    return text


def _status_after(ticket: Ticket, by: Principal, is_internal: bool, reopens: bool | None) -> str:
    if reopens is None:
        asked_it = by.person_id is not None and by.person_id == ticket.requester_id
        reopens = asked_it and not is_internal
    if not reopens:
        return ticket.status
    return status_when_requester_replies(ticket.status, has_assignee=ticket.assignee_id is not None)
