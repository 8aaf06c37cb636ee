"""The books of each mailbox: what came, what became of it, and whether that adds up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

OUTCOMES = ("ticket", "reply", "duplicate", "refused", "waiting")
PAGE = 50


@dataclass(frozen=True, kw_only=True)
class MailboxBooks:
    """One mailbox, or what came by the API alone (`mailbox_id` None).

    received: raw messages that are here; all others: what became of them.  unfetched: of the
    waiting, those that the server did not hand out so far.
    """

    mailbox_id: int | None
    address: str
    folder: str
    is_enabled: bool
    received: int
    tickets: int
    replies: int
    duplicates: int
    refused: int
    waiting: int
    unfetched: int
    newest_at: datetime | None
    attempted_at: datetime | None
    succeeded_at: datetime | None
    failing_since: datetime | None
    last_error: str | None
    uidvalidity: int | None
    last_uid: int | None

    @property
    def balances(self) -> bool:
        """Whether every message that was received is accounted for."""
        return self.received == (
            self.tickets + self.replies + self.duplicates + self.refused + self.waiting
        )


async def list_books(session: AsyncSession) -> list[MailboxBooks]:
    """The books of every mailbox of this company, in order of address; the API's last."""
    rows = await session.execute(_BOOKS)
    return [MailboxBooks(**row) for row in rows.mappings()]


@dataclass(frozen=True, kw_only=True)
class LedgerLine:
    """One delivery in the ledger."""

    inbound_id: int
    mailbox_id: int | None
    uid: int | None
    outcome: str
    sender: str
    subject: str
    received_at: datetime
    filed_at: datetime | None
    ticket_id: int | None
    ticket_number: str | None
    last_error: str | None
    why: dict[str, Any]


@dataclass(frozen=True)
class LedgerPage:
    """Newest first. next_before: ask with it for the next page; None at the end."""

    lines: Sequence[LedgerLine]
    next_before: int | None


async def list_ledger(
    session: AsyncSession,
    *,
    mailbox_id: int | None = None,
    outcome: str | None = None,
    before: int | None = None,
    limit: int = PAGE,
) -> LedgerPage:
    """A page of deliveries. mailbox_id 0: what came by the API."""
    rows = await session.execute(
        _LINES,
        {"mailbox": mailbox_id, "outcome": outcome, "before": before, "limit": limit + 1},
    )
    found: list[RowMapping] = list(rows.mappings())
    lines = [LedgerLine(**row) for row in found[:limit]]
    return LedgerPage(lines, lines[-1].inbound_id if len(found) > limit else None)


# What was received is counted where the raw bytes lie, and not where the outcome stands: so the two
# sides come from different tables, and a message without a note of it would show.
_BOOKS = text(
    """
    with raw as (
      select coalesce(m.mailbox_id,
               case when i.identity like 'mailbox:%' then split_part(i.identity, ':', 2)::integer end,
               0) as mailbox_id,
             count(*) as received,
             count(*) filter (where i.sha256 = '' and m.outcome = 'waiting') as unfetched
      from inbound_message i
      left join mail_message m on m.inbound_id = i.id and m.company_id = i.company_id
      where i.company_id = current_company()
        -- What a program told in fields counts once, and not each time it was told again.
        and (i.content_type = 'message/rfc822' or m.inbound_id is not null)
      group by 1
    ), became as (
      select coalesce(mailbox_id, 0) as mailbox_id,
             count(*) filter (where outcome = 'ticket') as tickets,
             count(*) filter (where outcome = 'reply') as replies,
             count(*) filter (where outcome = 'duplicate') as duplicates,
             count(*) filter (where outcome = 'refused') as refused,
             count(*) filter (where outcome = 'waiting') as waiting,
             max(received_at) as newest_at
      from mail_message where company_id = current_company() group by 1
    ), box as (
      select id as mailbox_id, address, folder, is_enabled, attempted_at, succeeded_at,
             failing_since, last_error
      from mailbox where company_id = current_company()
      union all
      select 0, 'API', '', true, null, null, null, null
      where exists (select from raw where mailbox_id = 0)
    )
    select nullif(box.mailbox_id, 0) as mailbox_id, box.address, box.folder, box.is_enabled,
           coalesce(raw.received, 0) as received,
           coalesce(b.tickets, 0) as tickets, coalesce(b.replies, 0) as replies,
           coalesce(b.duplicates, 0) as duplicates, coalesce(b.refused, 0) as refused,
           coalesce(b.waiting, 0) as waiting, coalesce(raw.unfetched, 0) as unfetched,
           b.newest_at, box.attempted_at, box.succeeded_at, box.failing_since, box.last_error,
           p.uidvalidity, p.last_uid
    from box left join raw using (mailbox_id) left join became b using (mailbox_id)
    left join lateral (
      select uidvalidity, last_uid from mailbox_position p
      where p.company_id = current_company() and p.mailbox_id = box.mailbox_id
      order by began_at desc, uidvalidity desc limit 1) p on true
    order by box.mailbox_id = 0, lower(box.address), box.folder
    """
)
_LINES = text(
    """
    select m.inbound_id, m.mailbox_id, m.uid, m.outcome, m.sender, m.subject, m.received_at,
           m.filed_at, m.ticket_id, t.number as ticket_number, m.last_error, m.why
    from mail_message m
    left join ticket t on t.id = m.ticket_id and t.company_id = m.company_id
    where m.company_id = current_company()
      and (cast(:mailbox as integer) is null or coalesce(m.mailbox_id, 0) = :mailbox)
      and (cast(:outcome as text) is null or m.outcome = :outcome)
      and (cast(:before as bigint) is null or m.inbound_id < :before)
    order by m.inbound_id desc limit :limit
    """
)
