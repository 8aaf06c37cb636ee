"""Reading endpoints and what was delivered to them."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import company_of
from ticketyard.webhooks.errors import DeliveryNotFound, EndpointNotFound
from ticketyard.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint

ENDPOINTS_MAX = 50


async def list_endpoints(session: AsyncSession) -> list[WebhookEndpoint]:
    """The company's, the first first."""
    query = (
        select(WebhookEndpoint)
        .where(WebhookEndpoint.company_id == company_of(session))
        .order_by(WebhookEndpoint.id)
    )
    return list(await session.scalars(query))


async def get_endpoint(
    session: AsyncSession, endpoint_id: int, *, lock: bool = False
) -> WebhookEndpoint:
    """One of the company's. Raises EndpointNotFound."""
    found = await find_endpoint(session, endpoint_id, lock=lock)
    if found is None:
        raise EndpointNotFound("There is no such endpoint.")
    return found


async def find_endpoint(
    session: AsyncSession, endpoint_id: int, *, lock: bool = False
) -> WebhookEndpoint | None:
    """One of the company's, if it is there."""
    query = select(WebhookEndpoint).where(
        WebhookEndpoint.company_id == company_of(session), WebhookEndpoint.id == endpoint_id
    )
    found: WebhookEndpoint | None = await session.scalar(query.with_for_update() if lock else query)
    return found


async def list_deliveries(
    session: AsyncSession,
    endpoint_id: int,
    *,
    state: str | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[WebhookDelivery]:
    """What was to be told there, the newest first. Raises EndpointNotFound."""
    await get_endpoint(session, endpoint_id)
    query = select(WebhookDelivery).where(
        WebhookDelivery.company_id == company_of(session),
        WebhookDelivery.endpoint_id == endpoint_id,
    )
    if state is not None:
        query = query.where(WebhookDelivery.state == state)
    if before is not None:
        query = query.where(WebhookDelivery.id < before)
    return list(await session.scalars(query.order_by(WebhookDelivery.id.desc()).limit(limit)))


async def get_delivery(
    session: AsyncSession, endpoint_id: int, delivery_id: int, *, lock: bool = False
) -> WebhookDelivery:
    """One delivery of one endpoint. Raises DeliveryNotFound."""
    query = select(WebhookDelivery).where(
        WebhookDelivery.company_id == company_of(session),
        WebhookDelivery.endpoint_id == endpoint_id,
        WebhookDelivery.id == delivery_id,
    )
    found = await session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise DeliveryNotFound("There is no such delivery.")
    return found


async def list_tries(
    session: AsyncSession, delivery_ids: Sequence[int]
) -> dict[int, list[WebhookAttempt]]:
    """Every try of these deliveries, the first first."""
    found: dict[int, list[WebhookAttempt]] = {each: [] for each in delivery_ids}
    rows = await session.scalars(
        select(WebhookAttempt)
        .where(
            WebhookAttempt.company_id == company_of(session),
            WebhookAttempt.delivery_id.in_(delivery_ids),
        )
        .order_by(WebhookAttempt.id)
    )
    for row in rows:
        found[row.delivery_id].append(row)
    return found


async def count_waiting(session: AsyncSession) -> dict[int, int]:
    """How much waits for each endpoint."""
    rows = await session.execute(
        select(WebhookDelivery.endpoint_id, func.count())
        .where(
            WebhookDelivery.company_id == company_of(session), WebhookDelivery.state == "waiting"
        )
        .group_by(WebhookDelivery.endpoint_id)
    )
    return {endpoint_id: count for endpoint_id, count in rows}
