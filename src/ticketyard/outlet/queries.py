"""Reading how telling fares, what waits and what was sent."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import company_of, now_of
from ticketyard.outlet.models import Outlet, OutletMessage


@dataclass(frozen=True)
class Standing:
    """How one company's outlet fares. sent, handled: in the last day; handled by our own consumer."""

    is_on: bool
    waiting: int
    oldest_waiting_at: datetime | None
    failed: int
    sent: int
    handled: int
    failing_since: datetime | None
    rests_until: datetime | None
    problem: str | None
    succeeded_at: datetime | None


@dataclass(frozen=True)
class Health:
    """The same across companies, for whoever runs the program."""

    company_id: int
    waiting: int
    failed: int
    seconds_waiting: float
    is_failing: bool
    problem: str | None


async def read_standing(session: AsyncSession) -> Standing:
    """This company's."""
    outlet = await session.get(Outlet, company_of(session))
    row = (await session.execute(_COUNTS, {"now": now_of(session)})).one()
    return Standing(
        is_on=outlet is not None and outlet.is_on,
        waiting=row.waiting,
        oldest_waiting_at=row.oldest,
        failed=row.failed,
        sent=row.sent,
        handled=row.handled,
        failing_since=outlet.failing_since if outlet else None,
        rests_until=outlet.rests_until if outlet else None,
        problem=outlet.problem if outlet else None,
        succeeded_at=outlet.succeeded_at if outlet else None,
    )


async def list_messages(
    session: AsyncSession, *, state: str | None = None, before: int | None = None, limit: int = 50
) -> list[OutletMessage]:
    """What was or is to be told, the newest first."""
    query = select(OutletMessage).where(OutletMessage.company_id == company_of(session))
    if state is not None:
        query = query.where(OutletMessage.state == state)
    if before is not None:
        query = query.where(OutletMessage.id < before)
    return list(await session.scalars(query.order_by(OutletMessage.id.desc()).limit(limit)))


async def list_health(session: AsyncSession) -> list[Health]:
    """Of every company whose events are told or wait."""
    rows = await session.execute(_HEALTH, {"now": now_of(session)})
    return [Health(**row._mapping) for row in rows]


_COUNTS = text(
    """
    select count(*) filter (where state = 'waiting') as waiting,
           min(created_at) filter (where state = 'waiting') as oldest,
           count(*) filter (where state = 'failed') as failed,
           count(*) filter (where state = 'sent' and settled_at > :now - interval '1 day') as sent,
           count(*) filter (where handled_at > :now - interval '1 day') as handled
    from outlet_message where company_id = current_company()
    """
)
_HEALTH = text("select * from outlet_health(:now)")
