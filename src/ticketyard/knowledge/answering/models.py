"""What is proposed for tickets, and what people say solved them."""

from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, ForeignKey
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ticketyard.core.db import Table

_INSTANT = DateTime(timezone=True)


class TicketSolution(Table):
    """What the knowledge proposes for a ticket; `human_…` is what a person says instead.

    state: waiting, done, or failed (an engine broke; it is tried again).
    steps: [{order, text, quote, source_type, source_id, chunk_id, document_id, number}].
    """

    __tablename__ = "ticket_solution"

    company_id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str]
    steps: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    confidence: Mapped[float]
    needs_human: Mapped[bool]
    engine: Mapped[str]
    content_hash: Mapped[str]
    attempts: Mapped[int]
    proposed_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    human_steps: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB)
    human_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    human_by_name: Mapped[str | None]
    human_at: Mapped[datetime | None] = mapped_column(_INSTANT)
