"""Read the e-mail log: which mails belong to a ticket, and which tickets to an address."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal

TICKETS_MAX = 1_000


@dataclass(frozen=True, kw_only=True)
class LoggedMail:
    """One line of the log. direction: in, or out for a mail of ours."""

    id: int
    email_message_id: str
    email_from: str
    email_subject: str | None
    email_received_at: datetime | None
    is_reply: bool
    direction: str
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class MailedTicket:
    """A ticket that somebody wrote about."""

    id: int
    ticket_number: str
    subject: str
    status: str
    created_at: datetime


async def list_logged_mails(
    session: AsyncSession, ticket_id: int, by: Principal, *, include_sent: bool = False
) -> list[LoggedMail]:
    """The mails of a ticket, the oldest first; those we received, and ours if asked for.

    Who may not read internal notes does not learn of mail that became one, nor of bounces.
    """
    rows = await session.execute(
        _OF_TICKET,
        {"ticket": ticket_id, "sent": include_sent, "all": by.may("tickets:read")},
    )
    return [LoggedMail(**row._mapping) for row in rows]


async def list_tickets_of_address(
    session: AsyncSession, address: str, by: Principal, *, limit: int = TICKETS_MAX, offset: int = 0
) -> Sequence[MailedTicket]:
    """Tickets whose requester has this address or that it wrote to, the newest first.

    Who may not read all tickets sees their own.
    """
    rows = await session.execute(
        _OF_ADDRESS,
        {
            "key": address.strip().lower(),
            "all": by.may("tickets:read"),
            "person": by.person_id,
            "limit": limit,
            "offset": offset,
        },
    )
    return [MailedTicket(**row._mapping) for row in rows]


_OF_TICKET = text(
    """
    select l.id, l.email_message_id, l.email_from, l.email_subject, l.email_received_at, l.is_reply,
           l.direction, l.created_at
    from tticket_email_log l
    left join comment c on c.company_id = l.company_id and c.id = l.comment_id
    left join mail_message m on m.company_id = l.company_id and m.inbound_id = l.inbound_id
    where l.company_id = current_company() and l.ticket_id = :ticket
      and (:sent or l.direction = 'in')
      and (:all or not (coalesce(c.is_internal, false) or coalesce(m.is_bounce, false)))
    order by l.email_received_at nulls first, l.id
    """
)
# Each way of belonging by its own index; row-level security would use none for an OR of them.
_OF_ADDRESS = text(
    """
    with ids as (
      select ticket_id as id from tticket_email_log
      where company_id = current_company() and email_from_key = :key and direction = 'in'
      union
      select t.id from person p join ticket t on t.company_id = p.company_id and t.requester_id = p.id
      where p.company_id = current_company() and p.email_key = :key
      union
      select id from ticket
      where company_id = current_company() and lower(requester_email) = :key
    )
    select t.id, t.number as ticket_number, t.title as subject, t.status, t.created_at
    from ticket t join ids on ids.id = t.id
    where t.company_id = current_company() and (:all or t.requester_id = :person)
    order by t.created_at desc, t.id desc limit :limit offset :offset
    """
)
