"""What happens to mail of ours."""

from dataclasses import dataclass
from typing import ClassVar

from ticketyard.core.events import Event


@dataclass(frozen=True, kw_only=True)
class MailQueued(Event):
    """A mail of ours is due. kind: reply, acknowledgement, notice or test."""

    type: ClassVar[str] = "mail.queued"
    ticket_id: int | None
    mail_id: int
    kind: str
    to: str


@dataclass(frozen=True, kw_only=True)
class MailSent(Event):
    """A server took our mail."""

    type: ClassVar[str] = "mail.sent"
    ticket_id: int | None
    mail_id: int
    kind: str
    to: str


@dataclass(frozen=True, kw_only=True)
class MailFailed(Event):
    """A mail of ours is not tried any more; a person may send it again."""

    type: ClassVar[str] = "mail.failed"
    ticket_id: int | None
    mail_id: int
    kind: str
    to: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class MailTextChanged(Event):
    """A template or a signature of the company was changed; `what` names it."""

    type: ClassVar[str] = "mail.text_changed"
    what: str


@dataclass(frozen=True, kw_only=True)
class NotificationTargetChanged(Event):
    """A target of notifications was added, changed or deleted; `what` says how, without secrets."""

    type: ClassVar[str] = "notification.target_changed"
    target_id: int
    name: str
    what: str
