"""Settings: how the alerts of each provider are taken."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Form, Response

from ticketyard.alerts.filing import FingerprintFields
from ticketyard.alerts.models import AlertProvider
from ticketyard.alerts.providers import change_provider, get_provider_of_id, list_providers
from ticketyard.core.shapes import RowId
from ticketyard.web.alert_provider_form import read_values, shown_values
from ticketyard.web.deps import Acting, Parts, Session, may
from ticketyard.web.pages.frame import DeskFrame, Flash, Frame, back_to, page
from ticketyard.web.service_level_forms import length_of

router = APIRouter(prefix="/settings/alert-providers", include_in_schema=False)

HOME = "/settings/alert-providers"
ID_MAX = 2**31 - 1
_Line = Annotated[str, Form(max_length=5_000)]


@router.get("", dependencies=[may("settings:manage")])
async def get_alert_providers(session: Session, frame: DeskFrame) -> Response:
    """Everybody who ever sent an alert."""
    return page(
        "settings/alert_providers.html",
        frame,
        place="settings",
        tab="alert-providers",
        providers=await list_providers(session),
        length_of=length_of,
    )


@router.get("/{sender_id}", dependencies=[may("settings:manage")])
async def get_alert_provider(sender_id: RowId, session: Session, frame: DeskFrame) -> Response:
    """The form of a provider."""
    provider = await get_provider_of_id(session, min(sender_id, ID_MAX))
    return _form(frame, provider, shown_values(provider))


@router.post("/{sender_id}", dependencies=[may("settings:manage")])
async def post_alert_provider(
    sender_id: RowId,
    session: Session,
    parts: Parts,
    by: Acting,
    frame: DeskFrame,
    name: _Line = "",
    fingerprint_fields: _Line = "",
    group_by: _Line = "",
    group_seconds: _Line = "",
    recovery_resolves: _Line = "",
    reopen_seconds: _Line = "",
    flap_start: _Line = "",
    flap_stop: _Line = "",
    flap_seconds: _Line = "",
    storm_alerts: _Line = "",
    storm_seconds: _Line = "",
) -> Response:
    """Take a provider's alerts like this from now on."""
    given = {
        "name": name, "fingerprint_fields": fingerprint_fields, "group_by": group_by,
        "group_seconds": group_seconds, "recovery_resolves": recovery_resolves,
        "reopen_seconds": reopen_seconds, "flap_start": flap_start, "flap_stop": flap_stop,
        "flap_seconds": flap_seconds, "storm_alerts": storm_alerts, "storm_seconds": storm_seconds,
    }  # fmt: skip
    provider = await get_provider_of_id(session, min(sender_id, ID_MAX))
    changes, errors = read_values(given)
    if errors:
        return _form(frame, provider, given, errors)
    await change_provider(session, provider_id=provider.provider_id, changes=changes)
    parts.part(FingerprintFields).forget(by.company_id)
    said = f"Saved. It holds for what “{provider.name or provider.provider_id}” sends from now on."
    return back_to(HOME, Flash("clear", said))


def _form(
    frame: Frame,
    provider: AlertProvider,
    values: Mapping[str, str],
    errors: Mapping[str, str] | None = None,
) -> Response:
    return page(
        "settings/alert_provider.html",
        frame,
        place="settings",
        status=422 if errors else 200,
        tab="alert-providers",
        provider=provider,
        values=values,
        errors=errors or {},
    )
