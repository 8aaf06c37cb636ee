"""Pure: an alert of an analytics provider, in the alert document's shape, to ticket and alert."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from ticketyard.alerts.errors import MissingField
from ticketyard.core.shapes import Closed, Number, Words, read, storable
from ticketyard.tickets.drafts import NewTicket

REQUIRED = ("title", "severity", "camera_id", "provider_id")
INTEGER_MAX = 2**31 - 1

# Contracts 0.2.
PRIORITY_OF_SEVERITY = {
    "info": "low",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "critical": "critical",
}


def _lowered(value: object) -> object:
    return value.strip().casefold() if isinstance(value, str) else value


Severity = Annotated[
    Literal["info", "low", "medium", "high", "critical"], BeforeValidator(_lowered)
]
Id = Annotated[Words, StringConstraints(min_length=1, max_length=120)]
# A person will click on it: an address of the web or of the same site, nothing that runs.
Link = Annotated[Words, StringConstraints(max_length=2000, pattern=r"^(?i:https?://|/|$)")]


class AlertIn(Closed):
    """An alert; fields that the document does not name are refused."""

    title: Annotated[Words, StringConstraints(min_length=1, max_length=500)] = Field(
        examples=["Person detected in restricted zone"]
    )
    severity: Severity = Field(examples=["high"], description="In any case.")
    camera_id: Number = Field(
        ge=-INTEGER_MAX, le=INTEGER_MAX, examples=[1], description="0 is a camera like any other."
    )
    provider_id: Id = Field(examples=["provider-7"])
    description: Annotated[Words, StringConstraints(max_length=200_000)] | None = None
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


def read_alert(data: object) -> tuple[NewTicket, Mapping[str, Any]]:
    """The ticket to open, and the alert to keep behind it, named like the columns of `alert`.

    Raises MissingField for the first required field that is not there, else Unreadable.
    """
    given = data if isinstance(data, dict) else {}
    for name in REQUIRED:
        if given.get(name) is None:
            raise MissingField(f"Missing required field: {name}")
    told = read(AlertIn, given)
    ticket = NewTicket(
        source="alert",
        source_reference=reference_of(told.provider_id, told.vendor_alert_id),
        title=told.title,
        description=told.description or "",
        severity=told.severity,
        priority=PRIORITY_OF_SEVERITY[told.severity],
        source_priority=str(storable(given["severity"])),
    )
    alert = told.model_dump(exclude={"title", "description", "severity"})
    return ticket, {name: storable(value) for name, value in alert.items() if value is not None}


def reference_of(provider_id: str, vendor_alert_id: str | None) -> str | None:
    """What makes two alerts the same: provider and its own id, in one text that reads one way."""
    if vendor_alert_id is None:
        return None
    provider = provider_id.replace("%", "%25").replace("/", "%2F")
    return f"{provider}/{vendor_alert_id}"
