"""Tell the requester that their ticket is resolved, where the company wants that."""

from collections.abc import Sequence

from sqlalchemy import text

from ticketyard.core.resources import Resources
from ticketyard.notify.automatic import (
    ADDRESSEES,
    addressee_of,
    is_switched_on,
    queue_automatic,
)
from ticketyard.notify.servers import MailOut


async def tell_of_resolution(
    resources: Resources, company_id: int, ticket_ids: Sequence[int]
) -> None:
    """Queue a notice for each that is resolved still; one for each time it was resolved."""
    async with resources.db.transaction(company_id) as session:
        if not await is_switched_on(session, "resolved"):
            return
        # Held so that the same event handled twice at once is one notice.
        await session.execute(_HOLD, {"tickets": sorted(ticket_ids)})
        rows = await session.execute(_RESOLVED, {"tickets": sorted(ticket_ids)})
        wanted = [addressee_of(row) for row in rows]
        await queue_automatic(
            session, wanted, kind="notice", template="resolved", out=resources.part(MailOut)
        )


_HOLD = text(
    "select id from ticket where company_id = current_company() and id = any(:tickets)"
    " order by id for update"
)
_RESOLVED = text(
    f"""
    {ADDRESSEES}
      and t.status = 'resolved'
      and not exists (
        select from outgoing_mail o where o.company_id = t.company_id and o.ticket_id = t.id
          and o.kind = 'notice' and o.created_at >= (
            select max(s.changed_at) from state_change s
            where s.company_id = t.company_id and s.ticket_id = t.id
              and s.to_status = 'resolved'))
    order by t.id
    """
)
