"""Mail of ours about a ticket: whether it left, and what the server said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, kw_only=True)
class SentMail:
    """One mail of ours. words: what the server said last; reason: why it did not leave, or came back.

    recipients: [{email, name, role, state}].
    """

    id: int
    comment_id: int | None
    kind: str
    state: str
    recipients: Sequence[dict[str, Any]]
    reason: str | None
    words: str | None
    sent_at: datetime | None
    created_at: datetime


async def list_sent_mails(session: AsyncSession, ticket_id: int) -> list[SentMail]:
    """Everything that we mailed about a ticket, or tried to, oldest first."""
    rows = await session.execute(_SENT, {"ticket": ticket_id})
    return [SentMail(**row._mapping) for row in rows]


_SENT = text(
    """
    select o.id, o.comment_id, o.kind, o.state, o.recipients, o.reason, a.words, o.sent_at,
      o.created_at
    from outgoing_mail o
    left join lateral (
      select words from send_attempt s
      where s.company_id = o.company_id and s.mail_id = o.id order by s.id desc limit 1) a on true
    left join comment c on c.company_id = o.company_id and c.id = o.comment_id
    where o.company_id = current_company()
      -- Where its words are now: a ticket may have been merged or split since.
      and (o.ticket_id = :ticket and coalesce(c.ticket_id, o.ticket_id) = :ticket
           or o.comment_id in (select w.id from comment w
                               where w.company_id = o.company_id and w.ticket_id = :ticket))
    order by o.id limit 500
    """
)
