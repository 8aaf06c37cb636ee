"""Mail that came in, each with what became of it and why: of a ticket, or filtered in pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.shapes import BIGINT_MAX
from ticketyard.mailboxes.errors import MailNotFound

PAGE_MAX = 100
OUTCOMES = ("ticket", "reply", "duplicate", "refused", "waiting")


@dataclass(frozen=True, kw_only=True)
class MailRow:
    """One delivery. number: of its ticket.  why: the account.  problem: why a person must look."""

    inbound_id: int
    mailbox_id: int | None
    mailbox: str | None
    outcome: str
    state: str
    problem: str | None
    attempts: int
    message_id: str
    sender: str
    sender_name: str
    subject: str
    sent_at: datetime | None
    received_at: datetime
    filed_at: datetime | None
    auto: str
    is_bounce: bool
    classification: str | None
    confidence: float | None
    ticket_id: int | None
    number: str | None
    comment_id: int | None
    duplicate_of: int | None
    size_bytes: int
    why: dict[str, Any]

    @property
    def needs_look(self) -> bool:
        """Whether a person must say what becomes of it."""
        return self.outcome == "waiting" and self.state == "needs_look"


@dataclass(frozen=True, kw_only=True)
class MailFilter:
    """Which mails; None asks for all. query: a Message-ID, an address or words of the subject.

    mailbox_id: 0 asks for what came by no mailbox.  before: the id the page before ended with.
    """

    mailbox_id: int | None = None
    outcome: str | None = None
    ticket_id: int | None = None
    query: str = ""
    before: int | None = None
    limit: int = 50


async def list_mails(session: AsyncSession, wanted: MailFilter) -> list[MailRow]:
    """The newest first."""
    asked = wanted.query.strip().strip("<>").lower()[:320]
    rows = await session.execute(
        _PAGE,
        {
            "mailbox": wanted.mailbox_id,
            "outcome": wanted.outcome,
            "ticket": wanted.ticket_id,
            "asked": asked,
            "like": f"%{_escaped(asked)}%",
            "before": wanted.before if wanted.before is not None else BIGINT_MAX,
            "limit": max(1, min(wanted.limit, PAGE_MAX + 1)),
        },
    )
    return [MailRow(**row._mapping) for row in rows]


async def list_mails_of_ticket(session: AsyncSession, ticket_id: int) -> Sequence[MailRow]:
    """What came by mail on a ticket, oldest first; duplicates among it."""
    rows = await session.execute(_OF_TICKET, {"ticket": ticket_id})
    return [MailRow(**row._mapping) for row in rows]


async def get_mail(
    session: AsyncSession, inbound_id: int, *, ticket_id: int | None = None
) -> MailRow:
    """One mail; with ticket_id only if it is there. Raises MailNotFound."""
    row = (await session.execute(_ONE, {"id": inbound_id})).one_or_none()
    if row is None or (ticket_id is not None and row.ticket_id != ticket_id):
        raise MailNotFound("There is no such mail.")
    return MailRow(**row._mapping)


async def list_mails_by_ids(session: AsyncSession, ids: Sequence[int]) -> dict[int, MailRow]:
    """Those of these inbound messages that are mail, by id."""
    rows = await session.execute(_SOME, {"ids": list(ids)})
    return {row.inbound_id: MailRow(**row._mapping) for row in rows}


def _escaped(words: str) -> str:
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


_SELECT = """
    select m.inbound_id, m.mailbox_id, b.address as mailbox, m.outcome, i.state,
      coalesce(i.problem, m.last_error) as problem, m.attempts, m.message_id, m.sender,
      m.sender_name, m.subject, m.sent_at, m.received_at, m.filed_at, m.auto, m.is_bounce,
      m.classification, m.confidence, t.id as ticket_id, t.number, m.comment_id, m.duplicate_of,
      coalesce(i.size_bytes, octet_length(i.raw)) as size_bytes, m.why
    from mail_message m
    join inbound_message i on i.id = m.inbound_id
    left join mailbox b on b.id = m.mailbox_id
    left join comment c on c.company_id = m.company_id and c.id = m.comment_id
    -- Where its words are now: a ticket may have been merged or split since the mail was filed.
    left join ticket t on t.id = coalesce(c.ticket_id, m.ticket_id)
    where m.company_id = current_company()"""
_ONE = text(f"{_SELECT} and m.inbound_id = :id")
_SOME = text(f"{_SELECT} and m.inbound_id = any(:ids)")
# By two ways that each have an index.
_OF_TICKET = text(
    f"""{_SELECT} and t.id = :ticket and m.inbound_id in (
      select i.inbound_id from mail_message i
      where i.company_id = current_company() and i.ticket_id = :ticket
      union all
      select i.inbound_id from comment w join mail_message i
        on i.company_id = w.company_id and i.comment_id = w.id
      where w.company_id = current_company() and w.ticket_id = :ticket)
    order by m.inbound_id limit 500
    """
)
_PAGE = text(
    f"""{_SELECT} and m.inbound_id < :before
      and (cast(:mailbox as bigint) is null or m.mailbox_id = :mailbox
           or (:mailbox = 0 and m.mailbox_id is null))
      and (cast(:outcome as text) is null or m.outcome = :outcome)
      and (cast(:ticket as bigint) is null or t.id = :ticket)
      and (cast(:asked as text) = '' or lower(m.message_id) = :asked
           or lower(m.sender) like :like or lower(m.subject) like :like)
    order by m.inbound_id desc limit :limit
    """
)
