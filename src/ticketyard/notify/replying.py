"""What an agent answers on a ticket leaves as a mail to whoever asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.resources import Resources
from ticketyard.mail.outgoing.composing import subject_with_number
from ticketyard.mail.outgoing.headers_out import can_be_sent_to
from ticketyard.mail.outgoing.reply_mark import REPLY_MARK
from ticketyard.mailboxes.landing.lookups import own_addresses
from ticketyard.notify.declining import is_own
from ticketyard.notify.queueing import Draft, Posting, Recipient, queue_mail
from ticketyard.notify.servers import NO_SERVER, MailOut, Way, ways_of_tickets
from ticketyard.notify.template_words import LEFT_OUT, WROTE
from ticketyard.notify.templates import get_template, signature_below
from ticketyard.notify.threading_out import languages_of_tickets, places_in_threads
from ticketyard.tickets.models import Attachment, Comment, Ticket

ATTACHED_MAX_BYTES = 20 * 1024 * 1024
CC_MAX = 50
QUOTE_MAX_LINES = 60


@dataclass(frozen=True)
class _Files:
    ids: tuple[int, ...]
    left_out: tuple[str, ...]


async def mail_comments(resources: Resources, company_id: int, comment_ids: Sequence[int]) -> None:
    """Queue a mail for each of these comments that is an answer of the desk; for others nothing."""
    async with resources.db.transaction(company_id) as session:
        answers = list(await session.scalars(_ANSWERS, {"ids": list(comment_ids)}))
    for comment_id in answers:
        async with resources.db.transaction(company_id) as session:
            await mail_comment(session, comment_id=comment_id, out=resources.part(MailOut))


async def mail_comment(session: AsyncSession, *, comment_id: int, out: MailOut) -> int | None:
    """Queue one answer to the requester and those who hear of it; gives the mail's id, if any."""
    comment = await session.get_one(Comment, comment_id)
    ticket = await session.get_one(Ticket, comment.ticket_id)
    recipients = await _recipients(session, ticket, comment)
    if not recipients:
        return None
    way = (await ways_of_tickets(session, [ticket.id], out))[ticket.id]
    place = (await places_in_threads(session, [ticket.id]))[ticket.id]
    files = await _files(session, comment)
    reachable = await _not_ourselves(session, recipients, out)
    draft = Draft(
        kind="reply",
        recipients=reachable or tuple(recipients),
        subject=subject_with_number(ticket.title, ticket.number, is_reply=bool(place.in_reply_to)),
        body=await _body(session, ticket, comment, files, way.name, out),
        sender_name=f"{comment.author_name} via {way.name}",
        comment_id=comment.id,
        # Said in the mail's head, so that no other machine answers it (RFC 3834).
        is_automatic=comment.author_kind == "system",
        in_reply_to=place.in_reply_to,
        references=place.references,
        attachment_ids=files.ids,
        suppressed=_suppressed(way, reachable),
    )
    posting = Posting(draft=draft, way=way, ticket_id=ticket.id, number=ticket.number)
    by = Principal.system(ticket.company_id, "Mail")
    return await queue_mail(session, posting, by=by)


def _suppressed(way: Way, reachable: Sequence[Recipient]) -> str:
    if not reachable:
        return "The requester has the address of one of our own mailboxes."
    return "" if way.has_server else NO_SERVER


async def _not_ourselves(
    session: AsyncSession, recipients: Sequence[Recipient], out: MailOut
) -> tuple[Recipient, ...]:
    """Those that are no mailbox of ours; somebody is written to, even if all were copied in.

    Of whom was copied in under an address that no mail can be sent to, nobody else suffers.
    """
    own = {*await own_addresses(session), out.from_email.lower()}
    others = [
        each
        for each in recipients
        if not is_own(each.email, own) and (each.role != "cc" or can_be_sent_to(each.email))
    ]
    if others and others[0].role == "cc":
        others[0] = Recipient(email=others[0].email, name=others[0].name)
    return tuple(others)


async def _recipients(session: AsyncSession, ticket: Ticket, comment: Comment) -> list[Recipient]:
    """The requester first, then who is copied in; each once, and not whoever wrote it."""
    rows = await session.execute(
        _RECIPIENTS,
        {
            "ticket": ticket.id,
            "author": comment.author_id if comment.author_kind == "person" else None,
            "limit": CC_MAX + 1,
        },
    )
    found: dict[str, Recipient] = {}
    for row in rows:
        if row.email and "@" in row.email:
            recipient = Recipient(email=row.email, name=row.name or "", role=row.role)
            found.setdefault(row.email.lower(), recipient)
    return list(found.values())


