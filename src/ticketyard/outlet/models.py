"""What waits for the broker, and how telling fares."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, FetchedValue
from sqlalchemy.orm import Mapped, mapped_column

from ticketyard.core.db import Table

_INSTANT = DateTime(timezone=True)


class Outlet(Table):
    """Whether a company's events are told to a broker, and how that fares."""

    __tablename__ = "outlet"

    company_id: Mapped[int] = mapped_column(primary_key=True)
    is_on: Mapped[bool]
    seen_at: Mapped[datetime] = mapped_column(_INSTANT)
    failures: Mapped[int] = mapped_column(default=0)
    failing_since: Mapped[datetime | None] = mapped_column(_INSTANT)
    rests_until: Mapped[datetime | None] = mapped_column(_INSTANT)
    problem: Mapped[str | None]
    claimed_until: Mapped[datetime | None] = mapped_column(_INSTANT)
    succeeded_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    handled_up_to: Mapped[datetime | None] = mapped_column(_INSTANT)


class OutletMessage(Table):
    """One event for the broker. state: waiting, sent, failed (given up), dropped (nothing to tell)."""

    __tablename__ = "outlet_message"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    event_id: Mapped[UUID] = mapped_column(server_default=FetchedValue())
    history_id: Mapped[int]
    task: Mapped[str]
    subject: Mapped[str]
    state: Mapped[str] = mapped_column(server_default=FetchedValue())
    attempts: Mapped[int] = mapped_column(default=0)
    refusals: Mapped[int] = mapped_column(default=0)
    problem: Mapped[str | None]
    ready_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())
    settled_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    handled_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    repeats: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())
