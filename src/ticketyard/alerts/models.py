"""The alert behind a ticket."""

from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, FetchedValue, ForeignKey
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ticketyard.core.db import Table


class Alert(Table):
    """What a machine reported: which camera, which provider, how often. Rows are written by the
    database function `store_alert`."""

    __tablename__ = "alert"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    provider_id: Mapped[str]
    vendor_alert_id: Mapped[str | None]
    camera_id: Mapped[int | None]
    organization_id: Mapped[str | None]
    alert_data: Mapped[dict[str, Any]] = mapped_column(JSONB)
    thumbnail_url: Mapped[str | None]
    video_clip_url: Mapped[str | None]
    detection_count: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=FetchedValue()
    )
