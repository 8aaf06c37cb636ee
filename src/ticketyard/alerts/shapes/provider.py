"""Pure: an alert of an analytics provider, in the alert document's shape, and an alarm with an end."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from ticketyard.alerts.errors import MissingField
from ticketyard.alerts.told import ToldAlert, instant_of, short_fingerprint
from ticketyard.core.shapes import Closed, Number, Words, read, storable

REQUIRED = ("title", "severity", "camera_id", "provider_id")
ALARM_REQUIRED = ("alarm_type", "event_id")
# An alarm of the system itself has no provider.
NO_PROVIDER = "alarm"
INTEGER_MAX = 2**31 - 1


def _lowered(value: object) -> object:
    return value.strip().casefold() if isinstance(value, str) else value


Severity = Annotated[
    Literal["info", "low", "medium", "high", "critical"], BeforeValidator(_lowered)
]
Id = Annotated[Words, StringConstraints(min_length=1, max_length=120)]
# A person will click on it: an address of the web or of the same site, nothing that runs.
Link = Annotated[Words, StringConstraints(max_length=2000, pattern=r"^(?i:https?://|/|$)")]
Description = Annotated[Words, StringConstraints(max_length=200_000)]
Title = Annotated[Words, StringConstraints(min_length=1, max_length=500)]


class AlertIn(Closed):
    """An alert; fields that the document does not name are refused."""

    title: Title = Field(examples=["Person detected in restricted zone"])
    severity: Severity = Field(examples=["high"], description="In any case.")
    camera_id: Number = Field(
        ge=-INTEGER_MAX, le=INTEGER_MAX, examples=[1], description="0 is a camera like any other."
    )
    provider_id: Id = Field(examples=["provider-7"])
    description: Description | None = None
    organization_id: Id | None = None
    vendor_alert_id: Id | None = Field(
        None,
        examples=["evt-9001"],
        description="The provider's own id: the same alert again is recognised by it.",
    )
    alert_data: dict[str, Any] | None = Field(None, examples=[{"detections": []}])
    thumbnail_url: Link | None = None
    video_clip_url: Link | None = None
    detection_count: Number = Field(0, ge=0, le=INTEGER_MAX)


class AlarmIn(Closed):
    """An alarm: a state of a camera or of the system that comes and goes."""

    alarm_type: Id = Field(examples=["camera_offline"])
    event_id: Id = Field(
        examples=["evt-31"], description="Of this report; the same again is counted once."
    )
    is_clear: bool = Field(False, description="The alarm is over.")
    latch: bool = Field(
        False, description="Its end resolves the ticket only if somebody responded before."
    )
    severity: Severity = "high"
    title: Title | None = None
    description: Description | None = None
    camera_id: Number | None = Field(None, ge=-INTEGER_MAX, le=INTEGER_MAX, examples=[0])
    provider_id: Id | None = None
    organization_id: Id | None = None
    occurred_at: datetime | None = None
    alert_data: dict[str, Any] | None = None
    thumbnail_url: Link | None = None
    video_clip_url: Link | None = None


def read_alert(data: object) -> ToldAlert:
    """The alert a provider tells. Raises MissingField for the first required field that is not
    there, else Unreadable."""
    given = _complete(data, REQUIRED)
    told = read(AlertIn, given)
    vendor = told.vendor_alert_id
    return ToldAlert(
        provider_id=told.provider_id,
        fingerprint=short_fingerprint(f"id:{vendor}") if vendor else None,
        is_event=True,
        title=told.title,
        description=told.description or "",
        severity=told.severity,
        source_severity=str(storable(given["severity"])),
        vendor_alert_id=vendor,
        camera_id=told.camera_id,
        organization_id=told.organization_id,
        alert_data=told.alert_data or {},
        thumbnail_url=told.thumbnail_url,
        video_clip_url=told.video_clip_url,
        detections=told.detection_count,
    )


def read_alarm(data: object) -> ToldAlert:
    """The alarm a camera or the system tells, or its end. Raises MissingField, Unreadable.

    The same type at the same camera is the same alarm, whoever reports it; without a camera it is
    one of whoever does.
    """
    told = read(AlarmIn, _complete(data, ALARM_REQUIRED))
    camera = "" if told.camera_id is None else told.camera_id
    words = told.alarm_type.replace("_", " ").strip()
    provider = told.provider_id or NO_PROVIDER
    return ToldAlert(
        provider_id=provider,
        fingerprint=short_fingerprint(f"alarm:{camera}:{told.alarm_type}"),
        shared_in=None if told.camera_id is None else NO_PROVIDER,
        identity=f"{provider}/{told.event_id}/{'clear' if told.is_clear else 'alarm'}",
        title=told.title or words[:1].upper() + words[1:],
        description=told.description or "",
        severity=told.severity,
        is_clear=told.is_clear,
        is_latched=told.latch,
        alarm_type=told.alarm_type,
        camera_id=told.camera_id,
        organization_id=told.organization_id,
        occurred_at=_aware(told.occurred_at),
        alert_data={"event_id": told.event_id, **(told.alert_data or {})},
        thumbnail_url=told.thumbnail_url,
        video_clip_url=told.video_clip_url,
        detections=1,
    )


def _complete(data: object, required: tuple[str, ...]) -> dict[str, Any]:
    given = data if isinstance(data, dict) else {}
    for name in required:
        if given.get(name) is None:
            raise MissingField(f"Missing required field: {name}")
    return given


def _aware(at: datetime | None) -> datetime | None:
    return None if at is None else instant_of(at.isoformat())
