"""Heartbeats: who has to be heard of every so often; silence is an alarm, a beat is its end."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.alerts.acting import file_alert
from ticketyard.alerts.errors import BadRule, HeartbeatNotFound, NameTaken
from ticketyard.alerts.events import HeartbeatMissed, HeartbeatReturned
from ticketyard.alerts.models import Heartbeat
from ticketyard.alerts.one_report import Filing
from ticketyard.alerts.told import ToldAlert
from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of, now_of
from ticketyard.core.events import emit
from ticketyard.core.resources import Resources

PROVIDER = "heartbeat"
AT_ONCE = 100


async def add_heartbeat(session: AsyncSession, *, fields: Mapping[str, Any]) -> Heartbeat:
    """Add a heartbeat; nobody is alarmed before it was heard of once. Raises NameTaken, BadRule."""
    if str(fields["name"]).isdigit():
        raise BadRule("A heartbeat needs a name that is not a number alone.", field="name")
    await _refuse_taken(session, str(fields["name"]), None)
    heartbeat = Heartbeat(company_id=company_of(session), **fields)
    session.add(heartbeat)
    await session.flush()
    await session.refresh(heartbeat)
    return heartbeat


async def change_heartbeat(
    session: AsyncSession, *, heartbeat_id: int, changes: Mapping[str, Any]
) -> Heartbeat:
    """Change what is given. Raises HeartbeatNotFound, NameTaken."""
    heartbeat = await get_heartbeat(session, heartbeat_id, lock=True)
    if "name" in changes:
        await _refuse_taken(session, str(changes["name"]), heartbeat.id)
    for name, value in changes.items():
        setattr(heartbeat, name, value)
    if heartbeat.last_seen_at is not None:
        heartbeat.due_at = due_after(heartbeat, heartbeat.last_seen_at)
    await session.flush()
    return heartbeat


async def delete_heartbeat(session: AsyncSession, *, heartbeat_id: int) -> None:
    """Expect it no more; an alarm about it stays what it is. Raises HeartbeatNotFound."""
    await session.delete(await get_heartbeat(session, heartbeat_id, lock=True))
    await session.flush()


async def beat(
    session: AsyncSession, resources: Resources, *, reference: str, by: Principal
) -> Heartbeat:
    """Somebody is there, known by id or name. Raises HeartbeatNotFound."""
    heartbeat = await get_heartbeat(session, reference, lock=True)
    now = now_of(session)
    was_missing = heartbeat.state == "missing"
    heartbeat.state, heartbeat.last_seen_at = "alive", now
    heartbeat.due_at = due_after(heartbeat, now)
    heartbeat.beats += 1
    await session.flush()
    if was_missing:
        told = _told(heartbeat, is_clear=True)
        await _file(session, resources, told, heartbeat, by)
        returned = HeartbeatReturned(heartbeat_id=heartbeat.id, name=heartbeat.name)
        await emit(session, returned, by=by)
    return heartbeat


async def alarm_missing(resources: Resources, company_id: int) -> int:
    """Raise an alarm for each heartbeat that is overdue; gives how many those were."""
    async with resources.db.transaction(company_id) as session:
        overdue = list(
            await session.scalars(
                select(Heartbeat)
                .where(
                    Heartbeat.company_id == company_id,
                    Heartbeat.is_enabled,
                    Heartbeat.state != "missing",
                    Heartbeat.due_at < now_of(session),
                )
                .order_by(Heartbeat.id)
                .limit(AT_ONCE)
                .with_for_update(skip_locked=True)
            )
        )
        by = Principal.system(company_id, "Alerts")
        for heartbeat in overdue:
            heartbeat.state = "missing"
            await session.flush()
            await _file(session, resources, _told(heartbeat), heartbeat, by)
            missed = HeartbeatMissed(heartbeat_id=heartbeat.id, name=heartbeat.name)
            await emit(session, missed, by=by)
        return len(overdue)


def due_after(heartbeat: Heartbeat, seen: datetime) -> datetime:
    """When it is missed, if it was seen then and not since."""
    return seen + timedelta(seconds=heartbeat.every_seconds + heartbeat.grace_seconds)


def _told(heartbeat: Heartbeat, *, is_clear: bool = False) -> ToldAlert:
    seen = heartbeat.last_seen_at
    return ToldAlert(
        provider_id=PROVIDER,
        fingerprint=f"heartbeat:{heartbeat.id}",
        title=f"Nothing heard of {heartbeat.name}",
        description=(
            f"{heartbeat.name} should be heard of every {heartbeat.every_seconds} seconds."
            + (f" The last time was {seen:%Y-%m-%d %H:%M:%S} UTC." if seen else "")
        ),
        severity=heartbeat.severity,
        is_clear=is_clear,
        alarm_type="heartbeat",
        labels={"heartbeat": heartbeat.name},
        detections=1,
    )


async def _file(
    session: AsyncSession,
    resources: Resources,
    told: ToldAlert,
    heartbeat: Heartbeat,
    by: Principal,
) -> None:
    filing = Filing(
        told=told,
        fingerprint=f"heartbeat:{heartbeat.id}",
        is_event=False,
        occurred_at=now_of(session),
        now=now_of(session),
    )
    await file_alert(session, resources, filing, inbound_id=None, by=by)


async def get_heartbeat(
    session: AsyncSession, reference: int | str, *, lock: bool = False
) -> Heartbeat:
    """One heartbeat by id or name. Raises HeartbeatNotFound."""
    query = select(Heartbeat).where(Heartbeat.company_id == company_of(session))
    word = str(reference)
    if word.isascii() and word.isdigit() and len(word) < 10:
        query = query.where(Heartbeat.id == int(word))
    else:
        query = query.where(Heartbeat.name == word)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    heartbeat = await session.scalar(query)
    if heartbeat is None:
        raise HeartbeatNotFound("There is no such heartbeat.")
    return heartbeat


async def _refuse_taken(session: AsyncSession, name: str, own_id: int | None) -> None:
    found = await session.scalar(
        select(Heartbeat.id).where(
            Heartbeat.company_id == company_of(session), Heartbeat.name == name
        )
    )
    if found is not None and found != own_id:
        raise NameTaken(f"There is a heartbeat named {name} already.")


async def list_heartbeats(session: AsyncSession) -> list[Heartbeat]:
    """All of the company's, by name."""
    return list(
        await session.scalars(
            select(Heartbeat)
            .where(Heartbeat.company_id == company_of(session))
            .order_by(Heartbeat.name)
        )
    )
