"""Webhooks: where other systems hear of events, what was delivered, and sending it again."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from ticketyard.core.outgoing import Outgoing
from ticketyard.core.sealing import Sealer
from ticketyard.core.shapes import Body, Instant, Line, RowId
from ticketyard.web.deps import Acting, Parts, Session, may
from ticketyard.webhooks.endpoints import (
    NAMES_MAX,
    add_endpoint,
    change_endpoint,
    delete_endpoint,
    event_names,
    rotate_secret,
)
from ticketyard.webhooks.models import WebhookDelivery, WebhookEndpoint
from ticketyard.webhooks.queries import (
    count_waiting,
    get_endpoint,
    list_deliveries,
    list_endpoints,
    list_tries,
)
from ticketyard.webhooks.replaying import Replayed, replay_delivery, replay_since, send_test

router = APIRouter(prefix="/api/webhooks", tags=["webhooks"])

State = Literal["waiting", "delivered", "failed"]
EventNames = Annotated[list[Line], Field(max_length=NAMES_MAX, examples=[["ticket.*", "sla.*"]])]
Url = Annotated[Line, Field(max_length=500, examples=["https://hooks.example.com/ticketyard"])]


class WebhookIn(Body):
    """A new endpoint. `ticket.*` is all that happens to tickets, `*` all there is."""

    url: Url
    event_types: EventNames
    name: Line = Field("", max_length=100, examples=["Reporting"])


class WebhookChangeIn(Body):
    """What shall be different."""

    url: Url | None = Field(None, examples=["https://hooks.example.com/ticketyard"])
    event_types: EventNames | None = Field(None, examples=[["ticket.*", "sla.*"]])
    name: Line | None = Field(None, max_length=100, examples=["Reporting"])
    is_enabled: bool | None = Field(None, examples=[True])


class WebhookOut(BaseModel):
    """An endpoint and how it fares. waiting: how much is still to be told there."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    url: str
    event_types: list[str]
    is_enabled: bool
    disabled_reason: str | None
    failing_since: datetime | None
    succeeded_at: datetime | None
    created_at: datetime
    waiting: int = 0


class WebhookSecretOut(WebhookOut):
    """The same with its secret, which is shown this once."""

    secret: str = Field(examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])


class TryOut(BaseModel):
    """One try; without a status there was no answer and `problem` says why."""

    model_config = ConfigDict(from_attributes=True)

    tried_at: datetime
    duration_ms: int
    status: int | None
    problem: str | None
    answer: str = Field(description="The first bytes of what was answered.")


