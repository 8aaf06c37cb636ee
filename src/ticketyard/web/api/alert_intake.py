"""Where alerts come in: providers, alarms, Alertmanager, CloudEvents, OnCall, a company's own mapping."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import orjson
from fastapi import APIRouter, Query, Request, Response

from ticketyard.alerts.filing import Delivery, Taken, take_alerts
from ticketyard.alerts.mappings import find_mapping
from ticketyard.alerts.shapes.alertmanager import read_alertmanager
from ticketyard.alerts.shapes.cloudevents import (
    BATCH,
    STRUCTURED,
    batch_of,
    event_in_headers,
    is_binary,
    read_event,
)
from ticketyard.alerts.shapes.mapped import check_mapping, items_of, read_mapped
from ticketyard.alerts.shapes.oncall import read_oncall
from ticketyard.alerts.shapes.provider import read_alarm, read_alert
from ticketyard.alerts.told import ToldAlert
from ticketyard.core.errors import Invalid
from ticketyard.intake.errors import SourceOff
from ticketyard.intake.receiving import check_source
from ticketyard.web.api.alert_shapes import (
    AlertOut,
    AlertsOut,
    CloudEventBody,
    KeyedAlarmIn,
    KeyedAlertIn,
    KeyedAlertmanagerIn,
    KeyedOncallIn,
    TakenOut,
)
from ticketyard.web.api.intake_schemas import REFUSALS, json_body
from ticketyard.web.deps import resources_of, web_settings_of
from ticketyard.web.envelopes import Envelope, by_key, keep_refused, no_json, open_envelope
from ticketyard.web.idempotency import REPLAYED

router = APIRouter(tags=["alerts"])
SOURCE = "alert"
Read = Callable[[Envelope], list[ToldAlert]]
_MISSING: dict[int | str, dict[str, Any]] = {
    400: {"description": "A required field is missing; the text names it."}
}
_PROVIDER = Query("", max_length=120, description="Under which provider they are kept.")


@router.post(
    "/api/tickets",
    response_model=AlertOut,
    status_code=201,
    responses={
        **REFUSALS,
        **_MISSING,
        200: {"description": "The provider sent this alert before.", "model": AlertOut},
    },
    openapi_extra=json_body(KeyedAlertIn),
    dependencies=[by_key()],
)
async def post_alert(request: Request) -> Response:
    """File an alert. The same `provider_id` and `vendor_alert_id` again is counted on the first."""
    envelope = await open_envelope(request)
    (taken,) = await _take(request, envelope, lambda sent: [read_alert(_json_of(sent))])
    told = AlertOut(
        message=_message(taken.outcome),
        ticket_id=_text(taken.ticket_id),
        ticket_number=taken.number,
        status=taken.status,
        deduplicated=_deduplicated(taken),
    )
    is_replay = _is_replay(taken, envelope)
    status = 200 if taken.outcome in ("repeated", "late", "suppressed") else 201
    return _answer(told.model_dump_json(exclude=_unsaid(told)), status, is_replay)


@router.post(
    "/api/tickets/alarm",
    response_model=TakenOut,
    status_code=201,
    responses={
        **REFUSALS,
        **_MISSING,
        200: {"description": "A repeat, an end, or this `event_id` again.", "model": TakenOut},
    },
    openapi_extra=json_body(KeyedAlarmIn),
    dependencies=[by_key()],
)
async def post_alarm(request: Request) -> Response:
    """File an alarm, or with `is_clear` its end. There is one alarm for each camera and type while
    it lasts; each `event_id` counts once."""
    envelope = await open_envelope(request)
    (taken,) = await _take(request, envelope, lambda sent: [read_alarm(_json_of(sent))])
    told = _told(taken, envelope)
    status = 201 if taken.outcome in ("opened", "joined") else 200
    return _answer(told.model_dump_json(exclude=_unsaid(told)), status, _is_replay(taken, envelope))


@router.post(
    "/api/alerts/alertmanager",
    response_model=AlertsOut,
    responses=REFUSALS,
    openapi_extra=json_body(KeyedAlertmanagerIn),
    dependencies=[by_key()],
)
async def post_alertmanager(request: Request, provider: str = _PROVIDER) -> Response:
    """Take a group of alerts from Prometheus Alertmanager (webhook version 4) or from Grafana."""
    envelope = await open_envelope(request)
    taken = await _take(
        request, envelope, lambda sent: read_alertmanager(_json_of(sent), provider.strip())
    )
    return _answer_all(taken, envelope)


@router.post(
    "/api/alerts/oncall",
    response_model=AlertsOut,
    responses=REFUSALS,
    openapi_extra=json_body(KeyedOncallIn),
    dependencies=[by_key()],
)
async def post_oncall(request: Request, provider: str = _PROVIDER) -> Response:
    """Take an alert in the shape of Grafana OnCall's formatted webhook."""
    envelope = await open_envelope(request)
    taken = await _take(
        request, envelope, lambda sent: [read_oncall(_json_of(sent), provider.strip())]
    )
    return _answer_all(taken, envelope)


@router.post(
    "/api/alerts/cloudevents",
    response_model=AlertsOut,
    responses=REFUSALS,
    openapi_extra=json_body(CloudEventBody),
    dependencies=[by_key()],
)
async def post_cloudevents(request: Request, provider: str = _PROVIDER) -> Response:
    """Take CloudEvents 1.0: one (structured, or binary with `ce-` headers) or a batch. Each event,
    known by source and id, counts once."""
    envelope = await open_envelope(request)
    headers = dict(request.headers)
    kind = headers.get("content-type", "").partition(";")[0].strip().casefold()
    if kind != BATCH:
        taken = await _take(
            request, envelope, lambda sent: [_one_event(sent, kind, headers, provider.strip())]
        )
        return _answer_all(taken, envelope)
    events: list[object] = []

    def read(sent: Envelope) -> list[ToldAlert]:
        events.extend(batch_of(_json_of(sent)))
        return [read_event(each, provider.strip(), str(n)) for n, each in enumerate(events)]

    told = await _read_or_keep(request, envelope, read)
    taken = await _take_each(request, envelope, told, events, STRUCTURED)
    return _answer_all(taken, envelope)


