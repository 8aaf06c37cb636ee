"""Alerts over HTTP: what fires, who sends it, maintenance windows, heartbeats, mappings."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from ticketyard.alerts.filing import FingerprintFields
from ticketyard.alerts.heartbeats import (
    add_heartbeat,
    beat,
    change_heartbeat,
    delete_heartbeat,
    get_heartbeat,
    list_heartbeats,
)
from ticketyard.alerts.maintenance import (
    add_window,
    change_window,
    end_window,
    list_windows,
)
from ticketyard.alerts.mappings import (
    add_mapping,
    change_mapping,
    delete_mapping,
    list_mappings,
)
from ticketyard.alerts.models import AlertMapping, AlertProvider, Heartbeat, MaintenanceWindow
from ticketyard.alerts.providers import change_provider, get_provider, list_providers
from ticketyard.alerts.queries import (
    PAGE_MAX,
    alert_quality,
    get_alert,
    list_alerts,
    list_occurrences,
)
from ticketyard.alerts.shapes.provider import Severity
from ticketyard.core.errors import NotAllowed
from ticketyard.core.shapes import RowId
from ticketyard.web.api.alert_shapes import (
    AlertDetail,
    AlertListOut,
    AlertSummary,
    HeartbeatIn,
    HeartbeatOut,
    HeartbeatPatch,
    MappingOut,
    MappingPatch,
    NamedMappingIn,
    OccurrenceOut,
    ProviderOut,
    ProviderPatch,
    QualityOut,
    WindowIn,
    WindowOut,
    WindowPatch,
)
from ticketyard.web.deps import Acting, Parts, Session, may
from ticketyard.web.envelopes import is_trusted
from ticketyard.web.idempotency import IdempotentRoute

router = APIRouter(prefix="/api", tags=["alerts"], route_class=IdempotentRoute)

# Ids of four bytes.
SmallId = Annotated[RowId, Field(le=2**31 - 1)]


@router.get("/alerts", response_model=AlertListOut, dependencies=[may("tickets:read")])
async def get_alerts(
    session: Session,
    state: Literal["firing", "suppressed", "recovered"] | None = None,
    active: bool = Query(False, description="Only what fires and is still to be done."),
    severity: Severity | None = None,
    provider_id: str | None = Query(None, max_length=120),
    camera_id: int | None = Query(None, ge=-(2**31) + 1, le=2**31 - 1),
    ticket_id: RowId | None = None,
    q: str | None = Query(None, max_length=200, description="Words of the title; * and ? for any."),
    before: RowId | None = Query(None, description="`next_before` of a page before."),
    limit: int = Query(50, ge=1, le=PAGE_MAX),
) -> AlertListOut:
    """List alerts, the newest first."""
    found = await list_alerts(
        session,
        limit=limit + 1,
        active=active,
        state=state,
        severity=severity,
        provider_id=provider_id,
        camera_id=camera_id,
        ticket_id=ticket_id,
        q=q or None,
        before=before,
    )
    page = found[:limit]
    return AlertListOut(
        alerts=[AlertSummary(**each) for each in page],
        next_before=page[-1]["id"] if len(found) > limit else None,
    )


@router.get("/alerts/quality", response_model=QualityOut, dependencies=[may("tickets:read")])
async def get_quality(session: Session, days: int = Query(30, ge=1, le=3650)) -> dict[str, Any]:
    """Say how often alerts were false: by provider, and by provider and camera."""
    providers, cameras = await alert_quality(session, days)
    return {"days": days, "providers": providers, "cameras": cameras}


@router.get("/alerts/{alert_id}", response_model=AlertDetail, dependencies=[may("tickets:read")])
async def get_one_alert(alert_id: RowId, session: Session) -> AlertDetail:
    """Show one alert with its last occurrences."""
    found = await get_alert(session, alert_id)
    occurrences = await list_occurrences(session, alert_id)
    return AlertDetail(**found, occurrences=[OccurrenceOut(**each) for each in occurrences])


# -- who sends them --------------------------------------------------------------------------------


@router.get(
    "/alert-providers", response_model=list[ProviderOut], dependencies=[may("tickets:read")]
)
async def get_providers(session: Session) -> list[AlertProvider]:
    """List who ever sent an alert, and how theirs are taken."""
    return await list_providers(session)


@router.get(
    "/alert-providers/{provider_id}",
    response_model=ProviderOut,
    dependencies=[may("tickets:read")],
)
async def get_one_provider(provider_id: str, session: Session) -> AlertProvider:
    """Show how one provider's alerts are taken."""
    return await get_provider(session, provider_id)


@router.patch(
    "/alert-providers/{provider_id}",
    response_model=ProviderOut,
    dependencies=[may("settings:manage")],
)
async def patch_provider(
    provider_id: str, body: ProviderPatch, session: Session, parts: Parts, by: Acting
) -> AlertProvider:
    """Change how a provider's alerts are taken, from now on."""
    changes = {k: v for k, v in body.model_dump(exclude_unset=True).items() if v is not None}
    await get_provider(session, provider_id)
    changed = await change_provider(session, provider_id=provider_id, changes=changes)
    parts.part(FingerprintFields).forget(by.company_id)
    return changed


