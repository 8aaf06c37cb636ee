"""Keep the ledger in step when a person opens or dismisses, under "Needs a look", what was mail."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.intake.events import MessageDismissed, MessageOpened


async def follow_looks(
    session: AsyncSession, events: Sequence[MessageOpened | MessageDismissed]
) -> None:
    """An opened mail counts as a ticket, a dismissed one as refused; what was filed stays."""
    for event in events:
        values = {"id": event.message_id}
        if isinstance(event, MessageOpened):
            await session.execute(_OPENED, {**values, "ticket": event.ticket_id})
            await session.execute(_LOG, values)
        else:
            await session.execute(_DISMISSED, values)


_OPENED = text(
    """
    update mail_message set outcome = 'ticket', ticket_id = :ticket, filed_at = now(),
      claimed_until = null
    where company_id = current_company() and inbound_id = :id and outcome = 'waiting'
    """
)
_DISMISSED = text(
    """
    update mail_message set outcome = 'refused', filed_at = now(), claimed_until = null
    where company_id = current_company() and inbound_id = :id and outcome = 'waiting'
    """
)
_LOG = text(
    """
    insert into tticket_email_log (company_id, ticket_id, email_message_id, email_subject, email_from,
      email_received_at, inbound_id)
    select company_id, ticket_id, '<' || message_id || '>', subject, sender, received_at, inbound_id
    from mail_message
    where company_id = current_company() and inbound_id = :id and outcome = 'ticket'
      and message_id <> ''
    on conflict do nothing
    """
)
