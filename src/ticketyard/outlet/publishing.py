"""Send what is due, at least once and in order: count the try, send outside of any transaction, settle.

One sender at a time holds a company (a lease in its row, over all processes). Killed between the
broker's word and our commit, the messages of that batch are sent again under the same ids. A broker
that fails ends the round and rests for longer and longer; what waits keeps waiting, for ever if need be.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import now_of
from ticketyard.core.log import get_logger
from ticketyard.core.resources import Resources
from ticketyard.outlet.broker import Broker, BrokerFailed, Parcel
from ticketyard.outlet.describing import (
    KINDS,
    FileTold,
    Payload,
    TicketTold,
    Told,
    file_deleted,
    file_uploaded,
    task_name,
    ticket_created,
)
from ticketyard.outlet.locating import FilesAt
from ticketyard.outlet.resting import is_hopeless, rest_after

log = get_logger(__name__)

BATCH = 100
# Longer than the longest batch, whose last message may wait for the broker's answer to its end.
BATCH_SECONDS = 10
LEASE_SECONDS = 60
ROUND_SECONDS = 20
GONE = "There is nothing to tell: it is gone, or of a kind that spec 4 does not know."


@dataclass(frozen=True)
class _Due:
    id: int
    parcel: Parcel | None
    refusals: int


@dataclass(frozen=True)
class _Outcome:
    """What the broker has, what there was nothing to tell of, and which one it did not take, and why."""

    sent: Sequence[int]
    dropped: Sequence[int]
    refused: _Due | None = None
    problem: str = ""


async def publish_due(resources: Resources, broker: Broker, company_id: int) -> bool:
    """Send what is due of one company, for a while. False: the broker failed."""
    if not await _claim(resources, company_id):
        return True
    until = time.monotonic() + ROUND_SECONDS
    works = True
    try:
        while works and (due := await _take(resources, company_id)):
            outcome = await asyncio.to_thread(_send, broker, due)
            await _settle(resources, company_id, outcome)
            works = outcome.refused is None
            if time.monotonic() > until:
                break
    finally:
        await _release(resources, company_id)
    return works


async def _claim(resources: Resources, company_id: int) -> bool:
    async with resources.db.transaction(company_id) as session:
        told = {"now": now_of(session), "lease": LEASE_SECONDS}
        return (await session.execute(_CLAIM, told)).scalar() is not None


async def _release(resources: Resources, company_id: int) -> None:
    async with resources.db.transaction(company_id) as session:
        await session.execute(_RELEASE)


async def _take(resources: Resources, company_id: int) -> list[_Due]:
    files = resources.part(FilesAt)
    async with resources.db.transaction(company_id) as session:
        told = {"now": now_of(session), "limit": BATCH, "lease": LEASE_SECONDS}
        rows = list(await session.execute(_TAKE, told))
        tickets = await _tickets(session, rows)
        uploads = await _uploads(session, rows, files)
    due = []
    for row in sorted(rows, key=lambda row: row.id):
        told_of = Told(str(row.event_id), company_id)
        payload = _payload(told_of, row, tickets, uploads)
        parcel = Parcel(told_of.event_id, task_name(row.task), payload) if payload else None
        due.append(_Due(row.id, parcel, row.refusals))
    return due


async def _tickets(session: AsyncSession, rows: Sequence[Any]) -> dict[str, TicketTold]:
    ids = [
        int(row.subject) for row in rows if row.task == "ticket_created" and row.subject.isdigit()
    ]
    if not ids:
        return {}
    found = await session.execute(_TICKETS, {"ids": ids})
    return {str(row.ticket_id): TicketTold(**row._mapping) for row in found}


async def _uploads(
    session: AsyncSession, rows: Sequence[Any], files: FilesAt
) -> dict[str, FileTold]:
    ids = [row.subject for row in rows if row.task == "file_uploaded"]
    if not ids:
        return {}
    found = await session.execute(_FILES, {"ids": ids, "kinds": list(KINDS)})
    return {
        row.file_id: FileTold(
            file_id=row.file_id,
            path=files.told_path(row.blob_key),
            relative_path=row.blob_key,
            original_name=row.original_name,
            kind=row.kind,
            size_bytes=row.size_bytes,
            content_type=row.content_type,
            uploaded_at=row.uploaded_at,
        )
        for row in found
    }


def _payload(
    told: Told, row: Any, tickets: Mapping[str, TicketTold], uploads: Mapping[str, FileTold]
) -> Payload | None:
    """None where there is nothing to tell any more."""
    if row.task == "file_deleted":
        return file_deleted(told, row.subject)
    if row.task == "file_uploaded":
        upload = uploads.get(row.subject)
        return file_uploaded(told, upload) if upload else None
    ticket = tickets.get(row.subject)
    return ticket_created(told, ticket) if ticket else None


def _send(broker: Broker, due: Sequence[_Due]) -> _Outcome:
    """In a thread. What comes after a failure is left for the next round, so that the order stays."""
    until = time.monotonic() + BATCH_SECONDS
    sent: list[int] = []
    dropped = [each.id for each in due if each.parcel is None]
    for each in due:
        if each.parcel is None:
            continue
        if time.monotonic() > until:
            break
        try:
            broker.send(each.parcel)
        except BrokerFailed as failure:
            return _Outcome(sent, dropped, each, str(failure))
        sent.append(each.id)
    return _Outcome(sent, dropped)


async def _settle(resources: Resources, company_id: int, outcome: _Outcome) -> None:
    async with resources.db.transaction(company_id) as session:
        now = now_of(session)
        for ids, state, problem in (
            (outcome.sent, "sent", None),
            (outcome.dropped, "dropped", GONE),
        ):
            if ids:
                told = {"ids": list(ids), "state": state, "problem": problem, "now": now}
                await session.execute(_SETTLE, told)
        if outcome.sent:
            await session.execute(_BACK, {"now": now})
            await session.execute(_WELL, {"now": now})
        if outcome.refused is not None:
            await _note_failure(session, company_id, outcome.refused, outcome.problem)


async def _note_failure(
    session: AsyncSession, company_id: int, refused: _Due, problem: str
) -> None:
    """The broker rests, and the one it did not take lets others pass; is it always the same one, while
    they are taken, it is given up."""
    now = now_of(session)
    failures = (await session.execute(_ILL, {"now": now, "problem": problem})).scalar_one()
    refusals = refused.refusals + (1 if failures == 1 else 0)
    rest = rest_after(failures)
    await session.execute(_RESTS, {"until": now + rest})
    await session.execute(
        _REFUSED,
        {
            "id": refused.id,
            "refusals": refusals,
            "problem": problem,
            "state": "failed" if is_hopeless(refusals) else "waiting",
            "settled_at": now if is_hopeless(refusals) else None,
            # Later than the rest: another one is tried first, if there is one.
            "ready_at": now + rest * 2,
        },
    )
    log.warning("outlet_failed", company_id=company_id, problem=problem, failures=failures)


_CLAIM = text(
    """
    update outlet set claimed_until = now() + make_interval(secs => :lease)
    where company_id = current_company() and is_on
      and (rests_until is null or rests_until <= :now)
      and (claimed_until is null or claimed_until < now())
    returning company_id
    """
)
_RELEASE = text("update outlet set claimed_until = null where company_id = current_company()")
_TAKE = text(
    """
    with held as (
      update outlet set claimed_until = now() + make_interval(secs => :lease)
      where company_id = current_company() and is_on returning company_id
    )
    update outlet_message set attempts = attempts + 1
    where id = any(array(
      select m.id from outlet_message m join held h on h.company_id = m.company_id
      where m.state = 'waiting' and m.ready_at <= :now
        and not exists (select from outlet_message e
                        where e.company_id = m.company_id and e.subject = m.subject
                          and e.state = 'waiting' and e.id < m.id)
      order by m.id limit :limit))
    returning id, event_id, task, subject, refusals
    """
)
_TICKETS = text(
    """
    select t.id as ticket_id, t.title, t.description, t.category, t.priority, t.created_at,
           a.need_admin, a.topic, a.topic_confidence, a.team_similarity,
           case when a.team_is_sure then a.team_id end as team_id
    from ticket t
    left join analysis a on a.company_id = t.company_id and a.ticket_id = t.id
    where t.company_id = current_company() and t.id = any(:ids)
    """
)
_FILES = text(
    """
    select d.file_id::text as file_id, d.blob_key, d.original_name, d.kind, d.size_bytes,
           d.content_type, d.created_at as uploaded_at
    from knowledge_document d
    where d.company_id = current_company() and d.file_id::text = any(:ids)
      and d.source_type = 'file' and d.blob_key is not null and d.kind = any(:kinds)
    """
)
_SETTLE = text(
    """
    update outlet_message set state = :state, problem = :problem, settled_at = :now
    where company_id = current_company() and id = any(:ids)
    """
)
# After an outage what was tried meanwhile is due at once.
_BACK = text(
    """
    update outlet_message m set ready_at = :now from outlet o
    where o.company_id = current_company() and o.failures > 1 and m.company_id = o.company_id
      and m.state = 'waiting' and m.attempts > 0 and m.ready_at > :now
    """
)
_WELL = text(
    """
    update outlet set failures = 0, failing_since = null, rests_until = null, problem = null,
      succeeded_at = :now where company_id = current_company()
    """
)
_ILL = text(
    """
    update outlet set failures = failures + 1, failing_since = coalesce(failing_since, :now),
      problem = :problem where company_id = current_company() returning failures
    """
)
_RESTS = text("update outlet set rests_until = :until where company_id = current_company()")
_REFUSED = text(
    """
    update outlet_message set refusals = :refusals, problem = :problem, state = :state,
      settled_at = :settled_at, ready_at = :ready_at
    where company_id = current_company() and id = :id
    """
)
