"""Write down what became of each mail: its row, the e-mail log, and what later mail may name."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.events import emit
from ticketyard.core.shapes import storable
from ticketyard.mailboxes.events import MailFiled
from ticketyard.mailboxes.landing.classifying import Label
from ticketyard.mailboxes.landing.deciding import Landing
from ticketyard.mailboxes.landing.placing import Placed, note_continuation
from ticketyard.mailboxes.landing.reading import ReadMessage

_OUTCOMES = {
    "open": "ticket",
    "follow_up": "ticket",
    "join": "reply",
    "bounce": "reply",
    "duplicate": "duplicate",
    "refuse": "refused",
    "look": "waiting",
}
_SHOWN_MAX = 20
_STATES = {"refuse": "refused", "look": "needs_look"}


@dataclass(frozen=True)
class Entry:
    """One mail, what was decided, what it is about, and where it landed in the end."""

    message: ReadMessage
    landing: Landing
    label: Label
    placed: Placed | None = None


async def keep_books(session: AsyncSession, entries: Sequence[Entry], *, by: Principal) -> None:
    """Write all of it down in a few statements, and tell."""
    if not entries:
        return
    rows = orjson.dumps(storable([_row(each) for each in entries])).decode()
    await session.flush()
    for statement in (_MESSAGES, _INBOUND, _THREADS, _LOG):
        await session.execute(statement, {"rows": rows})
    await emit(session, *(event for each in entries if (event := _filed(each))), by=by)
    for entry in entries:
        landing, placed = entry.landing, entry.placed
        if landing.kind == "follow_up" and landing.ticket and placed and placed.number:
            await note_continuation(session, landing.ticket, placed.number, by)


def _row(entry: Entry) -> dict[str, Any]:
    message, mail, placed = entry.message, entry.message.mail, entry.placed
    return {
        "inbound_id": message.inbound_id,
        "outcome": _OUTCOMES[entry.landing.kind],
        "state": _STATES.get(entry.landing.kind, "accepted"),
        "problem": entry.landing.reason if entry.landing.kind in _STATES else None,
        "message_id": message.log_id,
        "content_hash": message.content_hash,
        "sender": mail.sender.email[:320] if mail.sender else "",
        "sender_name": mail.sender.name[:200] if mail.sender else "",
        "subject": mail.subject[:998],
        "sent_at": mail.date.isoformat() if mail.date else None,
        "received_at": message.received_at.isoformat(),
        "auto": mail.auto,
        "is_bounce": mail.bounce is not None,
        "classification": entry.label.name,
        "confidence": entry.label.confidence,
        "ticket_id": placed.ticket_id if placed else None,
        "comment_id": placed.comment_id if placed else None,
        "duplicate_of": entry.landing.duplicate_of or None,
        "why": account_of(entry),
        "is_reply": bool(placed and placed.linked),
        "logged": bool(placed and placed.ticket_id) and entry.landing.kind != "duplicate",
        "thread_ids": sorted(message.thread_ids) if placed and placed.ticket_id else [],
        "thread_data": {
            "message_id": _bracketed(message.log_id),
            "in_reply_to": mail.header("in-reply-to")[:1000] or None,
            "references": mail.header("references")[:10_000] or None,
        },
    }


def account_of(entry: Entry) -> dict[str, Any]:
    """Why the mail landed where it did, as it is stored and shown."""
    landing, label, message = entry.landing, entry.label, entry.message
    return {
        "reason": landing.reason,
        "kind": landing.kind,
        "tried": list(landing.tried),
        "hint": {"id": landing.hint.id, "number": landing.hint.number} if landing.hint else None,
        "to": [each.email for each in message.mail.to[:_SHOWN_MAX]],
        "cc": [each.email for each in message.mail.cc[:_SHOWN_MAX]],
        "authentication": message.verdict,
        "label": {"evidence": list(label.evidence)},
        "problems": list(message.mail.problems)[:20],
    }


def _filed(entry: Entry) -> MailFiled | None:
    placed, message = entry.placed, entry.message
    if placed is None or placed.ticket_id is None or entry.landing.kind == "duplicate":
        return None
    return MailFiled(
        ticket_id=placed.ticket_id,
        inbound_id=message.inbound_id,
        joined=not placed.created,
        sender=message.sender_key[:320],
        why=entry.landing.reason,
    )


def _bracketed(message_id: str) -> str:
    return f"<{message_id}>"


_COLUMNS = """jsonb_to_recordset(cast(:rows as jsonb)) as x(
    inbound_id bigint, outcome text, state text, problem text, message_id text, content_hash text,
    sender text, sender_name text, subject text, sent_at timestamptz, received_at timestamptz,
    auto text, is_bounce boolean, classification text, confidence real, ticket_id bigint,
    comment_id bigint, duplicate_of bigint, why jsonb, is_reply boolean, logged boolean,
    thread_ids jsonb, thread_data jsonb)"""

_MESSAGES = text(
    f"""
    update mail_message m set outcome = x.outcome, message_id = x.message_id,
      content_hash = x.content_hash, sender = x.sender, sender_name = x.sender_name,
      subject = x.subject, sent_at = x.sent_at, auto = x.auto, is_bounce = x.is_bounce,
      classification = x.classification, confidence = x.confidence, ticket_id = x.ticket_id,
      comment_id = x.comment_id, duplicate_of = x.duplicate_of, why = x.why, filed_at = now(),
      claimed_until = null, last_error = null,
      ready_at = case when x.outcome = 'waiting' then 'infinity' else m.ready_at end
    from {_COLUMNS}
    where m.company_id = current_company() and m.inbound_id = x.inbound_id
    """
)
_INBOUND = text(
    f"""
    update inbound_message i set state = x.state, problem = x.problem, ticket_id = x.ticket_id
    from {_COLUMNS}
    where i.company_id = current_company() and i.id = x.inbound_id
    """
)
_THREADS = text(
    f"""
    insert into mail_thread_id (company_id, thread_id, inbound_id)
    select current_company(), id, x.inbound_id
    from {_COLUMNS} cross join lateral jsonb_array_elements_text(x.thread_ids) as id
    on conflict do nothing
    """
)
# A mail that came back after it was filed by the API keeps the line it has.
_LOG = text(
    f"""
    insert into tticket_email_log (company_id, ticket_id, email_message_id, email_subject, email_from,
      email_received_at, is_reply, thread_data, inbound_id, comment_id)
    select current_company(), x.ticket_id, '<' || x.message_id || '>', x.subject, x.sender,
      x.received_at, x.is_reply, x.thread_data, x.inbound_id, x.comment_id
    from {_COLUMNS}
    where x.logged
    on conflict do nothing
    """
)
