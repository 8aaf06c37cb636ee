"""What happens at the outlet."""

from dataclasses import dataclass
from typing import ClassVar

from ticketyard.core.events import Event


@dataclass(frozen=True, kw_only=True)
class OutletReplayed(Event):
    """Somebody had the broker told again of what happened since an instant."""

    type: ClassVar[str] = "outlet.replayed"
    since: str
    messages: int


@dataclass(frozen=True, kw_only=True)
class TicketEventTaken(Event):
    """Another system told of a ticket over HTTP instead of the broker. told_ticket_id: as it was told;
    whether there is such a ticket is found out when it is answered."""

    type: ClassVar[str] = "outlet.ticket_event_taken"
    event_id: str
    told_ticket_id: int
