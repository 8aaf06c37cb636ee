"""Pure: Prometheus Alertmanager's webhook, version 4 (Grafana's alerting sends the same).

Source: the description of webhook_config in Alertmanager's documentation.
"""

from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field

from ticketyard.alerts.told import (
    ToldAlert,
    digest_of,
    instant_of,
    link_of,
    severity_of,
    short_fingerprint,
)
from ticketyard.core.shapes import Open, Text, read, unreadable

PROVIDER: Final = "alertmanager"
ALERTS_MAX: Final = 1_000
_TITLE_MAX: Final = 500


def _words(value: object) -> object:
    """Labels are text; a number or a truth value that slipped in is written as one."""
    if not isinstance(value, dict):
        return value
    return {key: each if isinstance(each, str) else _plain(each) for key, each in value.items()}


def _plain(value: object) -> str:
    return "" if value is None else str(value)


Labels = Annotated[dict[Text, Text], BeforeValidator(_words)]


class AlertmanagerAlert(Open):
    """One alert of a group."""

    status: Literal["firing", "resolved"] = Field(examples=["firing"])
    labels: Labels = Field(
        default_factory=dict, examples=[{"alertname": "DiskFull", "severity": "critical"}]
    )
    annotations: Labels = Field(
        default_factory=dict, examples=[{"summary": "The disk of db1 is full."}]
    )
    startsAt: Text | None = Field(None, examples=["2025-12-15T09:30:00Z"])
    endsAt: Text | None = Field(None, examples=["0001-01-01T00:00:00Z"])
    generatorURL: Text | None = None
    fingerprint: Text | None = Field(None, examples=["c6eadffa33fcdf37"])


class AlertmanagerIn(Open):
    """A group of alerts, as Alertmanager sends it."""

    version: Text = Field("4", examples=["4"])
    groupKey: Text = Field("", examples=['{}:{alertname="DiskFull"}'])
    truncatedAlerts: int = 0
    status: Text = Field("firing", examples=["firing"])
    receiver: Text = Field("", examples=["desk"])
    groupLabels: Labels = Field(default_factory=dict)
    commonLabels: Labels = Field(default_factory=dict)
    commonAnnotations: Labels = Field(default_factory=dict)
    externalURL: Text | None = None
    alerts: list[AlertmanagerAlert] = Field(
        max_length=ALERTS_MAX,
        examples=[
            [
                {
                    "status": "firing",
                    "labels": {"alertname": "DiskFull", "severity": "critical", "instance": "db1"},
                    "annotations": {"summary": "The disk of db1 is full."},
                    "startsAt": "2025-12-15T09:30:00Z",
                    "endsAt": "0001-01-01T00:00:00Z",
                    "fingerprint": "c6eadffa33fcdf37",
                }
            ]
        ],
    )


def read_alertmanager(data: object, provider_id: str = "") -> list[ToldAlert]:
    """The alerts of a group. Raises Unreadable, also for another version than 4."""
    group = read(AlertmanagerIn, data)
    if group.version.strip() != "4":
        raise unreadable("version", "Only version 4 is understood")
    return [_told(each, group, provider_id or PROVIDER) for each in group.alerts]


def _told(alert: AlertmanagerAlert, group: AlertmanagerIn, provider_id: str) -> ToldAlert:
    name = alert.labels.get("alertname") or "Alert without a name"
    is_clear = alert.status == "resolved"
    summary = alert.annotations.get("summary") or alert.annotations.get("title")
    instance = alert.labels.get("instance")
    started, ended = instant_of(alert.startsAt), instant_of(alert.endsAt)
    return ToldAlert(
        provider_id=provider_id,
        fingerprint=short_fingerprint(f"am:{alert.fingerprint or digest_of(alert.labels)}"),
        title=(summary or (f"{name} on {instance}" if instance else name))[:_TITLE_MAX],
        description=_description(alert, group),
        severity=severity_of(alert.labels.get("severity")),
        source_severity=alert.labels.get("severity"),
        is_clear=is_clear,
        started_at=started,
        # A repeat of what fires tells of now; when it began is `started_at`.
        occurred_at=ended if is_clear else None,
        organization_id=_short(alert.labels.get("organization_id")),
        camera_id=_camera(alert.labels.get("camera_id")),
        alarm_type=name[:120],
        labels=alert.labels,
        alert_data=_data(alert, group),
        link_url=link_of(alert.generatorURL) or link_of(group.externalURL),
    )


def _description(alert: AlertmanagerAlert, group: AlertmanagerIn) -> str:
    said = alert.annotations.get("description") or alert.annotations.get("message") or ""
    labels = "\n".join(f"{name} = {value[:200]}" for name, value in list(alert.labels.items())[:40])
    left = f"{group.truncatedAlerts} more alerts of this group were not sent."
    parts = (said, labels, left if group.truncatedAlerts > 0 else "")
    return "\n\n".join(part for part in parts if part)[:20_000]


def _data(alert: AlertmanagerAlert, group: AlertmanagerIn) -> dict[str, Any]:
    return {
        "annotations": alert.annotations,
        "group_key": group.groupKey,
        "receiver": group.receiver,
        "external_url": group.externalURL,
    }


def _camera(word: str | None) -> int | None:
    return int(word) if word and word.isascii() and word.isdigit() and len(word) < 10 else None


def _short(word: str | None) -> str | None:
    return word.strip()[:120] or None if word else None
