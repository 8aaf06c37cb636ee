"""What somebody who proved their address may see of their own tickets."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import company_of
from ticketyard.knowledge.chatbot.sentences import say

SHOWN_MOST: Final = 10
ANSWER_MAX: Final = 1_000
_WORDS: Final = {
    "open": "status_open",
    "assigned": "status_open",
    "in_progress": "status_in_progress",
    "pending": "status_pending",
    "resolved": "status_resolved",
}


@dataclass(frozen=True)
class OwnTicket:
    """One ticket of theirs. answer: what the desk last wrote to them."""

    number: str
    title: str
    status: str
    answer: str | None


async def list_tickets_of(
    session: AsyncSession, email: str, *, number: str = ""
) -> list[OwnTicket]:
    """The tickets that were asked from this address, the newest first; with a number that one."""
    rows = await session.execute(
        _OWN,
        {
            "company": company_of(session),
            "email": email.lower(),
            "number": number,
            "most": SHOWN_MOST,
            "answer": ANSWER_MAX,
        },
    )
    return [OwnTicket(row.number, row.title, row.status, row.answer) for row in rows]


def tell_tickets(found: list[OwnTicket], language: str, *, number: str = "") -> str:
    """Them in words; of a single one that was asked for, the last answer too."""
    if not found:
        return say("not_yours" if number else "no_tickets", language)
    lines = [_line(each, language) for each in found]
    if not number:
        return "\n".join([say("own_tickets", language), *lines])
    answer = found[0].answer
    told = [say("last_answer", language, text=answer)] if answer else []
    return "\n\n".join([*lines, *told])


def _line(ticket: OwnTicket, language: str) -> str:
    status = say(_WORDS.get(ticket.status, "status_closed"), language)
    return f"{ticket.number} – {ticket.title} – {status}"


_OWN = text(
    """
    select t.number, t.title, t.status, (
      select left(c.body, :answer) from comment c
      left join person p on c.author_kind = 'person' and p.id = c.author_id
      where c.company_id = t.company_id and c.ticket_id = t.id and not c.is_internal
        and p.role in ('agent', 'admin') and c.author_id is distinct from t.requester_id
      order by c.id desc limit 1) as answer
    from ticket t
    where t.company_id = :company and lower(t.requester_email) = :email
      and (:number = '' or t.number = :number)
    order by t.created_at desc, t.id desc limit :most
    """
)
