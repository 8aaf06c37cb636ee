"""Send again: one delivery, all that happened since an instant, or a test."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of, now_of
from ticketyard.core.events import emit
from ticketyard.webhooks.describing import TEST_TYPE
from ticketyard.webhooks.endpoints import host_of
from ticketyard.webhooks.errors import EndpointIsOff
from ticketyard.webhooks.events import WebhookChanged
from ticketyard.webhooks.models import WebhookDelivery, WebhookEndpoint
from ticketyard.webhooks.queries import get_delivery, get_endpoint

REPLAY_MAX = 10_000


@dataclass(frozen=True)
class Replayed:
    """How many are sent again, until when they happened, and from when on there are more, if so."""

    count: int
    last_at: datetime | None
    next_since: datetime | None


async def replay_delivery(
    session: AsyncSession, *, endpoint_id: int, delivery_id: int, by: Principal
) -> WebhookDelivery:
    """Send this one again, under the same id. Raises EndpointNotFound, DeliveryNotFound, EndpointIsOff."""
    endpoint = await _open(session, endpoint_id)
    delivery = await get_delivery(session, endpoint_id, delivery_id, lock=True)
    now = now_of(session)
    delivery.state, delivery.reason, delivery.settled_at = "waiting", None, None
    delivery.attempts, delivery.queued_at, delivery.ready_at = 0, now, now
    await _tell(session, endpoint, f"asked to repeat {delivery.message_id}", by)
    return delivery


async def replay_since(
    session: AsyncSession,
    *,
    endpoint_id: int,
    since: datetime,
    only_failed: bool = False,
    by: Principal,
) -> Replayed:
    """Send all again that it wants to hear of and that happened since, also from before it was there.

    About 10,000 at a time, the oldest first: what happened at one instant is never torn apart, so
    that one can go on from the next. Raises EndpointNotFound, EndpointIsOff.
    """
    endpoint = await _open(session, endpoint_id)
    asked: dict[str, Any] = {"endpoint": endpoint_id, "since": since}
    row = (
        await session.execute(
            _FAILED if only_failed else _SINCE,
            {**asked, "now": now_of(session), "limit": REPLAY_MAX},
        )
    ).one()
    next_since = None
    if row.number >= REPLAY_MAX:
        asked["since"] = row.last_at + timedelta(microseconds=1)
        more = await session.scalar(_MORE_FAILED if only_failed else _MORE, asked)
        next_since = asked["since"] if more else None
    await _tell(session, endpoint, f"asked to repeat {row.number}", by)
    return Replayed(row.number, row.last_at, next_since)


async def send_test(session: AsyncSession, *, endpoint_id: int, by: Principal) -> WebhookDelivery:
    """Queue a message that says nothing happened. Raises EndpointNotFound, EndpointIsOff."""
    endpoint = await _open(session, endpoint_id)
    delivery = WebhookDelivery(
        company_id=company_of(session), endpoint_id=endpoint_id, event_type=TEST_TYPE
    )
    session.add(delivery)
    await _tell(session, endpoint, "tested", by)
    await session.refresh(delivery)
    return delivery


async def _open(session: AsyncSession, endpoint_id: int) -> WebhookEndpoint:
    """The endpoint, tried at once and not when its rest is over."""
    endpoint = await get_endpoint(session, endpoint_id, lock=True)
    if not endpoint.is_enabled:
        raise EndpointIsOff("Switch the endpoint on first.")
    endpoint.rests_until = None
    return endpoint


async def _tell(session: AsyncSession, endpoint: WebhookEndpoint, what: str, by: Principal) -> None:
    await session.flush()
    event = WebhookChanged(endpoint_id=endpoint.id, host=host_of(endpoint.url), what=what)
    await emit(session, event, by=by)
    await session.execute(_WAKE)


_AGAIN = "state = 'waiting', reason = null, settled_at = null, attempts = 0, queued_at = :now, ready_at = :now"
_THOSE_FAILED = """webhook_delivery d
      where d.company_id = current_company() and d.endpoint_id = :endpoint and d.state = 'failed'
        and d.created_at >= :since"""
_THOSE_SINCE = """webhook_endpoint w
      join event e on e.company_id = w.company_id and e.happened_at >= :since
        and wants_event(w.event_types, e.type)
      where w.company_id = current_company() and w.id = :endpoint"""
_FAILED = text(
    f"""
    with those as materialized (
      select d.id, d.created_at as at from {_THOSE_FAILED}
      order by d.created_at fetch first (:limit) rows with ties
    ), again as (
      update webhook_delivery set {_AGAIN} where id in (select id from those) returning id
    )
    select count(*) as number, max(at) as last_at from those
    """
)
_SINCE = text(
    f"""
    with those as materialized (
      select e.company_id, w.id as endpoint_id, e.id, e.type, e.happened_at as at
      from {_THOSE_SINCE}
      order by e.happened_at fetch first (:limit) rows with ties
    ), again as (
      insert into webhook_delivery (company_id, endpoint_id, event_id, event_type)
      select company_id, endpoint_id, id, type from those order by id
      on conflict (company_id, endpoint_id, event_id) where event_id is not null
      do update set {_AGAIN}
    )
    select count(*) as number, max(at) as last_at from those
    """
)
_MORE_FAILED = text(f"select exists (select from {_THOSE_FAILED})")
_MORE = text(f"select exists (select from {_THOSE_SINCE})")
_WAKE = text("select enqueue_job('webhooks.deliver_due', '{}', 'webhooks.deliver_due', null)")
