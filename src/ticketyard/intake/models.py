"""What arrived, raw, before it belongs to a ticket."""

from datetime import datetime

from sqlalchemy import DateTime, FetchedValue, ForeignKey
from sqlalchemy.orm import Mapped, deferred, mapped_column

from ticketyard.core.db import Table


class InboundMessage(Table):
    """One message as it came. `raw` is loaded only when asked for; of a large message it holds the
    beginning, and `raw_key` says where the whole is.

    state: accepted; waiting to be filed; refused, with the reason in `problem`; needs_look, when
    nobody could make a ticket of it; dismissed by a person.
    """

    __tablename__ = "inbound_message"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    source: Mapped[str]
    identity: Mapped[str]
    sha256: Mapped[str]
    content_type: Mapped[str]
    raw: Mapped[bytes] = deferred(mapped_column(), raiseload=True)
    raw_key: Mapped[str | None]
    size_bytes: Mapped[int | None]
    state: Mapped[str]
    problem: Mapped[str | None]
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"))
    repeats: Mapped[int]
    received_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=FetchedValue()
    )
