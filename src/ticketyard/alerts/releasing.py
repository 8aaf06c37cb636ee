"""The end of a maintenance window: what still fires is looked at anew, and opens its ticket now."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.alerts.acting import file_alert
from ticketyard.alerts.models import Alert, MaintenanceWindow
from ticketyard.alerts.one_report import Filing
from ticketyard.alerts.surroundings import window_for
from ticketyard.alerts.told import ToldAlert
from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of, now_of
from ticketyard.core.resources import Resources

AT_ONCE = 100


async def release_windows(resources: Resources, company_id: int) -> int:
    """Release what windows that are over held back; gives how many alerts that were."""
    released = 0
    while True:
        async with resources.db.transaction(company_id) as session:
            window = await _window_that_is_over(session)
            if window is None:
                return released
            alerts = await _held_back(session, window.id)
            for alert in alerts:
                await _release(session, resources, alert)
            released += len(alerts)
            if len(alerts) < AT_ONCE:
                window.released_at = now_of(session)


async def _window_that_is_over(session: AsyncSession) -> MaintenanceWindow | None:
    found: MaintenanceWindow | None = await session.scalar(
        select(MaintenanceWindow)
        .where(
            MaintenanceWindow.company_id == company_of(session),
            MaintenanceWindow.released_at.is_(None),
            MaintenanceWindow.ends_at <= now_of(session),
        )
        .order_by(MaintenanceWindow.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return found


async def _held_back(session: AsyncSession, window_id: int) -> list[Alert]:
    # Not held here: whoever files a report of one holds its fingerprint first, and then the alert.
    return list(
        await session.scalars(
            select(Alert)
            .where(
                Alert.company_id == company_of(session),
                Alert.suppressed_by == window_id,
                Alert.state == "suppressed",
            )
            .order_by(Alert.id)
            .limit(AT_ONCE)
        )
    )


async def _release(session: AsyncSession, resources: Resources, alert: Alert) -> None:
    """Let the alert fire as if it came now; another window may cover it still."""
    still = await window_for(session, alert.provider_id, alert.camera_id, alert.labels)
    if still is not None:
        alert.suppressed_by = still
        return
    by = Principal.system(company_of(session), "Alerts")
    filing = Filing(
        told=told_again(alert),
        fingerprint=alert.fingerprint,
        shared_in=alert.shared_in,
        is_event=alert.is_event,
        occurred_at=now_of(session),
        now=now_of(session),
    )
    await file_alert(session, resources, filing, inbound_id=None, releasing=alert, by=by)


def told_again(alert: Alert) -> ToldAlert:
    """What the alert's source told, from what is kept of it."""
    names = (
        "provider_id", "title", "severity", "description", "is_event", "is_latched",
        "vendor_alert_id", "camera_id", "organization_id", "alarm_type", "labels",
        "alert_data", "link_url", "thumbnail_url", "video_clip_url",
    )  # fmt: skip
    return ToldAlert(**{name: getattr(alert, name) for name in names})
