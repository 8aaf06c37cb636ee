"""Background entry points of webhooks."""

from sqlalchemy import text

from ticketyard.core.db import now_of
from ticketyard.core.jobs import enqueue
from ticketyard.core.resources import Resources
from ticketyard.webhooks.delivering import deliver_all, next_due
from ticketyard.webhooks.endpoints import SWITCHED_OFF

KEEP_DAYS = 30


async def deliver_due(resources: Resources, company_id: int) -> None:
    """Deliver what is due, and come back when something else is. Queued by the database itself, in
    the transaction of an event that an endpoint wants (tell_webhooks.sql)."""
    await deliver_all(resources, company_id)
    await wake_webhooks(resources, company_id)


async def wake_webhooks(resources: Resources, company_id: int) -> None:
    """Timetable, and after each round: have a job waiting for whatever is due next."""
    async with resources.db.transaction(company_id) as session:
        at = await next_due(session)
        if at is None:
            return
        key = f"webhooks.deliver_due:{at:%Y%m%d%H%M%S}"
        await enqueue(session, deliver_due, key=key, at=max(at, resources.clock()))


async def prune_deliveries(resources: Resources, company_id: int) -> None:
    """Timetable: once a day, forget what was delivered or given up a month ago, and give up what was
    put down in the moment in which its endpoint was switched off."""
    async with resources.db.transaction(company_id) as session:
        await session.execute(_GIVE_UP, {"reason": SWITCHED_OFF, "now": now_of(session)})
        await session.execute(_PRUNE, {"days": KEEP_DAYS})


_GIVE_UP = text(
    """
    update webhook_delivery d set state = 'failed', reason = :reason, settled_at = :now
    from webhook_endpoint w
    where d.company_id = current_company() and d.state = 'waiting'
      and w.company_id = d.company_id and w.id = d.endpoint_id and not w.is_enabled
    """
)
_PRUNE = text(
    "delete from webhook_delivery where company_id = current_company() and state <> 'waiting'"
    " and settled_at < now() - make_interval(days => :days)"
)
