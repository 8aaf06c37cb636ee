"""Settings, webhooks: endpoints, their log, and sending again."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Response

from ticketyard.core.clock import utc_now
from ticketyard.core.errors import Refusal
from ticketyard.core.outgoing import Outgoing
from ticketyard.core.sealing import Sealer
from ticketyard.core.shapes import Instant, RowId
from ticketyard.web.deps import Acting, Parts, Session, may
from ticketyard.web.pages.frame import DeskFrame, Flash, Frame, back_to, page
from ticketyard.webhooks.endpoints import (
    add_endpoint,
    change_endpoint,
    delete_endpoint,
    event_names,
    rotate_secret,
)
from ticketyard.webhooks.models import WebhookEndpoint
from ticketyard.webhooks.queries import (
    count_waiting,
    get_endpoint,
    list_deliveries,
    list_endpoints,
    list_tries,
)
from ticketyard.webhooks.replaying import replay_delivery, replay_since, send_test

router = APIRouter(prefix="/settings/webhooks", include_in_schema=False)

HOME = "/settings/webhooks"
PAGE = 50
State = Literal["waiting", "delivered", "failed"]
_AGES = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}
_NO_FORM: dict[str, Any] = {"name": "", "url": "", "events": "ticket.*", "error": ""}


@router.get("", dependencies=[may("settings:manage")])
async def get_webhooks(session: Session, frame: DeskFrame) -> Response:
    """Every endpoint, and a form for another."""
    return await _list(session, frame, _NO_FORM)


@router.post("", dependencies=[may("settings:manage")])
async def post_webhook(
    session: Session,
    by: Acting,
    frame: DeskFrame,
    resources: Parts,
    url: Annotated[str, Form(max_length=500)] = "",
    events: Annotated[str, Form(max_length=4000)] = "",
    name: Annotated[str, Form(max_length=100)] = "",
) -> Response:
    """Add one. Its secret is in this one answer, so this form answers with a page itself."""
    try:
        async with session.begin_nested():
            endpoint, secret = await add_endpoint(
                session,
                url=url,
                event_types=_split(events),
                name=name,
                sealer=resources.part(Sealer),
                outgoing=resources.part(Outgoing),
                by=by,
            )
    except Refusal as refusal:
        form = {"name": name, "url": url, "events": events, "error": refusal.detail}
        return await _list(session, frame, form, status=422)
    await session.refresh(endpoint)
    return await _one(session, frame, endpoint, secret=secret)


@router.get("/{webhook_id}", dependencies=[may("settings:manage")])
async def get_webhook(
    webhook_id: RowId,
    session: Session,
    frame: DeskFrame,
    state: State | None = None,
    before: RowId | None = None,
    since: Instant | None = None,
    only_failed: bool = False,
) -> Response:
    """One endpoint and what was delivered there. since: where sending again can go on."""
    endpoint = await get_endpoint(session, webhook_id)
    more = (since, only_failed) if since else None
    return await _one(session, frame, endpoint, state=state, before=before, more=more)


@router.post("/{webhook_id}", dependencies=[may("settings:manage")])
async def post_change(
    webhook_id: RowId,
    session: Session,
    by: Acting,
    frame: DeskFrame,
    resources: Parts,
    url: Annotated[str, Form(max_length=500)] = "",
    events: Annotated[str, Form(max_length=4000)] = "",
    name: Annotated[str, Form(max_length=100)] = "",
) -> Response:
    """Change it."""
    try:
        async with session.begin_nested():
            await change_endpoint(
                session,
                endpoint_id=webhook_id,
                url=url,
                event_types=_split(events),
                name=name,
                outgoing=resources.part(Outgoing),
                by=by,
            )
    except Refusal as refusal:
        endpoint = await get_endpoint(session, webhook_id)
        form = {"name": name, "url": url, "events": events, "error": refusal.detail}
        return await _one(session, frame, endpoint, form=form, status=422)
    return back_to(f"{HOME}/{webhook_id}", Flash("clear", "Saved."))


@router.post("/{webhook_id}/secret", dependencies=[may("settings:manage")])
async def post_secret(
    webhook_id: RowId, session: Session, by: Acting, frame: DeskFrame, resources: Parts
) -> Response:
    """A new secret, shown in this one answer."""
    sealer = resources.part(Sealer)
    secret = await rotate_secret(session, endpoint_id=webhook_id, sealer=sealer, by=by)
    return await _one(session, frame, await get_endpoint(session, webhook_id), secret=secret)


@router.post("/{webhook_id}/switch", dependencies=[may("settings:manage")])
async def post_switch(
    webhook_id: RowId,
    session: Session,
    by: Acting,
    resources: Parts,
    on: Annotated[bool, Form()] = False,
) -> Response:
    """Switch it on or off."""
    await change_endpoint(
        session, endpoint_id=webhook_id, is_enabled=on, outgoing=resources.part(Outgoing), by=by
    )
    return back_to(f"{HOME}/{webhook_id}")


@router.post("/{webhook_id}/delete", dependencies=[may("settings:manage")])
async def post_delete(webhook_id: RowId, session: Session, by: Acting) -> Response:
    """Forget it and its log."""
    await delete_endpoint(session, endpoint_id=webhook_id, by=by)
    return back_to(HOME, Flash("clear", "The endpoint is forgotten."))


@router.post("/{webhook_id}/test", dependencies=[may("settings:manage")])
async def post_test(webhook_id: RowId, session: Session, by: Acting) -> Response:
    """Send a test."""
    await send_test(session, endpoint_id=webhook_id, by=by)
    return back_to(f"{HOME}/{webhook_id}", Flash("info", "A test is on its way; look below."))


@router.post("/{webhook_id}/replay", dependencies=[may("settings:manage")])
async def post_replay(
    webhook_id: RowId,
    session: Session,
    by: Acting,
    age: Annotated[Literal["hour", "day", "week"], Form()] = "day",
    only_failed: Annotated[bool, Form()] = False,
    since: Annotated[Instant | None, Form()] = None,
) -> Response:
    """Send again what happened within the last hour, day or week, or go on from an instant."""
    found = await replay_since(
        session,
        endpoint_id=webhook_id,
        since=since or utc_now() - _AGES[age],
        only_failed=only_failed,
        by=by,
    )
    if found.next_since is None or found.last_at is None:
        return back_to(f"{HOME}/{webhook_id}", Flash("info", f"Sending {found.count} again."))
    rest = urlencode({"since": found.next_since.isoformat(), "only_failed": only_failed})
    until = f"{found.last_at:%Y-%m-%d %H:%M:%S} UTC"
    said = f"Sending {found.count} again, of what happened until {until}. There is more."
    return back_to(f"{HOME}/{webhook_id}?{rest}#send-again", Flash("caution", said))


@router.post("/{webhook_id}/deliveries/{delivery_id}/replay", dependencies=[may("settings:manage")])
async def post_replay_one(
    webhook_id: RowId, delivery_id: RowId, session: Session, by: Acting
) -> Response:
    """Send one again."""
    await replay_delivery(session, endpoint_id=webhook_id, delivery_id=delivery_id, by=by)
    return back_to(f"{HOME}/{webhook_id}", Flash("info", "It is sent again; look below."))


async def _list(
    session: Session, frame: Frame, form: dict[str, Any], *, status: int = 200
) -> Response:
    return page(
        "settings/webhooks.html",
        frame,
        place="settings",
        tab="webhooks",
        status=status,
        endpoints=await list_endpoints(session),
        waiting=await count_waiting(session),
        form=form,
        event_names=event_names(),
    )


async def _one(
    session: Session,
    frame: Frame,
    endpoint: WebhookEndpoint,
    *,
    state: State | None = None,
    before: int | None = None,
    secret: str = "",
    form: dict[str, Any] | None = None,
    more: tuple[datetime, bool] | None = None,
    status: int = 200,
) -> Response:
    found = await list_deliveries(session, endpoint.id, state=state, before=before, limit=PAGE + 1)
    next_href = ""
    if len(found) > PAGE:
        only = f"&state={state}" if state else ""
        next_href = f"{HOME}/{endpoint.id}?before={found[PAGE - 1].id}{only}"
    kept = {
        "name": endpoint.name,
        "url": endpoint.url,
        "events": ", ".join(endpoint.event_types),
        "error": "",
    }
    return page(
        "settings/webhook.html",
        frame,
        place="settings",
        tab="webhooks",
        status=status,
        endpoint=endpoint,
        deliveries=found[:PAGE],
        tries=await list_tries(session, [each.id for each in found[:PAGE]]),
        state=state or "",
        secret=secret,
        form=form or kept,
        more=more,
        next_href=next_href,
        event_names=event_names(),
    )


def _split(events: str) -> list[str]:
    return [word for word in events.replace(",", " ").split() if word]
