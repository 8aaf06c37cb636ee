"""Alerts, who sends them, and what is said of them beforehand."""

from datetime import datetime
from typing import Any

from sqlalchemy import Computed, DateTime, FetchedValue, Integer, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ticketyard.core.db import Table

_INSTANT = DateTime(timezone=True)


class Alert(Table):
    """One episode of one fingerprint. Rows are written by the database function `insert_alert`.

    `scope` says whose fingerprint it is: its provider's, or one that several report.
    `count`, `detection_count` and `last_occurred_at` lack what `alert_uncounted` still holds.
    """

    __tablename__ = "alert"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    ticket_id: Mapped[int | None]
    provider_id: Mapped[str]
    shared_in: Mapped[str | None]
    scope: Mapped[str] = mapped_column(Computed("coalesce(shared_in, provider_id)"))
    fingerprint: Mapped[str]
    vendor_alert_id: Mapped[str | None]
    camera_id: Mapped[int | None]
    organization_id: Mapped[str | None]
    alarm_type: Mapped[str | None]
    title: Mapped[str]
    description: Mapped[str]
    severity: Mapped[str]
    state: Mapped[str]
    is_event: Mapped[bool]
    is_latched: Mapped[bool]
    alert_data: Mapped[dict[str, Any]] = mapped_column(JSONB)
    labels: Mapped[dict[str, str]] = mapped_column(JSONB)
    link_url: Mapped[str | None]
    thumbnail_url: Mapped[str | None]
    video_clip_url: Mapped[str | None]
    detection_count: Mapped[int]
    count: Mapped[int]
    started_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    fired_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    first_occurred_at: Mapped[datetime] = mapped_column(_INSTANT)
    last_occurred_at: Mapped[datetime] = mapped_column(_INSTANT)
    recovered_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    changed_states: Mapped[list[datetime]] = mapped_column(ARRAY(_INSTANT))
    flapping_since: Mapped[datetime | None] = mapped_column(_INSTANT)
    group_key: Mapped[str | None]
    storm_id: Mapped[int | None]
    suppressed_by: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())


class AlertProvider(Table):
    """Who sends alerts, and how theirs are taken."""

    __tablename__ = "alert_provider"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    provider_id: Mapped[str]
    name: Mapped[str]
    fingerprint_fields: Mapped[list[str]] = mapped_column(ARRAY(Text))
    group_by: Mapped[list[str]] = mapped_column(ARRAY(Text))
    group_seconds: Mapped[int]
    recovery_resolves: Mapped[bool]
    reopen_seconds: Mapped[int]
    flap_start: Mapped[int]
    flap_stop: Mapped[int]
    flap_seconds: Mapped[int]
    storm_alerts: Mapped[int]
    storm_seconds: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())
    updated_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())


class AlertStorm(Table):
    """A time in which a provider's new alerts all went on one ticket."""

    __tablename__ = "alert_storm"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    provider_id: Mapped[str]
    ticket_id: Mapped[int]
    started_at: Mapped[datetime] = mapped_column(_INSTANT)
    ended_at: Mapped[datetime | None] = mapped_column(_INSTANT)


class MaintenanceWindow(Table):
    """A time in which certain alerts are kept and open no ticket."""

    __tablename__ = "alert_maintenance"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    name: Mapped[str]
    starts_at: Mapped[datetime] = mapped_column(_INSTANT)
    ends_at: Mapped[datetime] = mapped_column(_INSTANT)
    provider_ids: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    camera_ids: Mapped[list[int]] = mapped_column(ARRAY(Integer), default=list)
    labels: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict)
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())
    released_at: Mapped[datetime | None] = mapped_column(_INSTANT)


class Heartbeat(Table):
    """Who has to be heard of every so often."""

    __tablename__ = "alert_heartbeat"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    name: Mapped[str]
    every_seconds: Mapped[int]
    grace_seconds: Mapped[int] = mapped_column(default=0)
    severity: Mapped[str] = mapped_column(default="high")
    is_enabled: Mapped[bool] = mapped_column(default=True)
    state: Mapped[str] = mapped_column(server_default=FetchedValue())
    last_seen_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    due_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    beats: Mapped[int] = mapped_column(server_default=FetchedValue())
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())


class AlertMapping(Table):
    """How another system's own objects are read."""

    __tablename__ = "alert_mapping"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    name: Mapped[str]
    definition: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())
    updated_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())
