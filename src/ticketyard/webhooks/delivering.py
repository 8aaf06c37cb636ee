"""Deliver what is due, at least once: count the try, send outside of any transaction, settle.

One sender at a time for each endpoint, over all processes, so that an endpoint hears of things in the
order in which they happened as long as it takes them. An endpoint that fails rests; the others go on.
Killed between the receiver's answer and our commit, a message is sent again with the same id.
"""

import asyncio
import random
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import now_of
from ticketyard.core.outgoing import (
    Outgoing,
    OutgoingFailed,
    OutgoingRefused,
    Patience,
)
from ticketyard.core.resources import Resources
from ticketyard.core.sealing import SealBroken, Sealer
from ticketyard.core.signing import signature_headers
from ticketyard.webhooks.describing import Happening, body_of
from ticketyard.webhooks.endpoints import SWITCHED_OFF, disable_endpoint
from ticketyard.webhooks.models import WebhookAttempt, WebhookEndpoint
from ticketyard.webhooks.queries import find_endpoint
from ticketyard.webhooks.retrying import DISABLE_AFTER, Try, judge, rest_after

PATIENCE = Patience(connect_seconds=5, first_byte_seconds=15, whole_seconds=20)
# Longer than the longest try: two senders never hold one endpoint while both live.
LEASE_SECONDS = 60
ROUND_SECONDS = 20
AT_ONCE = 10
ANSWER_SHOWN_BYTES = 1000
# After an outage at least this long, what waited is sent when the endpoint is back, and not later.
OUTAGE = timedelta(minutes=10)


@dataclass(frozen=True)
class PublicUrl:
    """Where people reach this desk, for links; may be empty."""

    url: str = ""


@dataclass(frozen=True)
class _Due:
    id: int
    message_id: str
    attempts: int
    queued_at: datetime
    url: str
    secrets: tuple[str, ...] = field(repr=False)
    what: Happening


@dataclass(frozen=True)
class _Outcome:
    tried: Try
    at: datetime
    duration_ms: int
    answer: str = ""


async def deliver_all(resources: Resources, company_id: int) -> None:
    """Deliver what is due to every endpoint of this company, to several at a time."""
    async with resources.db.transaction(company_id) as session:
        rows = await session.scalars(_ENDPOINTS, {"now": now_of(session)})
        endpoint_ids = list(rows)
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(endpoint_id: int) -> None:
        async with gate:
            await deliver_to(resources, company_id, endpoint_id)

    await asyncio.gather(*(one(each) for each in endpoint_ids))


async def next_due(session: AsyncSession) -> datetime | None:
    """When something of this company is due next."""
    found: datetime | None = await session.scalar(_NEXT)
    return found


async def deliver_to(resources: Resources, company_id: int, endpoint_id: int) -> None:
    """Deliver what is due to one endpoint, until it fails or the round is over."""
    until = time.monotonic() + ROUND_SECONDS
    # What comes between the last look and letting go would wait for the timetable: look once more.
    while await _claim(resources, company_id, endpoint_id):
        goes_on = True
        try:
            while goes_on and (due := await _take(resources, company_id, endpoint_id)):
                outcome = await _try(resources, due)
                await _settle(resources, company_id, endpoint_id, due, outcome)
                goes_on = outcome.tried.is_taken and time.monotonic() < until
        finally:
            await _release(resources, company_id, endpoint_id)
        if not goes_on:
            return


async def _claim(resources: Resources, company_id: int, endpoint_id: int) -> bool:
    async with resources.db.transaction(company_id) as session:
        told = {"endpoint": endpoint_id, "now": now_of(session), "lease": LEASE_SECONDS}
        return (await session.execute(_CLAIM, told)).scalar() is not None


async def _release(resources: Resources, company_id: int, endpoint_id: int) -> None:
    async with resources.db.transaction(company_id) as session:
        await session.execute(_RELEASE, {"endpoint": endpoint_id})


async def _take(resources: Resources, company_id: int, endpoint_id: int) -> _Due | None:
    async with resources.db.transaction(company_id) as session:
        told = {"endpoint": endpoint_id, "now": now_of(session), "lease": LEASE_SECONDS}
        row = (await session.execute(_TAKE, told)).one_or_none()
        return _due(row, now_of(session)) if row else None


def _due(row: Any, now: datetime) -> _Due:
    keeps_old = row.old_secret and row.old_secret_until and row.old_secret_until > now
    return _Due(
        id=row.id,
        message_id=row.message_id,
        attempts=row.attempts,
        queued_at=row.queued_at,
        url=row.url,
        secrets=(row.secret, row.old_secret) if keeps_old else (row.secret,),
        what=Happening(
            event_id=row.event_id,
            type=row.event_type,
            at=row.happened_at or row.created_at,
            ticket_id=row.ticket_id,
            number=row.number,
            by_kind=row.by_kind or "system",
            by_name=row.by_name or "Ticketyard",
            payload=row.payload or {},
        ),
    )


async def _try(resources: Resources, due: _Due) -> _Outcome:
    """One try; trouble of any kind is an outcome too."""
    at, began = resources.clock(), time.monotonic()
    answer = ""
    try:
        sealer = resources.part(Sealer)
        body = body_of(due.what, public_url=resources.part(PublicUrl).url)
        signed = signature_headers(
            [sealer.open(each) for each in due.secrets],
            message_id=due.message_id,
            timestamp=int(at.timestamp()),
            body=body,
        )
        said = await resources.part(Outgoing).send(
            "POST",
            due.url,
            headers={"Content-Type": "application/json", **signed},
            content=body,
            patience=PATIENCE,
            answer_max_bytes=ANSWER_SHOWN_BYTES,
        )
        tried, answer = Try(status=said.status), said.body.decode("utf-8", "replace")
    except OutgoingRefused as refusal:
        tried = Try(problem=str(refusal), is_final=True)
    except OutgoingFailed as failure:
        tried = Try(problem=str(failure))
    except SealBroken:
        tried = Try(problem="Its secret was sealed with another key.", is_final=True)
    return _Outcome(tried, at, round((time.monotonic() - began) * 1000), answer)


