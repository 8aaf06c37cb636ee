"""Put a mail into the outbox, in the transaction of what it tells of."""

import secrets
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of, now_of
from ticketyard.core.events import emit
from ticketyard.mail.headers_out import one_line
from ticketyard.mailboxes.models import EmailLog
from ticketyard.mailboxes.sent_log import log_sent
from ticketyard.notify.events import MailQueued
from ticketyard.notify.models import OutgoingMail
from ticketyard.notify.servers import Way
from ticketyard.tickets.models import Ticket

TOKEN_BYTES = 16


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """Somebody a mail goes to."""

    email: str
    name: str = ""
    role: str = "to"


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A mail as its writer wants it. in_reply_to, references: without angle brackets.

    suppressed: why it must not leave; it is kept, so that somebody who asks can be told.
    """

    kind: str
    recipients: tuple[Recipient, ...]
    subject: str
    body: str
    sender_name: str
    is_automatic: bool = False
    comment_id: int | None = None
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    attachment_ids: tuple[int, ...] = ()
    suppressed: str = ""


async def queue_mail(
    session: AsyncSession, draft: Draft, *, ticket: Ticket | None, way: Way, by: Principal
) -> int | None:
    """Store the mail and wake whoever sends it; gives its id, or None when it was stored before.

    A comment is sent once and a ticket acknowledged once, however often this is called.
    """
    message_id = await _new_message_id(session, ticket, way)
    row = {
        "company_id": company_of(session),
        "ticket_id": ticket.id if ticket else None,
        "comment_id": draft.comment_id,
        "mailbox_id": way.mailbox_id,
        "kind": draft.kind,
        "is_automatic": draft.is_automatic,
        "message_id": message_id,
        "sender_email": way.email,
        "sender_name": one_line(draft.sender_name, 200),
        "recipients": [
            {"email": each.email, "name": one_line(each.name, 200), "role": each.role}
            for each in draft.recipients
        ],
        "subject": one_line(draft.subject),
        "body_text": draft.body,
        "in_reply_to": draft.in_reply_to,
        "reference_ids": list(draft.references),
        "attachment_ids": list(draft.attachment_ids),
        "state": "suppressed" if draft.suppressed else "waiting",
        "reason": draft.suppressed or None,
        "created_at": now_of(session),
    }
    statement = insert(OutgoingMail).values(row).on_conflict_do_nothing()
    mail_id: int | None = await session.scalar(statement.returning(OutgoingMail.id))
    if mail_id is None or draft.suppressed:
        return mail_id
    await announce(session, mail_id, by=by)
    return mail_id


async def announce(session: AsyncSession, mail_id: int, *, by: Principal) -> None:
    """Note the mail in the ticket's log, so that answers to it are proven, and wake the sender."""
    mail = await session.get(OutgoingMail, mail_id, populate_existing=True)
    if mail is None:
        return
    if mail.ticket_id is not None:
        await log_sent(
            session,
            ticket_id=mail.ticket_id,
            message_id=mail.message_id,
            subject=mail.subject,
            sender=mail.sender_email,
            in_reply_to=mail.in_reply_to,
            references=mail.reference_ids,
            comment_id=mail.comment_id,
        )
    to = ", ".join(each["email"] for each in mail.recipients)[:300]
    queued = MailQueued(ticket_id=mail.ticket_id, mail_id=mail.id, kind=mail.kind, to=to)
    await emit(session, queued, by=by)


async def _new_message_id(session: AsyncSession, ticket: Ticket | None, way: Way) -> str:
    """`TKT-20251215-001.{token}@domain`, `TKT-20251215-001-reply.…` after the ticket's first.

    The number is what people and other programs know a thread by; the token, 128 random bits, is
    what proves an answer to be one (contracts 3.3).
    """
    token = secrets.token_hex(TOKEN_BYTES)
    domain = _domain(way.email)
    if ticket is None:
        return f"{token}@{domain}"
    earlier = await session.scalar(
        select(func.count())
        .select_from(EmailLog)
        .where(
            EmailLog.company_id == ticket.company_id,
            EmailLog.ticket_id == ticket.id,
            EmailLog.direction == "out",
        )
    )
    return f"{ticket.number}{'-reply' if earlier else ''}.{token}@{domain}"


def _domain(email: str) -> str:
    domain = email.rpartition("@")[2].strip().lower()
    try:
        ascii_domain = domain.encode("idna").decode("ascii") if domain else ""
    except UnicodeError:
        ascii_domain = ""
    return ascii_domain or "ticketyard.invalid"
