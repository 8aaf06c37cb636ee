"""Solutions, the company's endpoints for actions, what was run, and what a machine resolved."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, FetchedValue, SmallInteger, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ticketyard.core.db import Table

_INSTANT = DateTime(timezone=True)


class AutoResolutionRule(Table):
    """Whether a company lets a machine resolve tickets, of which categories, and how many."""

    __tablename__ = "auto_resolution_rule"

    company_id: Mapped[int] = mapped_column(primary_key=True)
    is_on: Mapped[bool] = mapped_column(default=False)
    categories: Mapped[list[str]] = mapped_column(ARRAY(Text))
    per_requester_per_day: Mapped[int] = mapped_column(SmallInteger, default=3)


class Solution(Table):
    """What can be done about tickets of a category. Only an active one is used.

    kind: manual_steps, automated_script, escalation_required, self_service_link or
    knowledge_article. success_rate: what its writer expects; state: draft, active, archived.
    """

    __tablename__ = "solution"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    title: Mapped[str]
    category: Mapped[str]
    kind: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    steps: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    link: Mapped[str | None]
    action: Mapped[str | None]
    parameters: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict)
    success_rate: Mapped[float] = mapped_column(default=0.5)
    minutes: Mapped[int] = mapped_column(default=15)
    state: Mapped[str] = mapped_column(default="draft")
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())
    updated_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())


class ActionEndpoint(Table):
    """Where a company's own program does what an action says. secret: sealed."""

    __tablename__ = "action_endpoint"

    company_id: Mapped[int] = mapped_column(primary_key=True)
    action: Mapped[str] = mapped_column(primary_key=True)
    url: Mapped[str]
    secret: Mapped[str]
    is_enabled: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())
    updated_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())


class ActionRun(Table):
    """One action on one ticket. state: waiting, running, success, failed. message_id stays the
    same, however often it is tried; is_automatic: triage asked for it, no person."""

    __tablename__ = "action_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    ticket_id: Mapped[int]
    action: Mapped[str]
    parameters: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict)
    solution_id: Mapped[int | None]
    is_automatic: Mapped[bool] = mapped_column(default=False)
    resolves: Mapped[bool] = mapped_column(default=False)
    idempotency_key: Mapped[str]
    message_id: Mapped[UUID] = mapped_column(server_default=FetchedValue())
    state: Mapped[str] = mapped_column(default="waiting")
    message: Mapped[str] = mapped_column(default="")
    details: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0)
    asked_by: Mapped[str]
    asked_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())
    ready_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())
    executed_at: Mapped[datetime | None] = mapped_column(_INSTANT)


class AutoResolution(Table):
    """That a machine resolved a ticket, or tries to: once at most. resolved_at: when it did."""

    __tablename__ = "auto_resolution"

    company_id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(primary_key=True)
    solution_id: Mapped[int | None]
    solution_kind: Mapped[str]
    category: Mapped[str]
    requester_key: Mapped[str]
    confidence: Mapped[float]
    reasoning: Mapped[str]
    run_id: Mapped[int | None]
    decided_at: Mapped[datetime] = mapped_column(_INSTANT)
    resolved_at: Mapped[datetime | None] = mapped_column(_INSTANT)
