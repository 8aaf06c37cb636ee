"""What happens to promises."""

from dataclasses import dataclass
from typing import ClassVar

from ticketyard.core.events import Event


@dataclass(frozen=True, kw_only=True)
class SlaWarned(Event):
    """A share of a target has passed. Once for each clock and cycle of a ticket; instants as in ISO
    8601, clock is first_response, next_response or resolution."""

    type: ClassVar[str] = "sla.warned"
    ticket_id: int
    clock: str
    cycle: int
    policy: str
    target_seconds: int
    due_at: str
    percent: int


@dataclass(frozen=True, kw_only=True)
class SlaBreached(Event):
    """A target has passed unmet. Once for each clock and cycle of a ticket; stopped_at says that it
    was met too late, else it still runs."""

    type: ClassVar[str] = "sla.breached"
    ticket_id: int
    clock: str
    cycle: int
    policy: str
    target_seconds: int
    due_at: str
    stopped_at: str | None
    reason: str


@dataclass(frozen=True, kw_only=True)
class ServiceLevelsChanged(Event):
    """A policy or calendar was added, changed or deleted: every running clock is counted anew.

    what: policy or calendar.  how: added, changed, deleted or holidays.
    """

    type: ClassVar[str] = "sla.rules_changed"
    what: str
    how: str
    name: str