async def _files(session: AsyncSession, comment: Comment) -> _Files:
    rows = await session.scalars(
        select(Attachment)
        .where(
            Attachment.company_id == comment.company_id,
            Attachment.ticket_id == comment.ticket_id,
            Attachment.comment_id == comment.id,
        )
        .order_by(Attachment.id)
    )
    ids: list[int] = []
    left_out: list[str] = []
    total = 0
    for file in rows:
        if file.blob_key is None or total + file.size_bytes > ATTACHED_MAX_BYTES:
            left_out.append(file.filename)
        else:
            total += file.size_bytes
            ids.append(file.id)
    return _Files(tuple(ids), tuple(left_out))


async def _body(
    session: AsyncSession, ticket: Ticket, comment: Comment, files: _Files, desk: str, out: MailOut
) -> str:
    language = (await languages_of_tickets(session, [ticket.id]))[ticket.id]
    template = await get_template(session, "reply", language)
    author = comment.author_id if comment.author_kind == "person" else None
    values = {
        "answer": comment.body,
        "agent_name": comment.author_name,
        "ticket_number": ticket.number,
        "ticket_title": ticket.title,
        "requester_name": ticket.requester_name or "",
        "company_name": desk,
        "signature": await signature_below(session, author),
        "files_left_out": _left_out(files, ticket, language, out),
        "quote": "",
    }
    if "quote" in template.body:
        values["quote"] = await _quote(session, ticket, comment, language)
    return f"{REPLY_MARK}\n\n{template.filled(values).body}"


def _left_out(files: _Files, ticket: Ticket, language: str, out: MailOut) -> str:
    if not files.left_out:
        return ""
    lines = [LEFT_OUT[language], *(f"* {name}" for name in files.left_out)]
    if out.public_url:
        lines.append(f"{out.public_url.rstrip('/')}/my/{ticket.number}")
    return "\n".join(lines)


async def _quote(session: AsyncSession, ticket: Ticket, comment: Comment, language: str) -> str:
    """What the customer wrote last, with who and when above it."""
    last: Any = (
        await session.execute(_LAST_WORDS, {"ticket": ticket.id, "before": comment.id})
    ).first()
    name = last.author_name if last else ticket.requester_name or ticket.requester_email or ""
    words = last.body if last else ticket.description
    day = (last.created_at if last else ticket.created_at).strftime("%Y-%m-%d")
    lines = words.strip().split("\n")[:QUOTE_MAX_LINES]
    head = WROTE[language].format(day=day, name=name)
    return "\n".join([head, *(f"> {line}".rstrip() for line in lines)])


# An answer of the desk: by an agent who did not ask it themselves, by a program that acts for the
# desk, or by our own that resolved it (triage/resolving); what else the system or a requester's
# mail added is none.
_ANSWERS = text(
    """
    select c.id from comment c
    join ticket t on t.id = c.ticket_id
    left join person p on c.author_kind = 'person' and p.id = c.author_id
    where c.company_id = current_company() and c.id = any(:ids) and not c.is_internal
      and (p.role in ('agent', 'admin') and c.author_id is distinct from t.requester_id
           or c.author_kind = 'integration' and c.source <> 'email'
           or c.author_kind = 'system' and c.source = 'automation')
      and not exists (select from outgoing_mail o where o.company_id = c.company_id
                      and o.comment_id = c.id and o.kind = 'reply')
    order by c.id
    """
)
_RECIPIENTS = text(
    """
    select email, name, role from (
      select coalesce(nullif(t.requester_email, ''), p.email) as email,
             coalesce(t.requester_name, p.name) as name, 'to' as role, 0 as place, '' as key
      from ticket t left join person p on p.id = t.requester_id
      where t.company_id = current_company() and t.id = :ticket
      union all
      select m.email, m.name, 'cc', 1, m.email_key from mail_participant m
      where m.company_id = current_company() and m.ticket_id = :ticket and m.receives
        and not exists (select from person a where a.id = cast(:author as bigint)
                        and a.email_key = m.email_key)
    ) everybody order by place, key limit :limit
    """
)
_LAST_WORDS = text(
    """
    select c.body, c.author_name, c.created_at from comment c
    left join person p on c.author_kind = 'person' and p.id = c.author_id
    where c.company_id = current_company() and c.ticket_id = :ticket and c.id < :before
      and not c.is_internal and (p.role = 'requester' or c.author_kind <> 'person' and c.source = 'email')
    order by c.id desc limit 1
    """
)
