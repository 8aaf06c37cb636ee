"""Say how two tickets belong together, or that they do not any more."""

from sqlalchemy import ColumnElement, delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of
from ticketyard.core.events import emit
from ticketyard.tickets.errors import BadLink, LinkNotFound
from ticketyard.tickets.events import TicketLinked, TicketUnlinked
from ticketyard.tickets.holding import touch
from ticketyard.tickets.models import Ticket, TicketLink
from ticketyard.tickets.queries import get_ticket
from ticketyard.tickets.related.kinds import ONE_WAY, Direction, seen_from, stored


async def link_tickets(
    session: AsyncSession, *, ticket_id: int | str, other: int | str, kind: str, by: Principal
) -> bool:
    """Link two tickets; gives whether anything changed. The same link again changes nothing.

    kind: as it reads from `ticket_id` (tickets/related/kinds.py). A merged or closed ticket may be
    linked: what belongs together stays so. Raises TicketNotFound, BadField; BadLink for a ticket
    with itself, a circle, or a second parent.
    """
    ticket, another = await _hold_two(session, ticket_id, other)
    link = stored(ticket.id, another.id, kind)
    if ticket.id == another.id:
        raise BadLink("A ticket cannot be linked with itself.")
    if await _is_there(session, link):
        return False
    await _check(session, link)
    await session.execute(
        insert(TicketLink).values(company_id=ticket.company_id, by_name=by.name, **vars(link))
    )
    for one, two in ((ticket, another), (another, ticket)):
        touch(session, one)
        seen = seen_from(link, one.id)
        linked = TicketLinked(ticket_id=one.id, other_id=two.id, other_number=two.number, kind=seen)
        await emit(session, linked, by=by)
    return True


async def unlink_tickets(
    session: AsyncSession, *, ticket_id: int | str, other: int | str, kind: str, by: Principal
) -> None:
    """Take a link away. Raises TicketNotFound, BadField, LinkNotFound."""
    ticket, another = await _hold_two(session, ticket_id, other)
    link = stored(ticket.id, another.id, kind)
    gone = await session.execute(
        delete(TicketLink).where(*_same(session, link)).returning(TicketLink.kind)
    )
    if gone.first() is None:
        raise LinkNotFound("There is no such link.")
    for one, two in ((ticket, another), (another, ticket)):
        touch(session, one)
        seen = seen_from(link, one.id)
        unlinked = TicketUnlinked(
            ticket_id=one.id, other_id=two.id, other_number=two.number, kind=seen
        )
        await emit(session, unlinked, by=by)


async def _hold_two(
    session: AsyncSession, first: int | str, second: int | str
) -> tuple[Ticket, Ticket]:
    """Both, locked in order of id, so that two such calls never wait for each other in a circle."""
    one, two = await get_ticket(session, first), await get_ticket(session, second)
    held = {each: await get_ticket(session, each, lock=True) for each in sorted({one.id, two.id})}
    return held[one.id], held[two.id]


async def _is_there(session: AsyncSession, link: Direction) -> bool:
    found = await session.scalar(select(TicketLink.kind).where(*_same(session, link)))
    return found is not None


def _same(session: AsyncSession, link: Direction) -> tuple[ColumnElement[bool], ...]:
    return (
        TicketLink.company_id == company_of(session),
        TicketLink.ticket_id == link.ticket_id,
        TicketLink.other_id == link.other_id,
        TicketLink.kind == link.kind,
    )


async def _check(session: AsyncSession, link: Direction) -> None:
    if link.kind not in ONE_WAY:
        return
    # One at a time: two halves of a circle made at once would each see nothing of the other.
    await session.execute(_ONE_AT_A_TIME, {"company": company_of(session)})
    values = {"kind": link.kind, "start": link.other_id, "end": link.ticket_id}
    if await session.scalar(_LEADS_BACK, values):
        raise BadLink("That would lead in a circle: the other ticket leads back to this one.")
    if link.kind == "parent" and await session.scalar(
        select(TicketLink.ticket_id).where(
            TicketLink.company_id == company_of(session),
            TicketLink.other_id == link.other_id,
            TicketLink.kind == "parent",
        )
    ):
        raise BadLink("That ticket has a parent already.")


_ONE_AT_A_TIME = text("select pg_advisory_xact_lock(hashtext('ticketyard.links'), :company)")
_LEADS_BACK = text(
    """
    with recursive led (id) as (
      select cast(:start as bigint)
      union
      select l.other_id from ticket_link l join led on l.ticket_id = led.id
      where l.company_id = current_company() and l.kind = :kind
    )
    select exists (select from led where id = :end)
    """
)
