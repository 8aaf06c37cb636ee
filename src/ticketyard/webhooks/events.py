"""What happens to webhooks."""

from dataclasses import dataclass
from typing import ClassVar

from ticketyard.core.events import Event


@dataclass(frozen=True, kw_only=True)
class WebhookChanged(Event):
    """An endpoint was added, changed or deleted; `what` says how, without secrets."""

    type: ClassVar[str] = "webhook.changed"
    endpoint_id: int
    host: str
    what: str


@dataclass(frozen=True, kw_only=True)
class WebhookDisabled(Event):
    """An endpoint was switched off because nothing can be delivered there any more."""

    type: ClassVar[str] = "webhook.disabled"
    endpoint_id: int
    host: str
    reason: str
