"""Pure: Grafana OnCall's formatted inbound webhook.

Source: OnCall's documentation of inbound webhooks: six fields are known, none is required.
"""

from typing import Final

from pydantic import Field

from ticketyard.alerts.told import (
    ToldAlert,
    is_clear_word,
    link_of,
    severity_of,
    short_fingerprint,
)
from ticketyard.core.shapes import Open, Text, read, storable, unreadable

PROVIDER: Final = "oncall"
_TITLE_MAX: Final = 500


class OncallIn(Open):
    """An alert in OnCall's shape; what else is in it is kept beside."""

    alert_uid: Text | None = Field(None, examples=["08d6891a-835c-e661-39fa-96b6a9e26552"])
    title: Text | None = Field(None, examples=["The whole system is down"])
    image_url: Text | None = None
    state: Text | None = Field(None, examples=["alerting"], description="`ok` is its end.")
    link_to_upstream_details: Text | None = None
    message: Text | None = Field(None, examples=["Nobody can log in."])
    severity: Text | None = None


def read_oncall(data: object, provider_id: str = "") -> ToldAlert:
    """The alert. Raises Unreadable, also when it names neither uid nor title nor message."""
    told = read(OncallIn, data)
    name = told.alert_uid or told.title or told.message
    if not (name and name.strip()):
        raise unreadable("title", "Field required, or alert_uid, or message")
    rest = {
        str(key): value
        for key, value in (data.items() if isinstance(data, dict) else ())
        if key not in OncallIn.model_fields
    }
    return ToldAlert(
        provider_id=provider_id or PROVIDER,
        fingerprint=short_fingerprint(f"uid:{name}"),
        title=(told.title or told.message or name).strip()[:_TITLE_MAX],
        description=(told.message or "")[:200_000],
        severity=severity_of(told.severity),
        source_severity=told.severity,
        is_clear=is_clear_word(told.state),
        vendor_alert_id=told.alert_uid[:120] if told.alert_uid else None,
        alert_data=storable(rest),
        link_url=link_of(told.link_to_upstream_details),
        thumbnail_url=link_of(told.image_url),
    )
