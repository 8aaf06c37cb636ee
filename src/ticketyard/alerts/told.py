"""Pure: one alert as a source tells it, whatever the source; what makes two of them the same."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from ticketyard.core.shapes import storable
from ticketyard.tickets.drafts import NewTicket

FINGERPRINT_MAX: Final = 250
LABELS_MAX: Final = 64
LABEL_MAX: Final = 1_000
DATA_MAX_BYTES: Final = 262_144
DESCRIPTION_MAX: Final = 20_000
LEFT_OUT: Final = {"left_out": "too long; see the message as it came"}

# Contracts 0.2.
PRIORITY_OF_SEVERITY: Final = {
    "info": "low",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "critical": "critical",
}
# Words that monitoring systems use; nobody asked them for ours.
_SEVERITY_WORDS: Final = {
    **{word: word for word in PRIORITY_OF_SEVERITY},
    "none": "info",
    "ok": "info",
    "debug": "info",
    "information": "info",
    "informational": "info",
    "notice": "info",
    "minor": "low",
    "warning": "medium",
    "warn": "medium",
    "moderate": "medium",
    "average": "medium",
    "error": "high",
    "err": "high",
    "major": "high",
    "fatal": "critical",
    "emergency": "critical",
    "alert": "critical",
    "page": "critical",
    "disaster": "critical",
}
CLEAR_WORDS: Final = frozenset(
    {"ok", "resolved", "recovered", "recovery", "clear", "cleared", "normal", "up", "inactive"}
)


@dataclass(frozen=True, kw_only=True)
class ToldAlert:
    """What one report says.

    fingerprint: what makes it the same alert again, by the rules of its shape; None: it never is.
    shared_in: where that is looked for beyond what this provider tells; None: it is the provider's own.
    is_event: the fingerprint names one event that never recovers, and not a state.
    identity: the source's own id of this very report; the same again is the same report.
    occurred_at: as the source says, maybe in the future.  started_at: when this episode began.
    detections: how often the source itself saw it.
    """

    provider_id: str
    title: str
    severity: str
    fingerprint: str | None = None
    shared_in: str | None = None
    description: str = ""
    source_severity: str | None = None
    is_clear: bool = False
    is_event: bool = False
    is_latched: bool = False
    identity: str | None = None
    occurred_at: datetime | None = None
    started_at: datetime | None = None
    vendor_alert_id: str | None = None
    camera_id: int | None = None
    organization_id: str | None = None
    alarm_type: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    alert_data: Mapping[str, Any] = field(default_factory=dict)
    link_url: str | None = None
    thumbnail_url: str | None = None
    video_clip_url: str | None = None
    detections: int = 0

    def ticket(self) -> NewTicket:
        """The ticket it opens, if it opens one."""
        is_named = self.is_event and self.vendor_alert_id is not None
        return NewTicket(
            source="alert",
            source_reference=(
                reference_of(self.provider_id, self.vendor_alert_id) if is_named else None
            ),
            title=self.title,
            description=self.description,
            severity=self.severity,
            priority=PRIORITY_OF_SEVERITY[self.severity],
            source_priority=self.source_severity,
            organization_id=self.organization_id,
        )

    def row(self, fingerprint: str) -> dict[str, Any]:
        """The alert as the database function `insert_alert` takes it."""
        names = (
            "provider_id", "vendor_alert_id", "camera_id", "organization_id", "title", "severity",
            "is_event", "is_latched", "alarm_type", "link_url", "thumbnail_url", "video_clip_url",
        )  # fmt: skip
        row = {name: getattr(self, name) for name in names}
        row |= {
            "fingerprint": fingerprint,
            "description": self.description[:DESCRIPTION_MAX],
            "labels": short_labels(self.labels),
            "alert_data": short_data(self.alert_data),
            "detection_count": self.detections,
        }
        return {name: storable(value) for name, value in row.items() if value is not None}


def severity_of(word: object, unknown: str = "medium") -> str:
    """Our severity for a monitoring system's word, in any case."""
    return _SEVERITY_WORDS.get(str(word).strip().casefold(), unknown) if word else unknown


