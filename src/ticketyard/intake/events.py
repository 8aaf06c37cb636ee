"""What happens to messages that are no ticket yet."""

from dataclasses import dataclass
from typing import ClassVar

from ticketyard.core.events import Event


@dataclass(frozen=True, kw_only=True)
class MessageKept(Event):
    """Something arrived that nobody could make a ticket of; it waits for a person's look."""

    type: ClassVar[str] = "intake.message_kept"
    message_id: int
    source: str
    problem: str


@dataclass(frozen=True, kw_only=True)
class MessageOpened(Event):
    """A person made a ticket of a kept message."""

    type: ClassVar[str] = "intake.message_opened"
    message_id: int


@dataclass(frozen=True, kw_only=True)
class MessageDismissed(Event):
    """A person decided that a kept message needs no ticket."""

    type: ClassVar[str] = "intake.message_dismissed"
    message_id: int


@dataclass(frozen=True, kw_only=True)
class ImportRequested(Event):
    """Files were kept and wait to be read in."""

    type: ClassVar[str] = "intake.import_requested"
    run_id: int


@dataclass(frozen=True, kw_only=True)
class ImportStored(Event):
    """Every row of an import that could go in is in."""

    type: ClassVar[str] = "intake.import_stored"
    run_id: int
    opened: int
    changed: int
    unchanged: int
    problems: int
