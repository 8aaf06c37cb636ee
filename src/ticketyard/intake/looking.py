"""Messages that nobody could make a ticket of: kept, looked at by a person, opened or dismissed."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of
from ticketyard.core.events import emit
from ticketyard.core.resources import Resources
from ticketyard.intake.errors import AlreadyLooked
from ticketyard.intake.events import MessageDismissed, MessageKept, MessageOpened
from ticketyard.intake.models import InboundMessage
from ticketyard.intake.queries import get_message
from ticketyard.intake.receiving import RawMessage
from ticketyard.tickets.drafts import NewTicket
from ticketyard.tickets.numbering import Numbers
from ticketyard.tickets.opening import OpenedTicket, open_tickets

RAW_SHOWN = 20_000

_KEEP = text(
    """
    insert into inbound_message as m
      (company_id, source, identity, sha256, content_type, raw, state, problem)
    values (:company, :source, :identity, :sha256, :content_type, :raw, 'needs_look', :problem)
    on conflict (company_id, source, identity) do update set repeats = m.repeats + 1
    returning id, repeats
    """
)


async def keep_for_a_look(
    session: AsyncSession, *, source: str, message: RawMessage, problem: str, by: Principal
) -> int:
    """Keep what cannot be understood, raw; gives its id. The same again is only counted."""
    row = (
        await session.execute(
            _KEEP,
            {
                "company": company_of(session),
                "source": source,
                "identity": f"look:{message.sha256}",
                "sha256": message.sha256,
                "content_type": message.content_type,
                "raw": message.content,
                "problem": problem[:2000],
            },
        )
    ).one()
    if row.repeats == 0:
        kept = MessageKept(message_id=row.id, source=source, problem=problem[:500])
        await emit(session, kept, by=by)
    return int(row.id)


async def open_kept_message(
    session: AsyncSession, resources: Resources, *, message_id: int, title: str, by: Principal
) -> OpenedTicket:
    """Make a ticket of a kept message: the title a person gave, the message as its text.

    Raises MessageNotFound, AlreadyLooked.
    """
    message = await _waiting(session, message_id)
    (opened,) = await open_tickets(
        session,
        [NewTicket(source=message.source, title=title, description=shown_raw(message))],
        numbers=resources.part(Numbers),
        now=resources.clock(),
        by=by,
    )
    message.state = "accepted"
    message.ticket_id = opened.id
    await emit(session, MessageOpened(message_id=message.id, ticket_id=opened.id), by=by)
    return opened


async def dismiss_message(session: AsyncSession, *, message_id: int, by: Principal) -> None:
    """Decide that no ticket is needed. The message stays. Raises MessageNotFound, AlreadyLooked."""
    message = await _waiting(session, message_id)
    message.state = "dismissed"
    await emit(session, MessageDismissed(message_id=message.id), by=by)


def shown_raw(message: InboundMessage) -> str:
    """The first 20,000 characters of a message, readable: whatever is no text becomes a mark."""
    return message.raw[: RAW_SHOWN * 4].decode("utf-8", "replace")[:RAW_SHOWN]


async def _waiting(session: AsyncSession, message_id: int) -> InboundMessage:
    message = await get_message(session, message_id, lock=True)
    if message.state != "needs_look":
        raise AlreadyLooked("Somebody has looked at this message already.")
    return message