def is_clear_word(word: object) -> bool:
    """Whether a state says that the alert is over."""
    return isinstance(word, str) and word.strip().casefold() in CLEAR_WORDS


def fingerprint_by(told: ToldAlert, fields: Sequence[str]) -> str | None:
    """What makes the alert the same by a provider's own choice of fields, as `camera_id`,
    `labels.instance` or `alert_data.zone.id`; None where it has none of them."""
    values = [value_at(told, name) for name in fields]
    if all(value is None for value in values):
        return None
    return f"by:{digest_of(values)}"


def group_of(told: ToldAlert, fields: Sequence[str]) -> str | None:
    """The incident it belongs to by these fields; None where it has none of them."""
    values = [value_at(told, name) for name in fields]
    return None if all(value is None for value in values) else digest_of(values)


def value_at(told: ToldAlert, path: str) -> object:
    """What the alert says at a path; None for nothing."""
    head, *rest = path.split(".")
    value: object = getattr(told, head, None) if head in _READABLE else None
    if head == "labels" and rest:
        # The name of a label may itself have dots in it.
        return told.labels.get(".".join(rest))
    for name in rest:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


_READABLE: Final = frozenset(
    {"title", "description", "severity", "camera_id", "organization_id", "alarm_type",
     "vendor_alert_id", "labels", "alert_data", "link_url"}
)  # fmt: skip


def is_path(path: str) -> bool:
    """Whether a provider's field can be one."""
    return path.split(".")[0] in _READABLE and len(path) <= 200 and all(path.split("."))


def short_fingerprint(text: str) -> str:
    """A fingerprint that fits an index."""
    text = str(storable(text))
    return text if len(text) <= FINGERPRINT_MAX else f"{text[:150]}…{digest_of(text)}"


def digest_of(value: object) -> str:
    """The same short text for the same value, whatever the order of its fields."""
    plain = orjson.dumps(storable(value), option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    return hashlib.sha256(plain).hexdigest()


def short_labels(labels: Mapping[str, str]) -> dict[str, str]:
    """Labels as they are kept on the alert: at most 64 of 1,000 letters; all are in the message."""
    kept = list(labels.items())[:LABELS_MAX]
    return {str(name)[:LABEL_MAX]: str(value)[:LABEL_MAX] for name, value in kept}


def short_data(data: Mapping[str, Any]) -> dict[str, Any]:
    """What else is kept on the alert: 256 kB at most; all is in the message."""
    plain = dict(storable(dict(data)))
    return plain if len(orjson.dumps(plain)) <= DATA_MAX_BYTES else dict(LEFT_OUT)


def reference_of(provider_id: str, vendor_alert_id: str | None) -> str | None:
    """What makes two alerts the same: provider and its own id, in one text that reads one way."""
    if vendor_alert_id is None:
        return None
    provider = provider_id.replace("%", "%25").replace("/", "%2F")
    return f"{provider}/{vendor_alert_id}"


def instant_of(text: object) -> datetime | None:
    """The instant a source wrote (RFC 3339); None for none, for nonsense and for the year 1, by
    which Go programs say that there is none."""
    if not isinstance(text, str) or len(text) > 60:
        return None
    try:
        found = datetime.fromisoformat(text.strip())
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found if found.year > 1970 else None


def believed(claimed: datetime | None, now: datetime) -> datetime:
    """When it happened: what the source says, but never in the future."""
    return now if claimed is None or claimed > now else claimed


def link_of(url: object) -> str | None:
    """An address that a person can click on; another one is left in the message alone."""
    if not isinstance(url, str) or len(url) > 2000:
        return None
    return url if url.casefold().startswith(("http://", "https://")) else None
