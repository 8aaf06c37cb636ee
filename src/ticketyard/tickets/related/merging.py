"""Make one ticket of two: nothing is lost, and nothing happens on the merged one any more."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.events import emit
from ticketyard.tickets.errors import BadMerge
from ticketyard.tickets.events import TicketChanged, TicketMergedInto, TicketTookIn
from ticketyard.tickets.holding import changed_meanwhile, merged_away, move_status, touch
from ticketyard.tickets.labels import TAGS_MAX
from ticketyard.tickets.lifecycle import can_take_in
from ticketyard.tickets.models import Attachment, Comment, Ticket
from ticketyard.tickets.queries import get_ticket


@dataclass(frozen=True)
class _Moved:
    comments: int
    files: int


async def merge_tickets(
    session: AsyncSession,
    *,
    ticket_id: int | str,
    into: int | str,
    by: Principal,
    reason: str | None = None,
    version: int | None = None,
) -> Ticket:
    """Merge a ticket into another; gives the survivor, which keeps its own status and fields.

    Comments with their dates and authors, files, tags and links go along, and what the ticket was
    about becomes a note. The merged ticket is closed; whoever changes it is led to the survivor.
    version: of the ticket that is merged. Raises TicketNotFound, TicketChangedMeanwhile,
    TicketMerged, and BadMerge.
    """
    merged, survivor = await _hold_both(session, ticket_id, into, version)
    at = touch(session, merged)
    touch(session, survivor)
    note = _note_about(merged, by, at)
    moved = await _move(session, merged, survivor)
    note.ticket_id, note.company_id = survivor.id, survivor.company_id
    session.add(note)
    await _share_tags(session, merged, survivor, by)
    moves = move_status(
        session,
        merged,
        "closed",
        by=by,
        at=at,
        reason=f"Merged into {survivor.number}. {reason or ''}".strip()[:2_000],
    )
    await session.flush()
    into_it = TicketMergedInto(
        ticket_id=merged.id, into_id=survivor.id, into_number=survivor.number
    )
    took_in = TicketTookIn(
        ticket_id=survivor.id,
        merged_id=merged.id,
        merged_number=merged.number,
        comments=moved.comments,
        files=moved.files,
    )
    await emit(session, *moves, into_it, took_in, by=by)
    return survivor


async def _hold_both(
    session: AsyncSession, ticket_id: int | str, into: int | str, version: int | None
) -> tuple[Ticket, Ticket]:
    merged, survivor = await get_ticket(session, ticket_id), await get_ticket(session, into)
    if merged.id == survivor.id:
        raise BadMerge("A ticket cannot be merged into itself.")
    # In order of id, so that two who merge the same two the other way round do not block each other.
    for each in sorted((merged.id, survivor.id)):
        held = await get_ticket(session, each, lock=True)
        if held.merged_into is not None:
            raise await merged_away(session, held)
    if version is not None and version != merged.version:
        raise changed_meanwhile(merged)
    if not can_take_in(survivor.status, merged.status):
        raise BadMerge(
            f"{survivor.number} is {survivor.status} and {merged.number} is not done; "
            f"reopen {survivor.number} first, or merge it the other way round."
        )
    return merged, survivor


def _note_about(merged: Ticket, by: Principal, at: datetime) -> Comment:
    whose = merged.requester_name or merged.requester_email
    head = f"{merged.number} was merged into this ticket: {merged.title}"
    lines = [head, f"From {whose}." if whose else "", merged.description]
    return Comment(
        author_id=by.person_id,
        author_kind=by.kind,
        author_name=by.name,
        body="\n\n".join(each for each in lines if each)[:100_000],
        is_internal=True,
        source="api",
        created_at=at,
    )


async def _move(session: AsyncSession, merged: Ticket, survivor: Ticket) -> _Moved:
    values: dict[str, Any] = {"ticket_id": survivor.id}
    company = merged.company_id
    comments = await session.scalar(
        select(func.count()).where(Comment.company_id == company, Comment.ticket_id == merged.id)
    )
    files = await session.scalar(
        select(func.count()).where(
            Attachment.company_id == company, Attachment.ticket_id == merged.id
        )
    )
    for table in (Comment, Attachment):
        await session.execute(
            update(table)
            .where(table.company_id == company, table.ticket_id == merged.id)
            .values(**values)
        )
    both = {"merged": merged.id, "survivor": survivor.id}
    await session.execute(_LINKS, both)
    await session.execute(_OLD_LINKS, {"merged": merged.id})
    # What was merged into this one before goes along: a merged ticket leads to the last one at once.
    await session.execute(
        update(Ticket)
        .where(Ticket.company_id == company, Ticket.merged_into == merged.id)
        .values(merged_into=survivor.id)
    )
    merged.merged_into = survivor.id
    return _Moved(comments or 0, files or 0)


async def _share_tags(
    session: AsyncSession, merged: Ticket, survivor: Ticket, by: Principal
) -> None:
    tags = list(dict.fromkeys([*survivor.tags, *merged.tags]))[:TAGS_MAX]
    if tags != survivor.tags:
        changes = {"tags": [survivor.tags, tags]}
        survivor.tags = tags
        await emit(session, TicketChanged(ticket_id=survivor.id, changes=changes), by=by)


# Copied where they still make sense: not between the two, not twice, no second parent, no circle of
# two. What the merged ticket had goes.
_LINKS = text(
    """
    insert into ticket_link (company_id, ticket_id, other_id, kind, by_name, created_at)
    select l.company_id,
      case when l.kind = 'relates' then least(f.one, f.two) else f.one end,
      case when l.kind = 'relates' then greatest(f.one, f.two) else f.two end,
      l.kind, l.by_name, l.created_at
    from ticket_link l
    cross join lateral (
      select case when l.ticket_id = :merged then cast(:survivor as bigint) else l.ticket_id end as one,
             case when l.other_id = :merged then cast(:survivor as bigint) else l.other_id end as two) f
    where l.company_id = current_company() and (l.ticket_id = :merged or l.other_id = :merged)
      and f.one <> f.two
      and not exists (select from ticket_link back
                      where back.company_id = l.company_id and back.kind = l.kind
                        and back.ticket_id = f.two and back.other_id = f.one)
    on conflict do nothing
    """
)
_OLD_LINKS = text(
    "delete from ticket_link where company_id = current_company()"
    " and (ticket_id = :merged or other_id = :merged)"
)
