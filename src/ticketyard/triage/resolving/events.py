"""What happens where no person acts."""

from dataclasses import dataclass
from typing import ClassVar

from ticketyard.core.events import Event


@dataclass(frozen=True, kw_only=True)
class TicketAutoResolved(Event):
    """A machine resolved the ticket by a solution. action: what it did, or `self_service_link`."""

    type: ClassVar[str] = "ticket.auto_resolved"
    ticket_id: int
    solution_id: int
    title: str
    action: str
    confidence: float


@dataclass(frozen=True, kw_only=True)
class ActionRequested(Event):
    """An action is to be run on a ticket."""

    type: ClassVar[str] = "action.requested"
    ticket_id: int
    run_id: int
    action: str
    is_automatic: bool


@dataclass(frozen=True, kw_only=True)
class ActionFinished(Event):
    """An action has ended. status: success or failed."""

    type: ClassVar[str] = "action.finished"
    ticket_id: int
    run_id: int
    action: str
    status: str


@dataclass(frozen=True, kw_only=True)
class SolutionChanged(Event):
    """Somebody wrote, changed or deleted a solution. what: added, changed, deleted."""

    type: ClassVar[str] = "solution.changed"
    solution_id: int
    title: str
    what: str


@dataclass(frozen=True, kw_only=True)
class AutomationChanged(Event):
    """Somebody changed what a machine may do. what: the rule, or an action's endpoint."""

    type: ClassVar[str] = "automation.changed"
    what: str
