"""Let those who took part in a merged or split ticket by mail take part where it goes on."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.tickets.events import TicketMergedInto, TicketSplit


async def follow_participants(
    session: AsyncSession, events: Sequence[TicketMergedInto | TicketSplit]
) -> None:
    """The merged ticket's requester and participants hear the survivor's answers from now on, and
    those of a split ticket the new one's. Doing it again changes nothing."""
    for event in events:
        if isinstance(event, TicketSplit):
            await session.execute(_COPY, {"old": event.ticket_id, "new": event.new_id})
            continue
        # Merged on since? The last one counts.
        new = await session.scalar(_LAST, {"id": event.into_id})
        both = {"old": event.ticket_id, "new": new}
        await session.execute(_COPY, both)
        await session.execute(_REQUESTER, both)


_LAST = text(
    "select coalesce(merged_into, id) from ticket where company_id = current_company() and id = :id"
)
_COPY = text(
    """
    insert into mail_participant (company_id, ticket_id, email_key, email, name, receives)
    select m.company_id, :new, m.email_key, m.email, m.name, m.receives
    from mail_participant m join ticket t on t.company_id = m.company_id and t.id = :new
    where m.company_id = current_company() and m.ticket_id = :old
      and m.email_key is distinct from lower(t.requester_email)
    on conflict do nothing
    """
)
_REQUESTER = text(
    """
    insert into mail_participant (company_id, ticket_id, email_key, email, name, receives)
    select o.company_id, n.id, lower(o.requester_email), o.requester_email,
      coalesce(left(o.requester_name, 200), ''), true
    from ticket o join ticket n on n.company_id = o.company_id and n.id = :new
    where o.company_id = current_company() and o.id = :old
      and o.requester_email is not null and length(o.requester_email) <= 320
      and lower(o.requester_email) is distinct from lower(n.requester_email)
    on conflict (company_id, ticket_id, email_key) do update set receives = true
    """
)
