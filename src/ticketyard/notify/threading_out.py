"""Where mails of ours stand in their threads, and in which language their readers wrote."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import company_of
from ticketyard.mail.syntax.identifiers import parse_id, parse_ids
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


async def places_in_threads(session: AsyncSession, ticket_ids: Sequence[int]) -> dict[int, Place]:
    """After each customer's last mail; a thread without any continues our own."""
    rows = await session.execute(_LOG, {"tickets": list(ticket_ids), "limit": CHAIN_MAX})
    threads: dict[int, list[Any]] = {each: [] for each in ticket_ids}
    for row in rows:
        threads[row.ticket_id].append(row)
    return {ticket_id: _place(thread) for ticket_id, thread in threads.items()}


def _place(newest_first: Sequence[Any]) -> Place:
    if not newest_first:
        return Place()
    theirs = [row for row in newest_first if row.direction == "in"]
    parent = (theirs or newest_first)[0]
    told = parent.thread_data.get("references") or ""
    chain = [*parse_ids(told if isinstance(told, str) else " ".join(map(str, told)))]
    chain += [parse_id(row.email_message_id) for row in reversed(newest_first)]
    answered = parse_id(parent.email_message_id)
    before = [each for each in dict.fromkeys(chain) if each and each != answered]
    return Place(answered, tuple(before))


async def languages_of_tickets(session: AsyncSession, ticket_ids: Sequence[int]) -> dict[int, str]:
    """What triage found, if sure and if there are words in it; else the company's language."""
    rows = await session.execute(
        select(Analysis.ticket_id, Analysis.language).where(
            Analysis.company_id == company_of(session),
            Analysis.ticket_id.in_(ticket_ids),
            Analysis.language_confidence >= SURE_ENOUGH,
        )
    )
    found = {row.ticket_id: _CODES.get(row.language, (row.language or "").lower()) for row in rows}
    usual = usable_language((await get_company(session)).locale)
    return {each: found[each] if found.get(each) in LANGUAGES else usual for each in ticket_ids}


def usable_language(locale: str) -> str:
    """A language there are words in: `da-DK` is Danish, an unknown one English."""
    code = locale.lower()[:2]
    return code if code in LANGUAGES else DEFAULT_LANGUAGE


_LOG = text(
    """
    select t.id as ticket_id, l.* from unnest(cast(:tickets as bigint[])) as t(id)
    cross join lateral (
      select email_message_id, direction, thread_data from tticket_email_log
      where company_id = current_company() and ticket_id = t.id
      order by email_received_at desc nulls last, id desc limit :limit) l
    """
)
