"""Which messages were done: each once, whoever brings it how often (docs/decisions/0123).

What a consumer works on is its own for a lease, which it renews; one that dies lets go by that.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID, uuid4

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import now_of
from ticketyard.core.shapes import storable

LEASE_SECONDS = 20


@dataclass(frozen=True)
class Taken:
    """It is ours to do."""

    event_id: str
    claim: UUID


@dataclass(frozen=True)
class Done:
    """It was done before."""


@dataclass(frozen=True)
class Busy:
    """Somebody else works on it, or died over it: after so many seconds it can be told."""

    seconds: float


async def take(session: AsyncSession, event_id: str, event_type: str) -> Taken | Done | Busy:
    """Take a message up, unless it was done or is being done. What failed is free again."""
    claim = uuid4()
    told = {"event": event_id, "type": event_type, "claim": claim, "lease": LEASE_SECONDS}
    if (await session.execute(_TAKE, told)).scalar() is not None:
        return Taken(event_id, claim)
    row = (await session.execute(_LOOK, {"event": event_id})).one_or_none()
    if row is not None and row.status == "completed":
        return Done()
    return Busy(max(0.0, float(row.seconds)) if row is not None else 0.0)


async def renew(session: AsyncSession, taken: Taken) -> None:
    """Say that the work goes on."""
    await session.execute(_RENEW, {**_of(taken), "lease": LEASE_SECONDS})


async def complete(session: AsyncSession, taken: Taken, result: Mapping[str, object]) -> None:
    """It is done; a repeat is passed over from now on."""
    told = orjson.dumps(storable(dict(result))).decode()
    await session.execute(_COMPLETE, {**_of(taken), "result": told, "now": now_of(session)})
    await _handled(session, taken)


async def fail(session: AsyncSession, taken: Taken, problem: str, *, for_good: bool) -> None:
    """It went wrong; it may be taken up again. for_good: trying again is no use."""
    told = {**_of(taken), "problem": problem[:2000], "now": now_of(session)}
    await session.execute(_FAIL, told)
    if for_good:
        await _handled(session, taken)


async def _handled(session: AsyncSession, taken: Taken) -> None:
    """Where the message is one of ours, the sending side hears that it got through."""
    try:
        event_id = UUID(taken.event_id)
    except ValueError:
        return
    told = {"event": event_id, "now": now_of(session)}
    sent_at = (await session.execute(_HANDLED, told)).scalar()
    if sent_at is not None:
        await session.execute(_UP_TO, {"sent_at": sent_at})


def _of(taken: Taken) -> dict[str, object]:
    return {"event": taken.event_id, "claim": taken.claim}


_OURS = "company_id = current_company() and event_id = :event and claim = :claim"
_TAKE = text(
    """
    insert into processed_event as p
      (company_id, event_id, event_type, status, claim, claimed_until)
    values (current_company(), :event, :type, 'processing', :claim,
            now() + make_interval(secs => :lease))
    on conflict (company_id, event_id) do update set status = 'processing',
      attempts = p.attempts + 1, claim = excluded.claim, claimed_until = excluded.claimed_until,
      updated_at = now()
    where p.status = 'failed' or (p.status = 'processing' and p.claimed_until < now())
    returning p.event_id
    """
)
_LOOK = text(
    """
    select status, extract(epoch from claimed_until - now()) as seconds from processed_event
    where company_id = current_company() and event_id = :event
    """
)
_RENEW = text(
    "update processed_event set claimed_until = now() + make_interval(secs => :lease)"
    f" where {_OURS}"
)
_COMPLETE = text(
    f"""
    update processed_event set status = 'completed', result = cast(:result as jsonb),
      error_message = null, claim = null, claimed_until = null, updated_at = :now where {_OURS}
    """
)
_FAIL = text(
    f"""
    update processed_event set status = 'failed', error_message = :problem, claim = null,
      claimed_until = null, updated_at = :now where {_OURS}
    """
)
_HANDLED = text(
    """
    update outlet_message set handled_at = :now
    where company_id = current_company() and event_id = :event and state = 'sent'
    returning settled_at
    """
)
_UP_TO = text(
    """
    update outlet set handled_up_to = greatest(handled_up_to, :sent_at)
    where company_id = current_company() and (handled_up_to is null or handled_up_to < :sent_at)
    """
)