# -- maintenance windows ---------------------------------------------------------------------------


@router.get(
    "/maintenance-windows", response_model=list[WindowOut], dependencies=[may("tickets:read")]
)
async def get_windows(session: Session) -> list[WindowOut]:
    """List maintenance windows, the last to end first."""
    return [
        WindowOut.model_validate(window).model_copy(update={"held_back": held})
        for window, held in await list_windows(session)
    ]


@router.post(
    "/maintenance-windows",
    response_model=WindowOut,
    status_code=201,
    dependencies=[may("settings:manage")],
)
async def post_window(body: WindowIn, session: Session, by: Acting) -> MaintenanceWindow:
    """Add a maintenance window; it holds for alerts that come from now on."""
    return await add_window(session, fields=body.model_dump(), by=by)


@router.patch(
    "/maintenance-windows/{window_id}",
    response_model=WindowOut,
    dependencies=[may("settings:manage")],
)
async def patch_window(
    window_id: SmallId, body: WindowPatch, session: Session
) -> MaintenanceWindow:
    """Change a window that is not over."""
    changes = {k: v for k, v in body.model_dump(exclude_unset=True).items() if v is not None}
    return await change_window(session, window_id=window_id, changes=changes)


@router.delete(
    "/maintenance-windows/{window_id}",
    response_model=WindowOut,
    dependencies=[may("settings:manage")],
)
async def delete_window(window_id: SmallId, session: Session) -> MaintenanceWindow:
    """End a window now. It stays listed; what it held back and still fires opens its ticket."""
    return await end_window(session, window_id=window_id)


# -- heartbeats ------------------------------------------------------------------------------------


@router.get("/heartbeats", response_model=list[HeartbeatOut], dependencies=[may("tickets:read")])
async def get_heartbeats(session: Session) -> list[Heartbeat]:
    """List who has to be heard of, and how they are."""
    return await list_heartbeats(session)


@router.post(
    "/heartbeats",
    response_model=HeartbeatOut,
    status_code=201,
    dependencies=[may("settings:manage")],
)
async def post_heartbeat(body: HeartbeatIn, session: Session) -> Heartbeat:
    """Add a heartbeat. Nobody is alarmed before its first beat."""
    return await add_heartbeat(session, fields=body.model_dump())


@router.get(
    "/heartbeats/{heartbeat_id}", response_model=HeartbeatOut, dependencies=[may("tickets:read")]
)
async def get_one_heartbeat(heartbeat_id: str, session: Session) -> Heartbeat:
    """Show one heartbeat, by id or name."""
    return await get_heartbeat(session, heartbeat_id)


@router.post(
    "/heartbeats/{heartbeat_id}/beat",
    response_model=HeartbeatOut,
    dependencies=[may("tickets:create")],
)
async def post_beat(heartbeat_id: str, session: Session, parts: Parts, by: Acting) -> Heartbeat:
    """Say that somebody is there, by id or name; ends the alarm about their silence."""
    if not is_trusted(by):
        raise NotAllowed("You may not do this.")
    return await beat(session, parts, reference=heartbeat_id, by=by)


@router.patch(
    "/heartbeats/{heartbeat_id}",
    response_model=HeartbeatOut,
    dependencies=[may("settings:manage")],
)
async def patch_heartbeat(
    heartbeat_id: SmallId, body: HeartbeatPatch, session: Session
) -> Heartbeat:
    """Change a heartbeat."""
    changes = {k: v for k, v in body.model_dump(exclude_unset=True).items() if v is not None}
    return await change_heartbeat(session, heartbeat_id=heartbeat_id, changes=changes)


@router.delete("/heartbeats/{heartbeat_id}", status_code=204, dependencies=[may("settings:manage")])
async def remove_heartbeat(heartbeat_id: SmallId, session: Session) -> None:
    """Expect it no more."""
    await delete_heartbeat(session, heartbeat_id=heartbeat_id)


# -- mappings --------------------------------------------------------------------------------------


@router.get(
    "/alert-mappings", response_model=list[MappingOut], dependencies=[may("settings:manage")]
)
async def get_mappings(session: Session) -> list[AlertMapping]:
    """List the mappings by which other systems' objects are read."""
    return await list_mappings(session)


@router.post(
    "/alert-mappings",
    response_model=MappingOut,
    status_code=201,
    dependencies=[may("settings:manage")],
)
async def post_mapping(body: NamedMappingIn, session: Session) -> AlertMapping:
    """Add a mapping; its address is /api/alerts/generic/{name}."""
    return await add_mapping(session, name=body.name, definition=body.definition)


@router.patch(
    "/alert-mappings/{mapping_id}",
    response_model=MappingOut,
    dependencies=[may("settings:manage")],
)
async def patch_mapping(mapping_id: SmallId, body: MappingPatch, session: Session) -> AlertMapping:
    """Give a mapping another definition."""
    return await change_mapping(session, mapping_id=mapping_id, definition=body.definition)


@router.delete(
    "/alert-mappings/{mapping_id}", status_code=204, dependencies=[may("settings:manage")]
)
async def remove_mapping(mapping_id: SmallId, session: Session) -> None:
    """Delete a mapping; what it read stays."""
    await delete_mapping(session, mapping_id=mapping_id)