@router.post(
    "/api/alerts/generic/{mapping_name}",
    response_model=AlertsOut,
    responses={**REFUSALS, 404: {"description": "No such mapping."}},
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"type": "object"},
                    "example": {"event": {"name": "Disk full", "severity": "High"}},
                }
            },
        }
    },
    dependencies=[by_key()],
)
async def post_mapped(mapping_name: str, request: Request) -> Response:
    """Take any other system's object, read as the company's mapping of this name says. Each alert with
    an identity of its own counts once, however many are in a list."""
    envelope = await open_envelope(request)
    async with resources_of(request).db.transaction(envelope.by.company_id) as session:
        mapping = check_mapping((await find_mapping(session, mapping_name)).definition)
    items: list[object] = []

    def read(sent: Envelope) -> list[ToldAlert]:
        items.extend(items_of(mapping, _json_of(sent)))
        return read_mapped(mapping, _json_of(sent))

    told = await _read_or_keep(request, envelope, read)
    if len(told) > 1 and any(each.identity for each in told):
        taken = await _take_each(request, envelope, told, items, "application/json")
    else:
        taken = await _take_together(request, envelope, told)
    return _answer_all(taken, envelope)


def _one_event(sent: Envelope, kind: str, headers: dict[str, str], provider: str) -> ToldAlert:
    if kind != STRUCTURED and is_binary(headers):
        return read_event(event_in_headers(headers, sent.message.content), provider)
    return read_event(_json_of(sent), provider)


def _json_of(sent: Envelope) -> object:
    if sent.content is None:
        raise no_json()
    return sent.content


async def _take(request: Request, envelope: Envelope, read: Read) -> list[Taken]:
    return await _take_together(request, envelope, await _read_or_keep(request, envelope, read))


async def _take_together(
    request: Request, envelope: Envelope, told: Sequence[ToldAlert]
) -> list[Taken]:
    if not told:
        return []
    message = envelope.message
    delivery = Delivery(
        content=message.content,
        content_type=request.headers.get("content-type", message.content_type)[:200],
        key=message.key,
    )
    return await take_alerts(resources_of(request), told, delivery=delivery, by=envelope.by)


async def _take_each(
    request: Request,
    envelope: Envelope,
    told: Sequence[ToldAlert],
    parts: Sequence[object],
    content_type: str,
) -> list[Taken]:
    """File each as if it had come alone, so that it is known by its own identity."""
    key = envelope.message.key
    taken: list[Taken] = []
    for number, (each, part) in enumerate(zip(told, parts, strict=True)):
        delivery = Delivery(
            content=orjson.dumps(part), content_type=content_type, key=key and f"{key}#{number}"
        )
        taken += await take_alerts(resources_of(request), [each], delivery=delivery, by=envelope.by)
    return taken


async def _read_or_keep(request: Request, envelope: Envelope, read: Read) -> list[ToldAlert]:
    check_source(envelope.by, SOURCE)
    if SOURCE in web_settings_of(request).sources_off:
        raise SourceOff("This desk takes nothing from there at present.")
    try:
        return read(envelope)
    except Invalid as refusal:
        await keep_refused(request, envelope, SOURCE, refusal)
        raise


def _told(taken: Taken, envelope: Envelope) -> TakenOut:
    return TakenOut(
        message=_message(taken.outcome),
        outcome=taken.outcome,
        alert_id=taken.alert_id,
        ticket_id=_text(taken.ticket_id),
        ticket_number=taken.number,
        status=taken.status,
        deduplicated=_deduplicated(taken),
    )


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)


_MESSAGES = {
    "opened": "Ticket created.",
    "joined": "Added to the ticket of many alike.",
    "repeated": "Filed before.",
    "again": "It fires again; its ticket is still open.",
    "reopened": "It fires again; its ticket was reopened.",
    "suppressed": "Kept without a ticket: this is a maintenance window.",
    "recovered": "It is over.",
    "late": "Kept; it was over before.",
    "replayed": "Taken in before.",
}


def _message(outcome: str) -> str:
    return _MESSAGES[outcome]


def _is_replay(taken: Taken, envelope: Envelope) -> bool:
    return taken.is_replay and envelope.message.key is not None


def _deduplicated(taken: Taken) -> bool | None:
    return True if taken.outcome in ("repeated", "late", "replayed") else None


def _unsaid(told: AlertOut) -> set[str] | None:
    return {"deduplicated"} if told.deduplicated is None else None


def _answer(body: str, status: int, is_replay: bool) -> Response:
    headers = {REPLAYED: "true"} if is_replay else None
    return Response(body, status, headers, media_type="application/json")


def _answer_all(taken: Sequence[Taken], envelope: Envelope) -> Response:
    told = AlertsOut(
        message=f"{len(taken)} alert{'' if len(taken) == 1 else 's'} taken in.",
        received=len(taken),
        outcomes=dict(Counter(each.outcome for each in taken)),
        alerts=[_told(each, envelope) for each in taken],
    )
    is_replay = any(_is_replay(each, envelope) for each in taken)
    return _answer(told.model_dump_json(), 200, is_replay)
