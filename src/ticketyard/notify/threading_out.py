"""Where a mail of ours stands in a ticket's thread, and in which language its reader wrote."""

from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.mail.identifiers import parse_id, parse_ids
from ticketyard.notify.template_words import DEFAULT_LANGUAGE, LANGUAGES
from ticketyard.people.queries import get_company
from ticketyard.triage.models import Analysis

CHAIN_MAX = 20
SURE_ENOUGH = 0.6
_CODES = {"ENG": "en", "KZ": "kk"}


@dataclass(frozen=True)
class Place:
    """The message answered and those before it, oldest first, without angle brackets."""

    in_reply_to: str = ""
    references: tuple[str, ...] = ()


async def place_in_thread(session: AsyncSession, ticket_id: int) -> Place:
    """After the last mail of the customer; a ticket without any continues our own."""
    rows = (await session.execute(_LOG, {"ticket": ticket_id, "limit": CHAIN_MAX})).all()
    if not rows:
        return Place()
    theirs = [row for row in rows if row.direction == "in"]
    parent = (theirs or rows)[0]
    told = parent.thread_data.get("references") or ""
    chain = [*parse_ids(told if isinstance(told, str) else " ".join(map(str, told)))]
    chain += [parse_id(row.email_message_id) for row in reversed(rows)]
    answered = parse_id(parent.email_message_id)
    before = [each for each in dict.fromkeys(chain) if each and each != answered]
    return Place(answered, tuple(before))


async def language_of_ticket(session: AsyncSession, ticket_id: int) -> str:
    """What triage found, if sure and if there are words in it; else the company's language."""
    row = (
        await session.execute(
            select(Analysis.language, Analysis.language_confidence).where(
                Analysis.ticket_id == ticket_id
            )
        )
    ).first()
    if row and row.language and (row.language_confidence or 0) >= SURE_ENOUGH:
        code: str = _CODES.get(row.language, row.language.lower())
        if code in LANGUAGES:
            return code
    return usable_language((await get_company(session)).locale)


def usable_language(locale: str) -> str:
    """A language there are words in: `da-DK` is Danish, an unknown one English."""
    code = locale.lower()[:2]
    return code if code in LANGUAGES else DEFAULT_LANGUAGE


_LOG = text(
    """
    select email_message_id, direction, thread_data from tticket_email_log
    where company_id = current_company() and ticket_id = :ticket
    order by email_received_at desc nulls last, id desc limit :limit
    """
)
