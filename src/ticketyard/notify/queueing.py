"""Put mail into the outbox, in the transaction of what it tells of."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of, now_of
from ticketyard.core.events import emit
from ticketyard.mail.outgoing.headers_out import BadAddress, envelope_address, one_line
from ticketyard.mailboxes.models import EmailLog
from ticketyard.mailboxes.sent_log import SentMail, log_sent
from ticketyard.notify.events import MailQueued
from ticketyard.notify.models import OutgoingMail
from ticketyard.notify.servers import Way

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


@dataclass(frozen=True, kw_only=True)
class Posting:
    """A draft with what it is about and the way it leaves."""

    draft: Draft
    way: Way
    ticket_id: int | None = None
    number: str = ""


async def queue_mail(session: AsyncSession, posting: Posting, *, by: Principal) -> int | None:
    """Store one mail and wake whoever sends it; None when it was stored before."""
    return next(iter(await queue_mails(session, [posting], by=by)), None)


async def queue_mails(
    session: AsyncSession, postings: Sequence[Posting], *, by: Principal
) -> list[int]:
    """Store mails and wake whoever sends them; gives the ids of those that were not there before.

    A comment is sent once and a ticket acknowledged once, however often this is called.
    """
    if not postings:
        return []
    earlier = await _tickets_with_mail(session, [each.ticket_id or 0 for each in postings])
    rows = [_row(session, each, is_first=each.ticket_id not in earlier) for each in postings]
    statement = insert(OutgoingMail).values(rows).on_conflict_do_nothing()
    ids = list(await session.scalars(statement.returning(OutgoingMail.id)))
    await announce(session, ids, by=by)
    return ids


async def announce(session: AsyncSession, mail_ids: Sequence[int], *, by: Principal) -> None:
    """Note waiting mails in their tickets' logs, so that answers to them are proven, and wake the
    sender."""
    mails = list(
        await session.scalars(
            select(OutgoingMail)
            .where(OutgoingMail.id.in_(mail_ids), OutgoingMail.state == "waiting")
            .order_by(OutgoingMail.id)
            .execution_options(populate_existing=True)
        )
    )
    await log_sent(
        session,
        [
            SentMail(
                ticket_id=mail.ticket_id,
                message_id=mail.message_id,
                subject=mail.subject,
                sender=mail.sender_email,
                in_reply_to=mail.in_reply_to,
                references=tuple(mail.reference_ids),
                comment_id=mail.comment_id,
            )
            for mail in mails
            if mail.ticket_id is not None
        ],
    )
    events = [
        MailQueued(ticket_id=mail.ticket_id, mail_id=mail.id, kind=mail.kind, to=addressees(mail))
        for mail in mails
    ]
    await emit(session, *events, by=by)


def addressees(mail: OutgoingMail) -> str:
    """To whom it goes, for people to read."""
    return ", ".join(str(each["email"]) for each in mail.recipients)[:300]


def _row(session: AsyncSession, posting: Posting, *, is_first: bool) -> dict[str, Any]:
    draft, way = posting.draft, posting.way
    return {
        "company_id": company_of(session),
        "ticket_id": posting.ticket_id,
        "comment_id": draft.comment_id,
        "mailbox_id": way.mailbox_id,
        "kind": draft.kind,
        "is_automatic": draft.is_automatic,
        "message_id": new_message_id(posting.number, way.email, is_first=is_first),
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
        "queued_at": now_of(session),
    }


def new_message_id(number: str, sender: str, *, is_first: bool) -> str:
    """`TKT-20251215-001.{token}@domain`, `TKT-20251215-001-reply.…` after a ticket's first.

    The number is what people and other programs know a thread by; the token, 128 random bits, is
    what proves an answer to be one (contracts 3.3).
    """
    token = secrets.token_hex(TOKEN_BYTES)
    if not number:
        return f"{token}@{_domain(sender)}"
    return f"{number}{'' if is_first else '-reply'}.{token}@{_domain(sender)}"


def _domain(email: str) -> str:
    try:
        return envelope_address(f"x@{email.rpartition('@')[2].strip().lower()}")[2:]
    except BadAddress:
        return "ticketyard.invalid"


async def _tickets_with_mail(session: AsyncSession, ticket_ids: Sequence[int]) -> set[int]:
    """Those that a mail of ours left about already."""
    rows = await session.scalars(
        select(EmailLog.ticket_id)
        .where(
            EmailLog.company_id == company_of(session),
            EmailLog.ticket_id.in_(ticket_ids),
            EmailLog.direction == "out",
        )
        .distinct()
    )
    return set(rows)
