"""Tickets, what was said on them, and how their status changed."""

from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, FetchedValue, ForeignKey, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ticketyard.core.db import Table

_INSTANT = DateTime(timezone=True)


class Category(Table):
    """One of the company's list."""

    __tablename__ = "category"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    name: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    sort_order: Mapped[int] = mapped_column(default=0)
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())


class Ticket(Table):
    """One request for help, from first message to last.

    `version` rises with every change made through a verb; who saves an older one is refused.
    `category_by`, `priority_by` and `team_by` say who set the value: default, source, triage or agent.
    `merged_into` is the ticket that took this one in; nothing changes here any more.
    `work_step` counts while it is one of the company's steps for the present status.
    """

    __tablename__ = "ticket"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    number: Mapped[str]
    title: Mapped[str]
    description: Mapped[str]
    status: Mapped[str]
    priority: Mapped[str]
    priority_by: Mapped[str]
    source_priority: Mapped[str | None]
    urgency: Mapped[int | None]
    severity: Mapped[str | None]
    category: Mapped[str | None]
    category_by: Mapped[str]
    source_category: Mapped[str | None]
    subcategory: Mapped[str | None]
    source: Mapped[str]
    source_reference: Mapped[str | None]
    source_data: Mapped[dict[str, Any]] = mapped_column(JSONB)
    requester_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    requester_name: Mapped[str | None]
    requester_email: Mapped[str | None]
    requester_phone: Mapped[str | None]
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))
    team_by: Mapped[str] = mapped_column(server_default=FetchedValue())
    segment: Mapped[str | None]
    address: Mapped[dict[str, Any]] = mapped_column(JSONB)
    client: Mapped[dict[str, Any]] = mapped_column(JSONB)
    location: Mapped[str | None]
    asset_tag: Mapped[str | None]
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text))
    custom_fields: Mapped[dict[str, Any]] = mapped_column(JSONB)
    resolution: Mapped[str | None]
    satisfaction_rating: Mapped[int | None]
    satisfaction_feedback: Mapped[str | None]
    version: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())
    updated_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())
    first_response_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    resolved_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    closed_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    organization_id: Mapped[str | None]
    sla_due_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    sla_breach: Mapped[bool] = mapped_column(server_default=FetchedValue())
    sla_breach_reason: Mapped[str | None]
    merged_into: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"))
    work_step: Mapped[str | None]


class Comment(Table):
    """What someone wrote on a ticket; an internal one is never shown to requesters."""

    __tablename__ = "comment"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    author_kind: Mapped[str]
    author_name: Mapped[str]
    body: Mapped[str]
    is_internal: Mapped[bool]
    source: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())


class Attachment(Table):
    """A file on a ticket: kept by us (`blob_key`), or only named by its sender."""

    __tablename__ = "attachment"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    comment_id: Mapped[int | None]
    filename: Mapped[str]
    content_type: Mapped[str]
    size_bytes: Mapped[int]
    sha256: Mapped[str | None]
    blob_key: Mapped[str | None]
    foreign_reference: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())


class StateChange(Table):
    """One change of status; append-only. `from_status` is empty at the opening."""

    __tablename__ = "state_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    ticket_id: Mapped[int]
    from_status: Mapped[str]
    to_status: Mapped[str]
    by_kind: Mapped[str]
    by_id: Mapped[int | None]
    by_name: Mapped[str]
    reason: Mapped[str | None]
    changed_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())


class SavedView(Table):
    """A queue somebody filtered once and wants again."""

    __tablename__ = "saved_view"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    name: Mapped[str]
    query: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())


class TicketLink(Table):
    """One ticket relates to, blocks, duplicates, is the parent of, or follows another."""

    __tablename__ = "ticket_link"

    company_id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), primary_key=True)
    other_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    by_name: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())


class CustomField(Table):
    """A field that the company gave its tickets: what it is called and what it may hold."""

    __tablename__ = "custom_field"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    name: Mapped[str]
    kind: Mapped[str]
    choices: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    help: Mapped[str] = mapped_column(default="")
    is_required: Mapped[bool] = mapped_column(default=False)
    on_form: Mapped[bool] = mapped_column(default=False)
    sort_order: Mapped[int] = mapped_column(default=0)
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())


class Macro(Table):
    """Several changes and an answer under one name."""

    __tablename__ = "macro"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    name: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    actions: Mapped[dict[str, Any]] = mapped_column(JSONB)
    is_active: Mapped[bool] = mapped_column(default=True)
    used: Mapped[int] = mapped_column(default=0)
    last_used_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())


class TicketTemplate(Table):
    """A ticket that is opened often, filled in but for its particulars."""

    __tablename__ = "ticket_template"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    name: Mapped[str]
    title: Mapped[str] = mapped_column(default="")
    description: Mapped[str] = mapped_column(default="")
    priority: Mapped[str | None]
    category: Mapped[str | None]
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    custom_fields: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())


class WorkStep(Table):
    """One step of the company's own way of working, and the status it stands for."""

    __tablename__ = "work_step"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    name: Mapped[str]
    status: Mapped[str]
    sort_order: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())
