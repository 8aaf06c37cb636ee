"""Carry out where one mail lands."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.events import emit
from ticketyard.core.resources import Resources
from ticketyard.mailboxes.events import MailBounced
from ticketyard.mailboxes.landing.deciding import Landing
from ticketyard.mailboxes.landing.joining import join_ticket
from ticketyard.mailboxes.landing.lookups import Lookups
from ticketyard.mailboxes.landing.opening import Wish, open_for_mails
from ticketyard.mailboxes.landing.reading import ReadMessage
from ticketyard.mailboxes.landing.threading import KnownTicket, ids_named
from ticketyard.tickets.commenting import add_comment
from ticketyard.tickets.opening import OpenedTicket


@dataclass(frozen=True, kw_only=True)
class Placed:
    """Where a mail landed: the result of `create_ticket` (contracts 3.2), and how."""

    landing: Landing
    ticket_id: int | None = None
    number: str | None = None
    created: bool = False
    linked: bool = False
    comment_id: int | None = None

    @classmethod
    def opened(cls, ticket: OpenedTicket, landing: Landing) -> "Placed":
        """In a ticket of its own."""
        return cls(landing=landing, ticket_id=ticket.id, number=ticket.number, created=True)

    @classmethod
    def under(cls, ticket: KnownTicket | None, landing: Landing, **how: int | None) -> "Placed":
        """Under a ticket that was there."""
        if ticket is None:
            return cls(landing=landing)
        return cls(
            landing=landing,
            ticket_id=ticket.id,
            number=ticket.number,
            linked=True,
            comment_id=how.get("comment_id"),
        )


async def place(
    session: AsyncSession,
    resources: Resources,
    message: ReadMessage,
    landing: Landing,
    wish: Wish,
    lookups: Lookups,
    by: Principal,
) -> Placed:
    """Do what the landing says. What a workflow wishes counts for a ticket that is opened now."""
    if landing.kind == "join" and landing.ticket:
        comment = await join_ticket(session, message, landing.ticket, landing)
        return Placed.under(landing.ticket, landing, comment_id=comment.id)
    if landing.kind in ("open", "follow_up"):
        return await _open(session, resources, message, landing, wish, lookups, by)
    if landing.kind == "bounce" and landing.ticket:
        await _report_bounce(session, message, landing.ticket, lookups, by)
    return Placed.under(landing.ticket, landing)


async def _open(
    session: AsyncSession,
    resources: Resources,
    message: ReadMessage,
    landing: Landing,
    wish: Wish,
    lookups: Lookups,
    by: Principal,
) -> Placed:
    (ticket,) = await open_for_mails(
        session, resources, [(message, landing, wish)], lookups=lookups, by=by
    )
    return Placed.opened(ticket, landing)


async def note_continuation(
    session: AsyncSession, closed: KnownTicket, number: str, by: Principal
) -> None:
    """Say on a closed ticket where it goes on."""
    await add_comment(
        session,
        ticket_id=closed.id,
        body=f"The requester wrote again; it goes on in {number}.",
        by=by,
        is_internal=True,
        source="email",
        reopens=False,
    )


async def _report_bounce(
    session: AsyncSession,
    message: ReadMessage,
    ticket: KnownTicket,
    lookups: Lookups,
    by: Principal,
) -> None:
    bounce = message.mail.bounce
    if bounce is None:
        return
    ids = [bounce.original_message_id, *ids_named(message.mail)]
    ours = next((each for each in ids if each in lookups.by_sent_id), "")
    words = " ".join(filter(None, (bounce.status, bounce.diagnostic)))[:1000]
    bounced = MailBounced(
        ticket_id=ticket.id,
        message_id=ours,
        recipients=list(bounce.recipients)[:20],
        permanent=bounce.permanent,
        words=words,
    )
    await emit(session, bounced, by=by)
