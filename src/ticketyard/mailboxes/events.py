"""What happens to mailboxes and to the mail that comes by them."""

from dataclasses import dataclass
from typing import ClassVar

from ticketyard.core.events import Event


@dataclass(frozen=True, kw_only=True)
class MailFiled(Event):
    """A mail was added to a ticket, or opened it. joined: it continued an existing ticket."""

    type: ClassVar[str] = "mail.filed"
    ticket_id: int
    inbound_id: int
    joined: bool
    sender: str
    why: str


@dataclass(frozen=True, kw_only=True)
class MailMoved(Event):
    """An agent moved a mail; told on the ticket it left and on the one it went to.

    from_number: None where it had belonged to no ticket.
    """

    type: ClassVar[str] = "mail.moved"
    ticket_id: int
    inbound_id: int
    to_ticket_id: int
    to_number: str
    from_number: str | None = None


@dataclass(frozen=True, kw_only=True)
class MailBounced(Event):
    """A mail of ours came back. message_id: of ours, without angle brackets."""

    type: ClassVar[str] = "mail.bounced"
    ticket_id: int
    message_id: str
    recipients: list[str]
    permanent: bool
    words: str


@dataclass(frozen=True, kw_only=True)
class MailboxChanged(Event):
    """A mailbox was added or changed; `what` says how, without secrets."""

    type: ClassVar[str] = "mailbox.changed"
    mailbox_id: int
    address: str
    what: str


@dataclass(frozen=True, kw_only=True)
class MailboxFailing(Event):
    """A mailbox could not be read for three intervals, or its token died."""

    type: ClassVar[str] = "mailbox.failing"
    mailbox_id: int
    address: str
    problem: str


@dataclass(frozen=True, kw_only=True)
class MailboxRecovered(Event):
    """A failing mailbox can be read again."""

    type: ClassVar[str] = "mailbox.recovered"
    mailbox_id: int
    address: str


@dataclass(frozen=True, kw_only=True)
class WorkflowChanged(Event):
    """A mail workflow was added, changed or deleted; `what` says which."""

    type: ClassVar[str] = "mail.workflow_changed"
    workflow_id: int
    name: str
    what: str
