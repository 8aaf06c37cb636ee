"""Chats, what was said in them, what was asked, and codes that prove an address."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, FetchedValue, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ticketyard.core.db import Table

_INSTANT = DateTime(timezone=True)


class Chat(Table):
    """The public side of a conversation: who holds it, and how far they have come.

    choices: what is offered at this moment. slots: what a ticket will say, as far as it is known.
    reference, reply: of a question that another program asked, so that it may ask again.
    """

    __tablename__ = "chat"

    company_id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[UUID] = mapped_column(primary_key=True)
    token_hash: Mapped[str | None]
    language: Mapped[str] = mapped_column(default="en")
    page: Mapped[str | None]
    reference: Mapped[str | None]
    reply: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    state: Mapped[str] = mapped_column(default="answering")
    asks: Mapped[str | None]
    purpose: Mapped[str | None]
    choices: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    slots: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    verified_email: Mapped[str | None]
    verified_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    outcome: Mapped[str | None]
    outcome_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    ticket_id: Mapped[int | None]
    tickets: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())
    updated_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())


class ChatMessage(Table):
    """Something said, as it was shown. told: citations, choices, asks, state, ticket, author."""

    __tablename__ = "chat_message"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    conversation_id: Mapped[UUID]
    role: Mapped[str]
    content: Mapped[str]
    told: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    comment_id: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())


class ChatQuestion(Table):
    """One question to the knowledge, and what became of it.

    is_answered: None while it is being answered, or where that failed.
    """

    __tablename__ = "chat_question"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    conversation_id: Mapped[UUID]
    question: Mapped[str]
    language: Mapped[str] = mapped_column(default="en")
    is_answered: Mapped[bool | None]
    classification: Mapped[str | None]
    refusal_code: Mapped[str | None]
    confidence: Mapped[float | None]
    citations: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    helped: Mapped[bool | None]
    outcome: Mapped[str | None]
    outcome_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    ticket_id: Mapped[int | None]
    asked_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())
    answered_at: Mapped[datetime | None] = mapped_column(_INSTANT)


class ChatCode(Table):
    """A code that was sent to an address; only its hash is kept."""

    __tablename__ = "chat_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    conversation_id: Mapped[UUID]
    email: Mapped[str]
    code_hash: Mapped[str]
    attempts: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime] = mapped_column(_INSTANT)
    expires_at: Mapped[datetime] = mapped_column(_INSTANT)
    used_at: Mapped[datetime | None] = mapped_column(_INSTANT)