async def _settle(
    resources: Resources, company_id: int, endpoint_id: int, due: _Due, outcome: _Outcome
) -> None:
    tried = outcome.tried
    async with resources.db.transaction(company_id) as session:
        # The endpoint before its deliveries, as everybody locks them who changes or forgets it.
        endpoint = await find_endpoint(session, endpoint_id, lock=True)
        if endpoint is None:
            return
        now = now_of(session)
        verdict = judge(
            tried,
            attempts=due.attempts,
            queued_at=due.queued_at,
            now=now,
            chance=random.random,
        )
        state, reason = verdict.state, tried.reason
        if state == "waiting" and not endpoint.is_enabled:
            # Switched off while this one was on its way: nothing would ever take it up.
            state, reason = "failed", SWITCHED_OFF
        await session.execute(
            _SETTLE,
            {
                "delivery": due.id,
                "state": state,
                "reason": reason,
                "status": tried.status,
                "ready_at": verdict.ready_at,
                "settled_at": None if state == "waiting" else now,
            },
        )
        session.add(
            WebhookAttempt(
                company_id=company_id,
                delivery_id=due.id,
                tried_at=outcome.at,
                duration_ms=outcome.duration_ms,
                status=tried.status,
                problem=tried.problem,
                answer=outcome.answer,
            )
        )
        await _note(session, endpoint, tried, now)


async def _note(
    session: AsyncSession, endpoint: WebhookEndpoint, tried: Try, now: datetime
) -> None:
    """How the endpoint fares; one that is gone or fails for days is switched off."""
    if tried.is_taken:
        if endpoint.failing_since and now - endpoint.failing_since >= OUTAGE:
            await session.execute(_ALL_NOW, {"endpoint": endpoint.id, "now": now})
        endpoint.failures, endpoint.failing_since, endpoint.rests_until = 0, None, None
        endpoint.succeeded_at = now
        return
    endpoint.failures += 1
    endpoint.failing_since = endpoint.failing_since or now
    endpoint.rests_until = now + rest_after(endpoint.failures)
    reason = ""
    if tried.is_gone:
        reason = tried.reason or ""
    elif now - endpoint.failing_since >= DISABLE_AFTER:
        reason = f"Nothing could be delivered for {DISABLE_AFTER.days} days. {tried.reason}"
    if reason and endpoint.is_enabled:
        by = Principal.system(endpoint.company_id, "Webhooks")
        await disable_endpoint(session, endpoint, reason=reason, by=by)


_FREE = """w.company_id = current_company() and w.is_enabled
      and (w.rests_until is null or w.rests_until <= :now)
      and (w.claimed_until is null or w.claimed_until < now())"""
_WAITS = """d.company_id = current_company() and d.endpoint_id = w.id and d.state = 'waiting'
      and d.ready_at <= :now"""
_ENDPOINTS = text(
    f"select w.id from webhook_endpoint w where {_FREE}"
    f" and exists (select from webhook_delivery d where {_WAITS}) order by w.id"
)
_NEXT = text(
    """
    select min(greatest(d.ready_at, w.rests_until, w.claimed_until)) from webhook_endpoint w
    join webhook_delivery d on d.company_id = w.company_id and d.endpoint_id = w.id
      and d.state = 'waiting'
    where w.company_id = current_company() and w.is_enabled
    """
)
_CLAIM = text(
    f"""
    update webhook_endpoint w set claimed_until = now() + make_interval(secs => :lease)
    where w.id = :endpoint and {_FREE}
      and exists (select from webhook_delivery d where {_WAITS})
    returning w.id
    """
)
_RELEASE = text(
    "update webhook_endpoint set claimed_until = null"
    " where company_id = current_company() and id = :endpoint"
)
_TAKE = text(
    f"""
    with held as (
      update webhook_endpoint w set claimed_until = now() + make_interval(secs => :lease)
      where w.company_id = current_company() and w.id = :endpoint and w.is_enabled
      returning w.id, w.url, w.secret, w.old_secret, w.old_secret_until
    ), taken as (
      update webhook_delivery set attempts = attempts + 1
      where id = (select d.id from webhook_delivery d join held w on {_WAITS}
                  order by d.id limit 1)
      returning *
    )
    select t.id, t.message_id, t.attempts, t.queued_at, t.created_at, t.event_id, t.event_type,
           h.url, h.secret, h.old_secret, h.old_secret_until,
           e.happened_at, e.ticket_id, e.by_kind, e.by_name, e.payload, k.number
    from taken t cross join held h
    left join event e on e.company_id = t.company_id and e.id = t.event_id
    left join ticket k on k.company_id = t.company_id and k.id = e.ticket_id
    """
)
_SETTLE = text(
    """
    update webhook_delivery set state = :state, reason = :reason, status = :status,
      ready_at = :ready_at, settled_at = :settled_at
    where company_id = current_company() and id = :delivery
    """
)
# Who answered and said no is not asked the sooner for that.
_ALL_NOW = text(
    """
    update webhook_delivery set ready_at = :now
    where company_id = current_company() and endpoint_id = :endpoint and state = 'waiting'
      and ready_at > :now and (status is null or status >= 500 or status = 429)
    """
)
