"""Decisions with their receipts, and where tickets are from."""

from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, FetchedValue, ForeignKey
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ticketyard.core.db import Table

_INSTANT = DateTime(timezone=True)


class Assignment(Table):
    """One decision of routing; the rows of a ticket are its whole history.

    In force is the newest one, as long as the ticket still belongs to its agent.
    """

    __tablename__ = "assignment"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    office_id: Mapped[int | None] = mapped_column(ForeignKey("office.id"))
    outcome: Mapped[str]
    reason: Mapped[str]
    receipt: Mapped[dict[str, Any]] = mapped_column(JSONB)
    assigned_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())


class TicketPlace(Table):
    """Where a ticket is from; without a point, `place` says why there is none."""

    __tablename__ = "ticket_place"

    company_id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), primary_key=True)
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    place: Mapped[str]
    how: Mapped[str]
    placed_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())
