"""Shapes of the routes of alerts: what they are sent and what they answer."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from ticketyard.alerts.shapes.alertmanager import AlertmanagerIn
from ticketyard.alerts.shapes.cloudevents import CloudEventIn
from ticketyard.alerts.shapes.oncall import OncallIn
from ticketyard.alerts.shapes.provider import INTEGER_MAX, AlarmIn, AlertIn, Id, Severity
from ticketyard.core.shapes import Body, Words
from ticketyard.web.api.intake_schemas import KEY_FIELD

PERIOD_MAX = 2_678_400


class KeyedAlertIn(AlertIn):
    """An alert of an analytics provider."""

    api_key: str | None = KEY_FIELD


class KeyedAlarmIn(AlarmIn):
    """An alarm, or its end."""

    api_key: str | None = KEY_FIELD


class KeyedAlertmanagerIn(AlertmanagerIn):
    """A group of alerts; the key is best sent as Alertmanager's `authorization`."""

    api_key: str | None = KEY_FIELD


class KeyedOncallIn(OncallIn):
    """An alert in OnCall's shape."""

    api_key: str | None = KEY_FIELD


class CloudEventBody(CloudEventIn):
    """An event, structured."""

    api_key: str | None = KEY_FIELD


class AlertOut(BaseModel):
    """The ticket an alert is filed under."""

    message: str = Field(examples=["Ticket created."])
    ticket_id: str | None = Field(
        examples=["4711"], description="Null for one that is kept without a ticket."
    )
    ticket_number: str | None = Field(examples=["TKT-20251215-001"])
    status: str | None = Field(examples=["open"])
    deduplicated: bool | None = Field(
        None, description="True when the provider had sent this alert before."
    )


class TakenOut(AlertOut):
    """What became of an alert."""

    alert_id: int = Field(examples=[17])
    outcome: str = Field(
        examples=["opened"],
        description="opened, joined, repeated, again, reopened, suppressed, recovered, late or "
        "replayed.",
    )


class AlertsOut(BaseModel):
    """What became of the alerts of one delivery."""

    message: str = Field(examples=["1 alert taken in."])
    received: int = Field(examples=[1])
    outcomes: dict[str, int] = Field(examples=[{"opened": 1}])
    alerts: list[TakenOut]


class AlertSummary(BaseModel):
    """One alert in the list: an episode of something that fires, repeats and recovers."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    provider_id: str
    title: str
    severity: str
    state: str
    is_flapping: bool
    count: int
    detection_count: int
    first_occurred_at: datetime
    last_occurred_at: datetime
    recovered_at: datetime | None
    camera_id: int | None
    organization_id: str | None
    alarm_type: str | None
    labels: dict[str, str]
    ticket_id: int | None
    ticket_number: str | None
    ticket_status: str | None
    storm_id: int | None
    suppressed_by: int | None
    thumbnail_url: str | None
    video_clip_url: str | None
    link_url: str | None


class AlertListOut(BaseModel):
    """Alerts, the newest first. next_before: what to ask for to see older ones."""

    alerts: list[AlertSummary]
    next_before: int | None


class OccurrenceOut(BaseModel):
    """One time that an alert was reported."""

    id: int
    outcome: str
    occurred_at: datetime
    claimed_at: datetime | None
    received_at: datetime
    inbound_id: int | None


class AlertDetail(AlertSummary):
    """One alert with its last occurrences, the newest first."""

    fingerprint: str
    vendor_alert_id: str | None
    description: str
    alert_data: dict[str, Any]
    occurrences: list[OccurrenceOut]


class ProviderOut(BaseModel):
    """Who sends alerts, and how theirs are taken."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    provider_id: str
    name: str
    fingerprint_fields: list[str]
    group_by: list[str]
    group_seconds: int
    recovery_resolves: bool
    reopen_seconds: int
    flap_start: int
    flap_stop: int
    flap_seconds: int
    storm_alerts: int
    storm_seconds: int


_Paths = Annotated[list[Annotated[str, Field(min_length=1, max_length=200)]], Field(max_length=20)]


