"""Which mailboxes cannot be read, for whoever can do something about it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True)
class Alarm:
    """A mailbox that fails, and since when."""

    mailbox_id: int
    address: str
    since: datetime | None
    problem: str


async def list_alarms(session: AsyncSession) -> list[Alarm]:
    """The mailboxes that somebody was alarmed about and that are still switched on."""
    rows = await session.execute(_ALARMS)
    return [Alarm(row.id, row.address, row.failing_since, row.last_error or "") for row in rows]


_ALARMS = text(
    "select id, address, failing_since, last_error from mailbox"
    " where company_id = current_company() and is_enabled and alarmed_at is not null"
    " order by alarmed_at limit 5"
)
