"""Policies, rotas, and what became of them on tickets."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import DateTime, FetchedValue, ForeignKey, Integer, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ticketyard.core.db import Table

_INSTANT = DateTime(timezone=True)


class OnCallRota(Table):
    """Who takes turns, and for how long. See on_call.py."""

    __tablename__ = "on_call_rota"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    name: Mapped[str]
    zone: Mapped[str]
    people: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    starts_on: Mapped[date]
    hands_over_at: Mapped[int]
    days: Mapped[int]


class OnCallShift(Table):
    """Somebody stands in for whoever's turn it is."""

    __tablename__ = "on_call_shift"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    rota_id: Mapped[int] = mapped_column(ForeignKey("on_call_rota.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    starts_at: Mapped[datetime] = mapped_column(_INSTANT)
    ends_at: Mapped[datetime] = mapped_column(_INSTANT)


class EscalationPolicy(Table):
    """When it applies, and its levels as drafts.py has them."""

    __tablename__ = "escalation_policy"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    name: Mapped[str]
    is_active: Mapped[bool]
    trigger: Mapped[str]
    sources: Mapped[list[str]] = mapped_column(ARRAY(Text))
    priorities: Mapped[list[str]] = mapped_column(ARRAY(Text))
    categories: Mapped[list[str]] = mapped_column(ARRAY(Text))
    severity_min: Mapped[str | None]
    organization_id: Mapped[str | None]
    sort_order: Mapped[int]
    levels: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())


class EscalationRun(Table):
    """A policy at work on a ticket: which level was reached, when the next one is due."""

    __tablename__ = "escalation_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    ticket_id: Mapped[int]
    policy_id: Mapped[int]
    cause: Mapped[str]
    level: Mapped[int]
    started_at: Mapped[datetime] = mapped_column(_INSTANT)
    next_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    stopped_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    stopped_because: Mapped[str | None]


class EscalationStep(Table):
    """What one level did: [{do, words}]."""

    __tablename__ = "escalation_step"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    run_id: Mapped[int]
    ticket_id: Mapped[int]
    level: Mapped[int]
    done: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    at: Mapped[datetime] = mapped_column(_INSTANT)
