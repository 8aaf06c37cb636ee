"""Calendars and policies as they are kept. Ledger and clocks are written and read in bulk, in SQL."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import DateTime, FetchedValue, ForeignKey, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ticketyard.core.db import Table

_INSTANT = DateTime(timezone=True)


class SlaCalendar(Table):
    """When a desk works; `country` and `subdivision` say whose public holidays it keeps."""

    __tablename__ = "sla_calendar"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    name: Mapped[str]
    zone: Mapped[str]
    is_always: Mapped[bool]
    week: Mapped[list[list[list[int]]]] = mapped_column(JSONB)
    country: Mapped[str]
    subdivision: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())


class SlaHoliday(Table):
    """A day on which a calendar is closed."""

    __tablename__ = "sla_holiday"

    company_id: Mapped[int] = mapped_column(primary_key=True)
    calendar_id: Mapped[int] = mapped_column(ForeignKey("sla_calendar.id"), primary_key=True)
    on_date: Mapped[date] = mapped_column(primary_key=True)
    name: Mapped[str]
    origin: Mapped[str]


class SlaPolicy(Table):
    """A promise and whom it is made to."""

    __tablename__ = "sla_policy"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    name: Mapped[str]
    organization_id: Mapped[str | None]
    category: Mapped[str | None]
    priorities: Mapped[list[str]] = mapped_column(ARRAY(Text))
    severities: Mapped[list[str]] = mapped_column(ARRAY(Text))
    sort_order: Mapped[int]
    calendar_id: Mapped[int] = mapped_column(ForeignKey("sla_calendar.id"))
    pauses: Mapped[list[str]] = mapped_column(ARRAY(Text))
    warn_percent: Mapped[int | None]
    is_active: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())


class SlaTarget(Table):
    """How many seconds of working time one clock of a policy has; empty `priority` means every."""

    __tablename__ = "sla_target"

    company_id: Mapped[int] = mapped_column(primary_key=True)
    policy_id: Mapped[int] = mapped_column(ForeignKey("sla_policy.id"), primary_key=True)
    clock: Mapped[str] = mapped_column(primary_key=True)
    priority: Mapped[str] = mapped_column(primary_key=True)
    seconds: Mapped[int]


class SlaRules(Table):
    """Policies and calendars as they stood from an instant on; never changed."""

    __tablename__ = "sla_rules"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    since: Mapped[datetime] = mapped_column(_INSTANT)
    rules: Mapped[dict[str, Any]] = mapped_column(JSONB)
    mark: Mapped[str] = mapped_column(server_default=FetchedValue())
