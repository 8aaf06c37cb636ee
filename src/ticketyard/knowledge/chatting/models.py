"""Conversations and what was said in them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, FetchedValue
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ticketyard.core.db import Table

_INSTANT = DateTime(timezone=True)


class Conversation(Table):
    """One talk. owner: whose it is; ticket_…: what it is about, where that was said."""

    __tablename__ = "conversation"

    company_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=FetchedValue())
    owner: Mapped[str]
    ticket_description: Mapped[str] = mapped_column(server_default=FetchedValue())
    ticket_category: Mapped[str | None]
    ticket_priority: Mapped[str | None]
    summary: Mapped[str] = mapped_column(server_default=FetchedValue())
    questions: Mapped[int] = mapped_column(server_default=FetchedValue())
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())
    updated_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())


class ConversationMessage(Table):
    """Something said. told: of an answer its classification, confidence and citations."""

    __tablename__ = "conversation_message"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    conversation_id: Mapped[UUID]
    role: Mapped[str]
    content: Mapped[str]
    told: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())
