"""Send again what happened since an instant, or what of it was given up."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of, now_of
from ticketyard.core.events import emit
from ticketyard.outlet.errors import OutletIsOff
from ticketyard.outlet.events import OutletReplayed
from ticketyard.outlet.models import Outlet

REPLAY_MAX = 10_000


@dataclass(frozen=True)
class Replayed:
    """How many are sent again. next_since: where to go on, if that was not all."""

    count: int
    next_since: datetime | None


async def replay_since(
    session: AsyncSession, *, since: datetime, only_failed: bool = False, by: Principal
) -> Replayed:
    """Send again what happened since then, under the same ids; also what was never put down, because no
    broker was configured at the time. About 10,000 at a time, the oldest first; what happened at one
    instant is never torn apart. Raises OutletIsOff.
    """
    await _be_on(session)
    told = {"since": since, "now": now_of(session), "limit": REPLAY_MAX}
    row = (await session.execute(_FAILED if only_failed else _SINCE, told)).one()
    next_since = None
    if row.number >= REPLAY_MAX:
        next_since = row.last_at + timedelta(microseconds=1)
    await emit(session, OutletReplayed(since=since.isoformat(), messages=row.number), by=by)
    return Replayed(row.number, next_since)


async def _be_on(session: AsyncSession) -> None:
    outlet = await session.get(Outlet, company_of(session))
    if outlet is None or not outlet.is_on:
        raise OutletIsOff("No broker is configured: set RAG_BROKER_URL and start a worker.")


_AGAIN = """state = 'waiting', problem = null, settled_at = null, handled_at = null, attempts = 0,
        refusals = 0, repeats = 0, ready_at = :now"""
_FAILED = text(
    f"""
    with those as materialized (
      select m.id, m.created_at as at from outlet_message m
      where m.company_id = current_company() and m.state = 'failed' and m.created_at >= :since
      order by m.created_at fetch first (:limit) rows with ties
    ), again as (
      update outlet_message m set {_AGAIN} where m.id in (select id from those) returning m.id
    )
    select count(*) as number, max(at) as last_at from those
    """
)
_SINCE = text(
    f"""
    with those as materialized (
      select e.company_id, e.id, e.payload, o.task, coalesce(e.payload ->> 'file_id', e.ticket_id::text, '')
             as subject, e.happened_at as at
      from event e join outlet_tasks() o on o.type = e.type
      where e.company_id = current_company() and e.happened_at >= :since
      order by e.happened_at fetch first (:limit) rows with ties
    ), again as (
      insert into outlet_message as m
        (company_id, history_id, event_id, task, subject, ready_at)
      select company_id, id, told_event_id(payload), task, subject, :now from those order by id
      on conflict (company_id, history_id) do update set {_AGAIN}
    )
    select count(*) as number, max(at) as last_at from those
    """
)
