"""Endpoints, what is delivered to them, and every try."""

from datetime import datetime

from sqlalchemy import DateTime, FetchedValue, ForeignKey, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from ticketyard.core.db import Table

_INSTANT = DateTime(timezone=True)


class WebhookEndpoint(Table):
    """Where another system wants to hear of events. secret, old_secret: sealed."""

    __tablename__ = "webhook_endpoint"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    name: Mapped[str]
    url: Mapped[str]
    event_types: Mapped[list[str]] = mapped_column(ARRAY(Text))
    secret: Mapped[str]
    old_secret: Mapped[str] = mapped_column(default="")
    old_secret_until: Mapped[datetime | None] = mapped_column(_INSTANT)
    is_enabled: Mapped[bool] = mapped_column(default=True)
    disabled_reason: Mapped[str | None]
    failures: Mapped[int] = mapped_column(default=0)
    failing_since: Mapped[datetime | None] = mapped_column(_INSTANT)
    rests_until: Mapped[datetime | None] = mapped_column(_INSTANT)
    claimed_until: Mapped[datetime | None] = mapped_column(_INSTANT)
    succeeded_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())


class WebhookDelivery(Table):
    """One event for one endpoint. state: waiting, delivered, failed. message_id stays the same,
    however often it is sent."""

    __tablename__ = "webhook_delivery"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    endpoint_id: Mapped[int] = mapped_column(ForeignKey("webhook_endpoint.id"))
    message_id: Mapped[str] = mapped_column(server_default=FetchedValue())
    event_id: Mapped[int | None]
    event_type: Mapped[str]
    state: Mapped[str] = mapped_column(server_default=FetchedValue())
    attempts: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str | None]
    status: Mapped[int | None]
    queued_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())
    ready_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())
    settled_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())


class WebhookAttempt(Table):
    """One try: how long it took and what was answered, or why nothing was."""

    __tablename__ = "webhook_attempt"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    delivery_id: Mapped[int]
    tried_at: Mapped[datetime] = mapped_column(_INSTANT)
    duration_ms: Mapped[int]
    status: Mapped[int | None]
    problem: Mapped[str | None]
    answer: Mapped[str] = mapped_column(default="")
