"""Note mail of ours in a ticket's log: an answer that names it proves where it belongs."""

from collections.abc import Sequence

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import company_of, now_of
from ticketyard.mailboxes.models import EmailLog


async def log_sent(
    session: AsyncSession,
    *,
    ticket_id: int,
    message_id: str,
    subject: str,
    sender: str,
    in_reply_to: str = "",
    references: Sequence[str] = (),
    comment_id: int | None = None,
) -> None:
    """Keep the line of a mail that leaves; a second time changes nothing. Ids without brackets."""
    row = {
        "company_id": company_of(session),
        "ticket_id": ticket_id,
        "email_message_id": f"<{message_id}>",
        "email_subject": subject,
        "email_from": sender,
        "email_received_at": now_of(session),
        "is_reply": bool(in_reply_to),
        "thread_data": {
            "message_id": f"<{message_id}>",
            "in_reply_to": f"<{in_reply_to}>" if in_reply_to else None,
            "references": " ".join(f"<{each}>" for each in references) or None,
        },
        "direction": "out",
        "comment_id": comment_id,
    }
    await session.execute(insert(EmailLog).values(row).on_conflict_do_nothing())
