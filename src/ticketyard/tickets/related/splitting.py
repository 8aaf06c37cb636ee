"""Give some comments of a ticket a ticket of their own."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.events import emit
from ticketyard.tickets.drafts import NewTicket
from ticketyard.tickets.errors import BadSplit
from ticketyard.tickets.events import TicketSplit
from ticketyard.tickets.holding import hold_ticket, touch
from ticketyard.tickets.labels import normal_title
from ticketyard.tickets.models import Attachment, Comment, Ticket
from ticketyard.tickets.numbering import Numbers
from ticketyard.tickets.opening import OpenedTicket, open_tickets
from ticketyard.tickets.related.linking import link_tickets

SPLIT_MAX = 200


async def split_ticket(
    session: AsyncSession,
    *,
    ticket_id: int | str,
    comment_ids: Sequence[int],
    title: str,
    numbers: Numbers,
    now: datetime,
    by: Principal,
    version: int | None = None,
) -> OpenedTicket:
    """Take comments with their files to a new ticket of the same requester and organisation, filed
    alike, which is linked.

    They keep their words, authors and dates; the first that the requester may read says what the
    new ticket is about.
    Raises TicketNotFound, TicketChangedMeanwhile, TicketMerged, BadField, and BadSplit.
    """
    ticket = await hold_ticket(session, ticket_id, version=version)
    title = normal_title(title)
    comments = await _named(session, ticket, comment_ids)
    opened = await _open(session, ticket, title, comments, numbers=numbers, now=now, by=by)
    await _move(session, ticket, opened.id, comments)
    touch(session, ticket)
    split = TicketSplit(
        ticket_id=ticket.id,
        new_id=opened.id,
        new_number=opened.number,
        comment_ids=[each.id for each in comments],
    )
    await emit(session, split, by=by)
    await link_tickets(session, ticket_id=opened.id, other=ticket.id, kind="relates", by=by)
    return opened


async def _named(
    session: AsyncSession, ticket: Ticket, comment_ids: Sequence[int]
) -> list[Comment]:
    wanted = set(comment_ids)
    if not wanted or len(wanted) > SPLIT_MAX:
        raise BadSplit(f"Choose 1 to {SPLIT_MAX} comments to split off.")
    found = list(
        await session.scalars(
            select(Comment)
            .where(
                Comment.company_id == ticket.company_id,
                Comment.ticket_id == ticket.id,
                Comment.id.in_(wanted),
            )
            .order_by(Comment.id)
        )
    )
    if len(found) != len(wanted):
        raise BadSplit("Not all of these comments are on this ticket.")
    return found


async def _open(
    session: AsyncSession,
    ticket: Ticket,
    title: str,
    comments: Sequence[Comment],
    *,
    numbers: Numbers,
    now: datetime,
    by: Principal,
) -> OpenedTicket:
    readable = [each.body for each in comments if not each.is_internal]
    new = NewTicket(
        source=ticket.source,
        title=title,
        description=readable[0] if readable else f"Split from {ticket.number}.",
        priority=ticket.priority,
        severity=ticket.severity,
        category=ticket.category,
        requester_id=ticket.requester_id,
        requester_name=ticket.requester_name,
        requester_email=ticket.requester_email,
        requester_phone=ticket.requester_phone,
        segment=ticket.segment,
        organization_id=ticket.organization_id,
        address=ticket.address,
        client=ticket.client,
        location=ticket.location,
    )
    (opened,) = await open_tickets(session, [new], numbers=numbers, now=now, by=by)
    return opened


async def _move(
    session: AsyncSession, ticket: Ticket, new_id: int, comments: Sequence[Comment]
) -> None:
    ids = [each.id for each in comments]
    for table, mine in ((Comment, Comment.id), (Attachment, Attachment.comment_id)):
        await session.execute(
            update(table)
            .where(table.company_id == ticket.company_id, mine.in_(ids))
            .values(ticket_id=new_id)
        )
