"""What happens to tickets. Each is stored for ever: it is the ticket's history."""

from dataclasses import dataclass
from typing import Any, ClassVar

from ticketyard.core.events import Event


@dataclass(frozen=True, kw_only=True)
class TicketOpened(Event):
    """A ticket exists. Written by the database function `open_tickets`."""

    type: ClassVar[str] = "ticket.opened"
    ticket_id: int
    number: str
    source: str


@dataclass(frozen=True, kw_only=True)
class TicketReread(Event):
    """What the ticket says was replaced (a repeated import): understand it anew."""

    type: ClassVar[str] = "ticket.reread"
    ticket_id: int


@dataclass(frozen=True, kw_only=True)
class TicketStatusChanged(Event):
    """From one status to another."""

    type: ClassVar[str] = "ticket.status_changed"
    ticket_id: int
    before: str
    after: str
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class TicketAssigned(Event):
    """An agent owns the ticket now. `before` owned it until then."""

    type: ClassVar[str] = "ticket.assigned"
    ticket_id: int
    agent_id: int
    agent_name: str
    before: int | None = None
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class TicketReleased(Event):
    """Nobody owns the ticket any more."""

    type: ClassVar[str] = "ticket.released"
    ticket_id: int
    before: int
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class CommentAdded(Event):
    """Somebody wrote on the ticket."""

    type: ClassVar[str] = "ticket.comment_added"
    ticket_id: int
    comment_id: int
    is_internal: bool


@dataclass(frozen=True, kw_only=True)
class TicketChanged(Event):
    """Fields were changed: `changes` maps a field to [before, after]."""

    type: ClassVar[str] = "ticket.changed"
    ticket_id: int
    changes: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class FileAttached(Event):
    """A file was put on the ticket."""

    type: ClassVar[str] = "ticket.file_attached"
    ticket_id: int
    attachment_id: int
    filename: str


@dataclass(frozen=True, kw_only=True)
class TicketRated(Event):
    """The requester said how it went. helpful: whether the answer helped, where they said so."""

    type: ClassVar[str] = "ticket.rated"
    ticket_id: int
    rating: int | None
    helpful: bool | None = None


@dataclass(frozen=True, kw_only=True)
class TicketMergedInto(Event):
    """Another ticket took this one in, with its comments, files and people. It is closed for good."""

    type: ClassVar[str] = "ticket.merged"
    ticket_id: int
    into_id: int
    into_number: str


@dataclass(frozen=True, kw_only=True)
class TicketTookIn(Event):
    """This ticket took another one in. comments, files: how many came with it."""

    type: ClassVar[str] = "ticket.took_in"
    ticket_id: int
    merged_id: int
    merged_number: str
    comments: int
    files: int


@dataclass(frozen=True, kw_only=True)
class TicketSplit(Event):
    """Some of this ticket's comments went to a ticket of their own."""

    type: ClassVar[str] = "ticket.split"
    ticket_id: int
    new_id: int
    new_number: str
    comment_ids: list[int]


@dataclass(frozen=True, kw_only=True)
class TicketFollowedUp(Event):
    """This ticket goes on in another."""

    type: ClassVar[str] = "ticket.followed_up"
    ticket_id: int
    new_id: int
    new_number: str


@dataclass(frozen=True, kw_only=True)
class TicketLinked(Event):
    """How this ticket and another belong together, seen from this one (tickets/related/kinds.py)."""

    type: ClassVar[str] = "ticket.linked"
    ticket_id: int
    other_id: int
    other_number: str
    kind: str


@dataclass(frozen=True, kw_only=True)
class TicketUnlinked(Event):
    """They do not belong together in this way any more."""

    type: ClassVar[str] = "ticket.unlinked"
    ticket_id: int
    other_id: int
    other_number: str
    kind: str


@dataclass(frozen=True, kw_only=True)
class MacroApplied(Event):
    """A macro was applied; what it changed is told by the events beside this one."""

    type: ClassVar[str] = "ticket.macro_applied"
    ticket_id: int
    macro_id: int
    name: str


@dataclass(frozen=True, kw_only=True)
class TicketStepped(Event):
    """From one of the company's own steps of work to another."""

    type: ClassVar[str] = "ticket.stepped"
    ticket_id: int
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class CategoryRenamed(Event):
    """A category is called otherwise; tickets that have it bear the new name already."""

    type: ClassVar[str] = "desk.category_renamed"
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class DeskChanged(Event):
    """Something that the whole desk works by was added, changed or deleted.

    what: custom_field, macro, template, steps or category.  how: added, changed or deleted; of a
    category also retired or taken back.
    """

    type: ClassVar[str] = "desk.changed"
    what: str
    how: str
    name: str
