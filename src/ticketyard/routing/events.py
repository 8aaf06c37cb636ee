"""What happens in routing."""

from dataclasses import dataclass
from typing import ClassVar

from ticketyard.core.events import Event


@dataclass(frozen=True, kw_only=True)
class TicketRouted(Event):
    """Routing found somebody for the ticket; the reason is a sentence from the receipt."""

    type: ClassVar[str] = "ticket.routed"
    ticket_id: int
    agent_id: int
    office_id: int | None
    reason: str


@dataclass(frozen=True, kw_only=True)
class TicketUnrouted(Event):
    """Routing looked and gave the ticket to nobody; it stays in the queue."""

    type: ClassVar[str] = "ticket.unrouted"
    ticket_id: int
    outcome: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class MapAsked(Event):
    """The gazetteer does not know where the ticket is from; a map service shall be asked."""

    type: ClassVar[str] = "routing.map_asked"
    ticket_id: int


@dataclass(frozen=True, kw_only=True)
class ProcessingRequested(Event):
    """Somebody wants everything that is not analysed or not assigned to be tried again."""

    type: ClassVar[str] = "routing.processing_requested"
    run_id: int
