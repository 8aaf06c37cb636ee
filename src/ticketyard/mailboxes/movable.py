"""What is known of a mail that somebody wants to move, and whether it may be."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.mailboxes.errors import MailNotFiled, MailNotFound, MailStays
from ticketyard.mailboxes.filing import ATTEMPTS_MAX


@dataclass(frozen=True, kw_only=True)
class FiledMail:
    """A delivery and where it is. number: of its ticket.

    is_our_answer: an agent wrote it by mail, so that it went on to the requester.
    """

    inbound_id: int
    outcome: str
    state: str
    attempts: int
    is_bounce: bool
    duplicate_of: int | None
    ticket_id: int | None
    number: str | None
    comment_id: int | None
    is_our_answer: bool
    sender: str
    sender_name: str
    sender_is_agent: bool
    why: dict[str, Any]

    @property
    def opened_ticket(self) -> bool:
        """Whether its ticket was opened by this very mail."""
        return self.outcome == "ticket" and self.ticket_id is not None


async def find_filed_mail(session: AsyncSession, inbound_id: int) -> FiledMail:
    """One mail, locked until the end of the transaction. Raises MailNotFound."""
    row = (await session.execute(_MAIL, {"id": inbound_id})).one_or_none()
    if row is None:
        raise MailNotFound("There is no such mail.")
    return FiledMail(**row._mapping)


def refuse_if_it_stays(mail: FiledMail, to_ticket_id: int | None) -> None:
    """Raises MailStays or MailNotFiled, worded for whoever wants to move it.

    to_ticket_id: None for a new ticket of its own.
    """
    if to_ticket_id is not None and mail.ticket_id == to_ticket_id:
        raise MailNotFiled(f"This mail is in {mail.number} already.")
    if to_ticket_id is None and mail.opened_ticket:
        raise MailNotFiled(f"This mail has a ticket of its own already: {mail.number}.")
    if mail.outcome == "duplicate":
        raise MailStays(
            "This is another delivery of a mail that was filed before; move that one.",
            duplicate_of=mail.duplicate_of,
        )
    if mail.outcome == "waiting" and mail.state == "waiting":
        raise MailNotFiled("This mail is about to be filed; try again in a moment.")
    if mail.outcome == "waiting" and mail.attempts >= ATTEMPTS_MAX:
        raise MailStays("This mail cannot be read; open a ticket of it as it came.")
    if mail.outcome == "reply" and mail.is_bounce and mail.comment_id is None:
        raise MailStays("A delivery report stays with the mail that came back.")
    if mail.is_our_answer:
        raise MailStays("An agent's answer went out to the requester; it stays where it was read.")


_MAIL = text(
    """
    select m.inbound_id, m.outcome, i.state, m.attempts, m.is_bounce, m.duplicate_of, t.id as ticket_id,
      t.number, m.comment_id, m.sender, m.sender_name, m.why,
      coalesce(c.author_kind = 'person' and not c.is_internal
               and author.role in ('admin', 'agent'), false) as is_our_answer,
      exists (select from person p
              where p.company_id = m.company_id and p.email_key = lower(m.sender)
                and p.role in ('admin', 'agent')) as sender_is_agent
    from mail_message m
    join inbound_message i on i.id = m.inbound_id
    left join comment c on c.id = m.comment_id
    left join ticket t on t.id = coalesce(c.ticket_id, m.ticket_id)
    left join person author on author.id = c.author_id
    where m.company_id = current_company() and m.inbound_id = :id
    for update of m
    """
)
