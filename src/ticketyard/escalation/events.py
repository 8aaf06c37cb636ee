"""What happens when nobody takes a ticket up."""

from dataclasses import dataclass
from typing import ClassVar

from ticketyard.core.events import Event


@dataclass(frozen=True, kw_only=True)
class EscalationReached(Event):
    """A level of a policy was reached. tell: ids of those who are to hear of it; done: what was done,
    in words; webhooks: whether they are told of it. Once for each level."""

    type: ClassVar[str] = "escalation.reached"
    ticket_id: int
    policy: str
    level: int
    tell: list[int]
    done: list[str]
    webhooks: bool = False


@dataclass(frozen=True, kw_only=True)
class EscalationStopped(Event):
    """An escalation ended before its last level."""

    type: ClassVar[str] = "escalation.stopped"
    ticket_id: int
    policy: str
    level: int
    reason: str
