"""Open a ticket that goes on where another ended."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.events import emit
from ticketyard.tickets.drafts import NewTicket
from ticketyard.tickets.events import TicketFollowedUp
from ticketyard.tickets.labels import clean, normal_title
from ticketyard.tickets.models import Ticket
from ticketyard.tickets.numbering import Numbers
from ticketyard.tickets.opening import OpenedTicket, open_tickets
from ticketyard.tickets.queries import get_ticket
from ticketyard.tickets.related.linking import link_tickets


async def follow_up_ticket(
    session: AsyncSession,
    *,
    ticket_id: int | str,
    description: str,
    numbers: Numbers,
    now: datetime,
    by: Principal,
    title: str | None = None,
) -> OpenedTicket:
    """Open a ticket of the same requester, organisation, team, category and custom fields, which follows
    this one.

    The old one stays as it is, closed or not. title: the old one's unless given.
    Raises TicketNotFound, BadField.
    """
    before = await get_ticket(session, ticket_id)
    new = _continued(before, normal_title(title) if title else before.title, description)
    (opened,) = await open_tickets(session, [new], numbers=numbers, now=now, by=by)
    await note_follow_up(session, ticket_id=before.id, opened=opened, by=by)
    return opened


async def note_follow_up(
    session: AsyncSession, *, ticket_id: int, opened: OpenedTicket, by: Principal
) -> None:
    """Keep that a new ticket goes on where another ended."""
    followed = TicketFollowedUp(ticket_id=ticket_id, new_id=opened.id, new_number=opened.number)
    await emit(session, followed, by=by)
    await link_tickets(session, ticket_id=opened.id, other=ticket_id, kind="follows", by=by)


def _continued(before: Ticket, title: str, description: str) -> NewTicket:
    return NewTicket(
        source="api",
        title=title,
        description="\n".join(clean(line) for line in description.splitlines()).strip(),
        category=before.category,
        team_id=before.team_id,
        requester_id=before.requester_id,
        requester_name=before.requester_name,
        requester_email=before.requester_email,
        requester_phone=before.requester_phone,
        segment=before.segment,
        organization_id=before.organization_id,
        address=before.address,
        client=before.client,
        location=before.location,
        asset_tag=before.asset_tag,
        custom_fields=before.custom_fields,
    )
