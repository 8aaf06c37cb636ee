"""What happens in triage."""

from dataclasses import dataclass
from typing import ClassVar

from ticketyard.core.events import Event


@dataclass(frozen=True, kw_only=True)
class TicketTriaged(Event):
    """Triage has looked at the ticket; said also when it found nothing, so that the line goes on.

    category: what was found and is sure enough to go by, whether or not it was filled in.
    failed: an engine broke; the ticket is looked at again later, and this is said again then.
    """

    type: ClassVar[str] = "ticket.triaged"
    ticket_id: int
    category: str | None = None
    urgency: int | None = None
    language: str | None = None
    need_admin: bool = True
    failed: bool = False


@dataclass(frozen=True, kw_only=True)
class TriageCorrected(Event):
    """A person said what is right; a sorting that hangs on it may have to be done again."""

    type: ClassVar[str] = "triage.corrected"
    ticket_id: int
    field: str
    before: str | None
    after: str


@dataclass(frozen=True, kw_only=True)
class CorrectionWithdrawn(Event):
    """A person took back at once what they had said; nothing is learned from it."""

    type: ClassVar[str] = "triage.correction_withdrawn"
    ticket_id: int
    field: str
    before: str | None
    after: str | None


@dataclass(frozen=True, kw_only=True)
class TriageRevised(Event):
    """A second opinion changed what the line goes by; a ticket that fits its agent no more may be moved.

    before, after: the category that is sure enough to go by, None where none was or is.
    """

    type: ClassVar[str] = "triage.revised"
    ticket_id: int
    before: str | None
    after: str | None
    urgency_before: int | None = None
    urgency_after: int | None = None
