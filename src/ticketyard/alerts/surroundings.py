"""Find out what an alert has to be decided by: its provider, its past, what goes on around it."""

from datetime import datetime, timedelta

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from ticketyard.alerts.deciding import Known, Rules, covers
from ticketyard.alerts.following_merges import surviving_ticket
from ticketyard.alerts.models import Alert, AlertProvider, MaintenanceWindow
from ticketyard.alerts.told import ToldAlert
from ticketyard.core.db import company_of, now_of
from ticketyard.tickets.lifecycle import ACTIVE, is_finished
from ticketyard.tickets.models import Ticket

_HOLD = text("select pg_advisory_xact_lock(hashtextextended(:name, 0))")


async def provider_of(session: AsyncSession, provider_id: str) -> AlertProvider:
    """Who sends it, with their rules; entered in the books with the first alert."""
    query = select(AlertProvider).where(
        AlertProvider.company_id == company_of(session), AlertProvider.provider_id == provider_id
    )
    found = await session.scalar(query)
    if found is None:
        await session.execute(
            insert(AlertProvider)
            .values(company_id=company_of(session), provider_id=provider_id)
            .on_conflict_do_nothing()
        )
        found = await session.scalar(query)
    assert found is not None
    return found


def rules_of(provider: AlertProvider) -> Rules:
    """The rules as plain values."""
    return Rules(**{name: getattr(provider, name) for name in Rules.__dataclass_fields__})


async def hold_provider(session: AsyncSession, provider_id: str) -> None:
    """Let nobody else decide about this provider's incidents and storms until the end."""
    await session.execute(_HOLD, {"name": f"alerts:{company_of(session)}:{provider_id}"})


async def hold_fingerprint(session: AsyncSession, scope: str, fingerprint: str) -> None:
    """Let nobody else decide about this fingerprint until the end."""
    await session.execute(
        text("select hold_fingerprint(:scope, :fingerprint)"),
        {"scope": scope, "fingerprint": fingerprint},
    )


async def newest_episode(
    session: AsyncSession, scope: str, fingerprint: str
) -> tuple[Alert | None, Known | None]:
    """The episode of the fingerprint that is active, else the last one, held for a change, and what
    is known of it."""
    alert = await session.scalar(
        select(Alert)
        .where(
            Alert.company_id == company_of(session),
            Alert.scope == scope,
            Alert.fingerprint == fingerprint,
        )
        # Written out, as the index is.
        .order_by(text("(alert.state <> 'recovered') desc"), Alert.id.desc())
        .limit(1)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if alert is None:
        return None, None
    ticket = await surviving_ticket(session, alert.ticket_id, lock=True)
    if ticket is not None:
        alert.ticket_id = ticket.id
    known = Known(
        state=alert.state,  # type: ignore[arg-type]
        is_event=alert.is_event,
        ticket_status=ticket.status if ticket else None,
        finished_at=await _finished_at(session, ticket) if ticket else None,
        started_at=alert.started_at,
        recovered_at=alert.recovered_at,
        flapping=alert.flapping_since is not None,
    )
    return alert, known


async def _finished_at(session: AsyncSession, ticket: Ticket) -> datetime | None:
    if not is_finished(ticket.status):
        return None
    found: datetime | None = await session.scalar(
        text(
            "select max(changed_at) from state_change"
            " where company_id = current_company() and ticket_id = :id"
        ),
        {"id": ticket.id},
    )
    return found


async def find_window(session: AsyncSession, told: ToldAlert) -> int | None:
    """The maintenance window that covers the alert now, the one that lasts longest."""
    return await window_for(session, told.provider_id, told.camera_id, {**told.labels})


async def window_for(
    session: AsyncSession, provider_id: str, camera_id: int | None, labels: dict[str, str]
) -> int | None:
    """The same, for an alert that was told before."""
    now = now_of(session)
    windows = await session.scalars(
        select(MaintenanceWindow)
        .where(
            MaintenanceWindow.company_id == company_of(session),
            MaintenanceWindow.released_at.is_(None),
            MaintenanceWindow.starts_at <= now,
            MaintenanceWindow.ends_at > now,
        )
        .order_by(MaintenanceWindow.ends_at.desc(), MaintenanceWindow.id)
    )
    for window in windows:
        if covers(
            provider_ids=window.provider_ids,
            camera_ids=window.camera_ids,
            labels=window.labels,
            provider_id=provider_id,
            camera_id=camera_id,
            told_labels=labels,
        ):
            return window.id
    return None


async def find_incident(session: AsyncSession, provider: AlertProvider, key: str) -> int | None:
    """The ticket still to be done that an alert of the same incident went on a short while ago."""
    since = now_of(session) - timedelta(seconds=provider.group_seconds)
    told = aliased(Ticket)
    return await session.scalar(
        select(Ticket.id)
        .select_from(Alert)
        .join(told, told.id == Alert.ticket_id)
        .join(Ticket, Ticket.id == func.coalesce(told.merged_into, told.id))
        .where(
            Alert.company_id == company_of(session),
            Alert.provider_id == provider.provider_id,
            Alert.group_key == key,
            Alert.fired_at > since,
            Ticket.status.in_(ACTIVE),
        )
        .order_by(Alert.fired_at.desc(), Alert.id.desc())
        .limit(1)
    )