class ProviderPatch(Body):
    """How a provider's alerts are to be taken; the rest stays."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"group_by": ["labels.cluster"], "group_seconds": 300}]}
    )

    name: Annotated[Words, Field(max_length=120)] | None = None
    fingerprint_fields: _Paths | None = Field(
        None, description="camera_id, alarm_type, title, labels.NAME, alert_data.PATH, …"
    )
    group_by: _Paths | None = None
    group_seconds: int | None = Field(None, ge=1, le=604_800)
    recovery_resolves: bool | None = None
    reopen_seconds: int | None = Field(None, ge=0, le=2_592_000)
    flap_start: int | None = Field(None, ge=2, le=50)
    flap_stop: int | None = Field(None, ge=0, le=49)
    flap_seconds: int | None = Field(None, ge=1, le=86_400)
    storm_alerts: int | None = Field(None, ge=0, le=100_000, description="0: never a storm.")
    storm_seconds: int | None = Field(None, ge=1, le=3_600)


def _inside_of_time(at: datetime) -> datetime:
    if not 1990 <= at.year < 2200:
        raise PydanticCustomError("instant", "Lies outside of the years 1990 to 2199")
    return at


# Without a zone it is UTC.
_WindowInstant = Annotated[datetime, AfterValidator(_inside_of_time)]
_CameraId = Annotated[int, Field(ge=-INTEGER_MAX, le=INTEGER_MAX)]


class WindowIn(Body):
    """A time in which alerts are kept and open no ticket; all that is said must hold for them."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "Camera firmware",
                    "starts_at": "2025-12-15T22:00:00Z",
                    "ends_at": "2025-12-16T02:00:00Z",
                    "camera_ids": [0, 7],
                }
            ]
        }
    )

    name: Annotated[Words, Field(min_length=1, max_length=200)]
    starts_at: _WindowInstant
    ends_at: _WindowInstant
    provider_ids: list[Id] = Field(default_factory=list, max_length=100)
    camera_ids: list[_CameraId] = Field(default_factory=list, max_length=1_000)
    labels: dict[Words, Words] = Field(default_factory=dict, max_length=20)


class WindowPatch(Body):
    """What is to change; the rest stays. An end that is past releases what was held back."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"ends_at": "2025-12-16T04:00:00Z"}]})

    name: Annotated[Words, Field(min_length=1, max_length=200)] | None = None
    starts_at: _WindowInstant | None = None
    ends_at: _WindowInstant | None = None


class WindowOut(BaseModel):
    """A maintenance window. held_back: how many alerts wait for its end."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    starts_at: datetime
    ends_at: datetime
    provider_ids: list[str]
    camera_ids: list[int]
    labels: dict[str, str]
    created_by: str
    created_at: datetime
    released_at: datetime | None
    held_back: int = 0


# Not of digits alone, which would be an id.
HeartbeatName = Annotated[
    Words, Field(min_length=1, max_length=120, pattern=r"^[\w .:@-]*[^\d\W][\w .:@-]*$")
]


class HeartbeatIn(Body):
    """Somebody who has to be heard of every so often (POST /api/heartbeats/{name}/beat)."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "nightly-backup", "every_seconds": 86400}]}
    )

    name: HeartbeatName
    every_seconds: int = Field(ge=1, le=PERIOD_MAX)
    grace_seconds: int = Field(0, ge=0, le=PERIOD_MAX)
    severity: Severity = "high"
    is_enabled: bool = True


class HeartbeatPatch(Body):
    """What is to change; the rest stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"is_enabled": False}]})

    name: HeartbeatName | None = None
    every_seconds: int | None = Field(None, ge=1, le=PERIOD_MAX)
    grace_seconds: int | None = Field(None, ge=0, le=PERIOD_MAX)
    severity: Severity | None = None
    is_enabled: bool | None = None


class HeartbeatOut(BaseModel):
    """A heartbeat and how it is."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    every_seconds: int
    grace_seconds: int
    severity: str
    is_enabled: bool
    state: str
    last_seen_at: datetime | None
    due_at: datetime | None
    beats: int


class NamedMappingIn(Body):
    """A mapping under its name, which is the end of its address."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "zabbix",
                    "definition": {
                        "provider_id": "zabbix",
                        "title": "{event.name} on {host.name}",
                        "severity": "event.severity",
                        "state": "event.value",
                        "clear_words": ["0"],
                        "fingerprint": ["host.id", "trigger.id"],
                    },
                }
            ]
        }
    )

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
    definition: dict[str, Any]


class MappingPatch(Body):
    """The definition it shall have."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"definition": {"provider_id": "zabbix", "title": "event.name"}}]
        }
    )

    definition: dict[str, Any]


class MappingOut(BaseModel):
    """A mapping as it is stored."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    definition: dict[str, Any]
    created_at: datetime
    updated_at: datetime


class QualityRow(BaseModel):
    """How often alerts were false. false_positive_share: of those whose ticket is finished."""

    provider_id: str
    camera_id: int | None
    alerts: int
    tickets: int
    finished: int
    false_positives: int
    false_positive_share: float | None


class QualityOut(BaseModel):
    """False alarms by provider, and by provider and camera, the worst first."""

    days: int
    providers: list[QualityRow]
    cameras: list[QualityRow]
