"""Pure: CloudEvents 1.0: structured, batched, and binary over HTTP.

Source: the CloudEvents specification 1.0.2, its JSON event format and its HTTP protocol binding.
What the event says of an alert we read from `data` by the names that most sources use.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote

import orjson
from pydantic import Field

from ticketyard.alerts.told import (
    ToldAlert,
    digest_of,
    instant_of,
    is_clear_word,
    link_of,
    severity_of,
)
from ticketyard.core.shapes import Open, Text, read, storable, unreadable

STRUCTURED: Final = "application/cloudevents+json"
BATCH: Final = "application/cloudevents-batch+json"
BATCH_MAX: Final = 500
_TITLE_MAX: Final = 500
_REQUIRED: Final = ("specversion", "id", "source", "type")


class CloudEventIn(Open):
    """One event. `data` may say title, severity, state, description; all of it is kept."""

    specversion: Text = Field(examples=["1.0"])
    id: Text = Field(examples=["A234-1234-1234"], min_length=1)
    source: Text = Field(examples=["https://plant.example/line/3"], min_length=1)
    type: Text = Field(examples=["com.example.machine.overheated"], min_length=1)
    subject: Text | None = Field(None, examples=["press-7"])
    time: Text | None = Field(None, examples=["2025-12-15T09:30:00Z"])
    datacontenttype: Text | None = Field(None, examples=["application/json"])
    data: Any = Field(None, examples=[{"title": "Press 7 is too hot", "severity": "high"}])
    data_base64: Text | None = None


def read_event(data: object, provider_id: str = "", at: str = "") -> ToldAlert:
    """The alert an event tells. Raises Unreadable.

    Same source, type and subject: the same alert. Same source and id: the same event, sent again.
    An event whose type or state ends in a word like `resolved` is the end of the alert that the
    same type without that word began.
    """
    event = read(CloudEventIn, data, at)
    if event.specversion.strip() != "1.0":
        raise unreadable(f"{at}.specversion" if at else "specversion", "Only 1.0 is understood")
    said = _content(event, at)
    kind, ends = _without_state(event.type)
    state = said.get("state", said.get("status"))
    severity = said.get("severity", said.get("level"))
    extensions = {
        str(key): value
        for key, value in (data.items() if isinstance(data, dict) else ())
        if key not in CloudEventIn.model_fields
    }
    return ToldAlert(
        provider_id=(provider_id or event.source)[:120],
        fingerprint=f"ce:{digest_of([event.source, kind, event.subject])}",
        identity=f"ce:{digest_of([event.source, event.id])}",
        title=(_text(said, "title", "summary", "name") or _named(event))[:_TITLE_MAX],
        description=_text(said, "description", "message")[:200_000],
        severity=severity_of(severity),
        source_severity=severity if isinstance(severity, str) else None,
        is_clear=ends or is_clear_word(state) or is_clear_word(extensions.get("state")),
        occurred_at=instant_of(event.time),
        organization_id=_text(said, "organization_id")[:120] or None,
        camera_id=_camera(said.get("camera_id")),
        alarm_type=kind[:120],
        labels={"source": event.source, "type": event.type, "subject": event.subject or ""},
        alert_data=storable({**extensions, "id": event.id, "data": event.data}),
        link_url=link_of(said.get("url")) or link_of(said.get("link")),
        thumbnail_url=link_of(said.get("thumbnail_url")),
        video_clip_url=link_of(said.get("video_clip_url")),
    )


def batch_of(data: object) -> list[object]:
    """The events of a batch. Raises Unreadable."""
    if not isinstance(data, list):
        raise unreadable("body", "Input should be a list of events")
    if len(data) > BATCH_MAX:
        raise unreadable("body", f"No more than {BATCH_MAX} events at once")
    return data


def event_in_headers(headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """The event whose attributes are HTTP headers and whose data is the body (binary mode)."""
    event: dict[str, Any] = {
        name[3:]: unquote(value.strip().strip('"'), errors="replace")
        for name, value in headers.items()
        if name.startswith("ce-")
    }
    kind = headers.get("content-type", "")
    if kind:
        event["datacontenttype"] = kind
    if not body:
        return event
    if _is_json(kind):
        try:
            return {**event, "data": orjson.loads(body)}
        except orjson.JSONDecodeError:
            raise unreadable("data", "not valid JSON") from None
    try:
        return {**event, "data": body.decode()}
    except UnicodeDecodeError:
        return {**event, "data_base64": base64.b64encode(body).decode()}


def is_binary(headers: Mapping[str, str]) -> bool:
    """Whether a request carries an event in its headers."""
    return any(f"ce-{name}" in headers for name in _REQUIRED)


def _content(event: CloudEventIn, at: str) -> Mapping[str, Any]:
    """The event's data where it is an object, else an empty one; of text, a message."""
    found = event.data
    if event.data_base64 is not None:
        if found is not None:
            raise unreadable(f"{at}.data" if at else "data", "Either data or data_base64")
        try:
            raw = base64.b64decode(event.data_base64, validate=True)
        except (binascii.Error, ValueError):
            raise unreadable(
                f"{at}.data_base64" if at else "data_base64", "not valid Base64"
            ) from None
        found = _parsed(raw) if _is_json(event.datacontenttype or "") else None
    if isinstance(found, str):
        return {"description": found}
    return found if isinstance(found, dict) else {}


def _parsed(raw: bytes) -> object:
    try:
        found: object = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    return found


def _is_json(media_type: str) -> bool:
    plain = media_type.partition(";")[0].strip().casefold()
    return plain in ("application/json", "text/json") or plain.endswith("+json")


def _without_state(kind: str) -> tuple[str, bool]:
    """The type without a last word that says how it stands, and whether that is its end."""
    head, mark, word = kind.rpartition(".")
    if mark and is_clear_word(word):
        return head, True
    return (
        (head, False)
        if mark and word.casefold() in ("firing", "fired", "alerting")
        else (kind, False)
    )


def _named(event: CloudEventIn) -> str:
    return f"{event.type}: {event.subject}" if event.subject else event.type


def _text(said: Mapping[str, Any], *names: str) -> str:
    found = (said.get(name) for name in names)
    return next((each.strip() for each in found if isinstance(each, str) and each.strip()), "")


def _camera(value: object) -> int | None:
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if abs(value) < 2**31 else None