class DeliveryOut(BaseModel):
    """One event for one endpoint. message_id: the `webhook-id`, the same for every try."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    message_id: str
    event_id: int | None
    event_type: str
    state: State
    reason: str | None
    attempts: int
    created_at: datetime
    ready_at: datetime
    settled_at: datetime | None
    tries: list[TryOut] = []


class ReplayIn(Body):
    """Since when; only what was given up, or all of it, also from before the endpoint was there."""

    since: Instant = Field(examples=["2025-12-15T00:00:00Z"])
    only_failed: bool = False


class ReplayOut(BaseModel):
    """How many are sent again, and until when they happened. next_since: where to go on, null where
    that was all."""

    model_config = ConfigDict(from_attributes=True)

    count: int
    last_at: datetime | None
    next_since: datetime | None


_MANAGE = [may("settings:manage")]


@router.get("", response_model=list[WebhookOut], dependencies=_MANAGE)
async def get_webhooks(session: Session) -> list[WebhookOut]:
    """Every endpoint, without secrets."""
    waiting = await count_waiting(session)
    return [_out(each, waiting.get(each.id, 0)) for each in await list_endpoints(session)]


@router.get("/events", response_model=list[str], dependencies=_MANAGE)
async def get_event_names() -> list[str]:
    """The names of all events that an endpoint may ask for."""
    return event_names()


@router.post("", response_model=WebhookSecretOut, status_code=201, dependencies=_MANAGE)
async def post_webhook(
    body: WebhookIn, session: Session, by: Acting, resources: Parts
) -> WebhookSecretOut:
    """Add an endpoint. Its secret is in this answer alone."""
    endpoint, secret = await add_endpoint(
        session,
        url=body.url,
        event_types=body.event_types,
        name=body.name,
        sealer=resources.part(Sealer),
        outgoing=resources.part(Outgoing),
        by=by,
    )
    await session.refresh(endpoint)
    return WebhookSecretOut(**_out(endpoint).model_dump(), secret=secret)


@router.patch("/{webhook_id}", response_model=WebhookOut, dependencies=_MANAGE)
async def patch_webhook(
    webhook_id: RowId, body: WebhookChangeIn, session: Session, by: Acting, resources: Parts
) -> WebhookOut:
    """Change an endpoint, switch it off, or on again."""
    endpoint = await change_endpoint(
        session,
        endpoint_id=webhook_id,
        outgoing=resources.part(Outgoing),
        by=by,
        **body.model_dump(exclude_none=True),
    )
    return _out(endpoint, (await count_waiting(session)).get(webhook_id, 0))


@router.delete("/{webhook_id}", status_code=204, dependencies=_MANAGE)
async def delete_webhook(webhook_id: RowId, session: Session, by: Acting) -> None:
    """Forget an endpoint and its log."""
    await delete_endpoint(session, endpoint_id=webhook_id, by=by)


@router.post("/{webhook_id}/secret", response_model=WebhookSecretOut, dependencies=_MANAGE)
async def post_secret(
    webhook_id: RowId, session: Session, by: Acting, resources: Parts
) -> WebhookSecretOut:
    """Make a new secret. For a day messages are signed with the one before as well."""
    secret = await rotate_secret(
        session, endpoint_id=webhook_id, sealer=resources.part(Sealer), by=by
    )
    endpoint = await get_endpoint(session, webhook_id)
    return WebhookSecretOut(**_out(endpoint).model_dump(), secret=secret)


@router.post(
    "/{webhook_id}/test", response_model=DeliveryOut, status_code=202, dependencies=_MANAGE
)
async def post_webhook_test(webhook_id: RowId, session: Session, by: Acting) -> WebhookDelivery:
    """Send a message that says nothing happened; what came of it stands in the deliveries."""
    return await send_test(session, endpoint_id=webhook_id, by=by)


@router.get("/{webhook_id}/deliveries", response_model=list[DeliveryOut], dependencies=_MANAGE)
async def get_deliveries(
    webhook_id: RowId,
    session: Session,
    state: State | None = None,
    before: RowId | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> list[DeliveryOut]:
    """What was told there, the newest first, with every try; dead letters are `state=failed`."""
    found = await list_deliveries(session, webhook_id, state=state, before=before, limit=limit)
    tries = await list_tries(session, [each.id for each in found])
    return [
        DeliveryOut.model_validate(each).model_copy(
            update={"tries": [TryOut.model_validate(one) for one in tries[each.id]]}
        )
        for each in found
    ]


@router.post(
    "/{webhook_id}/deliveries/{delivery_id}/replay",
    response_model=DeliveryOut,
    status_code=202,
    dependencies=_MANAGE,
)
async def post_replay(
    webhook_id: RowId, delivery_id: RowId, session: Session, by: Acting
) -> WebhookDelivery:
    """Send one again, under the same `webhook-id`."""
    return await replay_delivery(session, endpoint_id=webhook_id, delivery_id=delivery_id, by=by)


@router.post(
    "/{webhook_id}/replay", response_model=ReplayOut, status_code=202, dependencies=_MANAGE
)
async def post_replay_since(
    webhook_id: RowId, body: ReplayIn, session: Session, by: Acting
) -> Replayed:
    """Send again what happened since an instant, about 10,000 events a call, the oldest first; ask
    again with `next_since` for the rest."""
    return await replay_since(
        session, endpoint_id=webhook_id, since=body.since, only_failed=body.only_failed, by=by
    )


def _out(endpoint: WebhookEndpoint, waiting: int = 0) -> WebhookOut:
    return WebhookOut.model_validate(endpoint).model_copy(update={"waiting": waiting})
