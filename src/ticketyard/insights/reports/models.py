"""Reports that are sent by mail."""

from datetime import datetime

from sqlalchemy import DateTime, FetchedValue, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from ticketyard.core.db import Table

_INSTANT = DateTime(timezone=True)


class ReportSchedule(Table):
    """A report that leaves by itself. every: day, week or month, which is also what it covers."""

    __tablename__ = "report_schedule"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    name: Mapped[str]
    counted_by: Mapped[str]
    every: Mapped[str]
    hour: Mapped[int]
    recipients: Mapped[list[str]] = mapped_column(ARRAY(Text))
    is_active: Mapped[bool] = mapped_column(default=True)
    next_at: Mapped[datetime] = mapped_column(_INSTANT)
    last_sent_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    created_by: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())
