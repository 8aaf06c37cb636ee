"""The shapes of mail that came in."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from ticketyard.core.shapes import BIGINT_MAX, Body, Line
from ticketyard.insights.mails import MailRow

Outcome = Literal["ticket", "reply", "duplicate", "refused", "waiting"]


class MailOut(BaseModel):
    """One mail and what became of it. needs_look: a person must say.

    why: one sentence.  account: all that it was decided by: `tried` tickets with their evidence and
    proof, `authentication` of the sender, `hint`, and who `moved` it.
    """

    id: int
    mailbox_id: int | None
    mailbox: str | None
    outcome: Outcome
    needs_look: bool
    message_id: str
    sender: str
    sender_name: str
    to: list[str]
    cc: list[str]
    subject: str
    sent_at: datetime | None
    received_at: datetime
    filed_at: datetime | None
    size_bytes: int
    automatic: str = Field(description="replied, generated, bulk, or empty for a person")
    is_bounce: bool
    classification: str | None
    confidence: float | None
    ticket_id: int | None
    ticket_number: str | None
    comment_id: int | None
    duplicate_of: int | None
    why: str
    problem: str | None
    account: dict[str, Any]

    @classmethod
    def of(cls, row: MailRow) -> "MailOut":
        """The row as it is shown."""
        return cls(
            id=row.inbound_id,
            mailbox_id=row.mailbox_id,
            mailbox=row.mailbox,
            outcome=row.outcome,
            needs_look=row.needs_look,
            message_id=row.message_id,
            sender=row.sender,
            sender_name=row.sender_name,
            to=row.why.get("to", []),
            cc=row.why.get("cc", []),
            subject=row.subject,
            sent_at=row.sent_at,
            received_at=row.received_at,
            filed_at=row.filed_at,
            size_bytes=row.size_bytes,
            automatic=row.auto,
            is_bounce=row.is_bounce,
            classification=row.classification,
            confidence=row.confidence,
            ticket_id=row.ticket_id,
            ticket_number=row.number,
            comment_id=row.comment_id,
            duplicate_of=row.duplicate_of,
            why=str(row.why.get("reason") or ""),
            problem=row.problem,
            account=row.why,
        )


class MailsOut(BaseModel):
    """A page of mails, newest first. next_before: ask with it for the next page."""

    mails: list[MailOut]
    next_before: int | None


class MoveIn(Body):
    """Where the mail belongs: a ticket by number or id; left out: a new ticket of its own."""

    to: Line | int | None = Field(None, examples=["TKT-20251215-001"])
    left_is_false_positive: bool = Field(
        False, description="Close the ticket that this very mail had opened, as false positive."
    )

    @property
    def target(self) -> int | str | None:
        """The ticket, if one is named."""
        if isinstance(self.to, int):
            return self.to if 0 <= self.to <= BIGINT_MAX else "none"
        return self.to or None


class MovedOut(BaseModel):
    """Where the mail is now. created: in a ticket that was opened for it."""

    id: int
    ticket_id: int
    ticket_number: str
    created: bool
    from_ticket_number: str | None
