"""Note mail of ours in a ticket's log: an answer that names it proves where it belongs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import company_of, now_of
from ticketyard.mailboxes.models import EmailLog


@dataclass(frozen=True, kw_only=True)
class SentMail:
    """A mail that leaves. Ids without angle brackets."""

    ticket_id: int
    message_id: str
    subject: str
    sender: str
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    comment_id: int | None = None


async def log_sent(session: AsyncSession, mails: Sequence[SentMail]) -> None:
    """Keep a line for each; a second time changes nothing."""
    if mails:
        rows = [_row(session, each) for each in mails]
        await session.execute(insert(EmailLog).values(rows).on_conflict_do_nothing())


def _row(session: AsyncSession, mail: SentMail) -> dict[str, Any]:
    return {
        "company_id": company_of(session),
        "ticket_id": mail.ticket_id,
        "email_message_id": f"<{mail.message_id}>",
        "email_subject": mail.subject,
        "email_from": mail.sender,
        "email_received_at": now_of(session),
        "is_reply": bool(mail.in_reply_to),
        "thread_data": {
            "message_id": f"<{mail.message_id}>",
            "in_reply_to": f"<{mail.in_reply_to}>" if mail.in_reply_to else None,
            "references": " ".join(f"<{each}>" for each in mail.references) or None,
        },
        "direction": "out",
        "comment_id": mail.comment_id,
    }
