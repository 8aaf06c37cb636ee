"""Maintenance windows: times in which certain alerts are kept and open no ticket."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.alerts.errors import BadRule, WindowNotFound
from ticketyard.alerts.models import Alert, MaintenanceWindow
from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of, now_of

LISTED = 200


async def add_window(
    session: AsyncSession, *, fields: Mapping[str, Any], by: Principal
) -> MaintenanceWindow:
    """Add a window; flushes. Raises BadRule for one that is over before it begins."""
    window = MaintenanceWindow(company_id=company_of(session), created_by=by.name, **_aware(fields))
    _check(window)
    session.add(window)
    await session.flush()
    await session.refresh(window)
    return window


async def change_window(
    session: AsyncSession, *, window_id: int, changes: Mapping[str, Any]
) -> MaintenanceWindow:
    """Change what is given. Raises WindowNotFound, BadRule also for one that is over and released."""
    window = await get_window(session, window_id)
    if window.released_at is not None:
        raise BadRule("This window is over; add another one.")
    for name, value in _aware(changes).items():
        setattr(window, name, value)
    _check(window)
    await session.flush()
    return window


async def end_window(session: AsyncSession, *, window_id: int) -> MaintenanceWindow:
    """End it now: what it holds back is released within seconds. Raises WindowNotFound."""
    window = await get_window(session, window_id)
    now = now_of(session)
    if window.released_at is None:
        window.starts_at = min(window.starts_at, now.replace(microsecond=0))
        window.ends_at = max(now, window.starts_at)
        if window.ends_at <= window.starts_at:
            window.ends_at = window.starts_at.replace(microsecond=1)
        await session.flush()
    return window


async def get_window(session: AsyncSession, window_id: int) -> MaintenanceWindow:
    """One window, held for a change. Raises WindowNotFound."""
    window = await session.scalar(
        select(MaintenanceWindow)
        .where(
            MaintenanceWindow.company_id == company_of(session),
            MaintenanceWindow.id == window_id,
        )
        .with_for_update()
    )
    if window is None:
        raise WindowNotFound("There is no such maintenance window.")
    return window


async def list_windows(session: AsyncSession) -> list[tuple[MaintenanceWindow, int]]:
    """The last windows to end first, each with how many alerts it holds back."""
    held = (
        select(func.count())
        .select_from(Alert)
        .where(
            Alert.company_id == company_of(session),
            Alert.suppressed_by == MaintenanceWindow.id,
            Alert.state == "suppressed",
        )
        .scalar_subquery()
    )
    rows = await session.execute(
        select(MaintenanceWindow, held)
        .where(MaintenanceWindow.company_id == company_of(session))
        .order_by(MaintenanceWindow.ends_at.desc(), MaintenanceWindow.id.desc())
        .limit(LISTED)
    )
    return [(window, count) for window, count in rows]


def _check(window: MaintenanceWindow) -> None:
    if window.ends_at <= window.starts_at:
        raise BadRule("A window ends after it starts.", field="ends_at")


def _aware(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields, with instants of no zone taken for UTC."""
    return {
        name: value.replace(tzinfo=UTC)
        if isinstance(value, datetime) and value.tzinfo is None
        else value
        for name, value in fields.items()
    }
