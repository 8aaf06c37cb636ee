"""Collect what nobody could answer: from chats, from tickets, and from searches that found nothing.

Each row that it comes from is counted once, however often this runs; nothing is kept of it but its words
without what is personal.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.ai.language import identify_language
from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of, now_of
from ticketyard.core.resources import Resources
from ticketyard.knowledge.chatting.remembering import owner_of
from ticketyard.knowledge.chatting.wording import find_small_talk
from ticketyard.knowledge.learning.likeness import stems_of
from ticketyard.knowledge.masking import mask
from ticketyard.people.queries import get_company
from ticketyard.triage.preparing import TicketText

QUESTION_MAX = 500
AT_ONCE = 200
LOOK_BACK = timedelta(days=30)
"""What is older when it is first looked at is no longer asked."""

TYPING = timedelta(minutes=10)
"""Within so long a search that goes on where the last one ended is the same search."""
WORDS_MIN = 2


@dataclass(frozen=True)
class _Asked:
    origin: str
    origin_id: int | None
    asker: str
    question: str
    is_public: bool
    asked_at: datetime
    ticket_id: int | None = None
    names: tuple[str, ...] = ()


async def collect_unanswered(resources: Resources, company_id: int) -> int:
    """Bring in what was asked in vain since the last time; gives how many."""
    collected = 0
    for origin, query in _ORIGINS:
        while True:
            async with resources.db.transaction(company_id) as session:
                given = {"since": now_of(session) - LOOK_BACK, "limit": AT_ONCE}
                rows = (await session.execute(query, given)).all()
                await _store(session, [_asked(origin, row) for row in rows])
            collected += len(rows)
            if len(rows) < AT_ONCE:
                break
    return collected


async def note_search_in_vain(
    session: AsyncSession, *, query: str, is_public: bool, by: Principal
) -> None:
    """A search found nothing. While somebody types, the longest of what they typed is kept.

    What has fewer than two words that mean something is not yet a question.
    """
    asker = owner_of(by)
    if len(stems_of(query)) < WORDS_MIN:
        return
    asked = _Asked("search", None, asker, query, is_public, now_of(session))
    kept = _shown(asked)
    typed = {"asker": asker, "since": now_of(session) - TYPING, "question": kept}
    if await session.scalar(_LONGER, typed):
        return
    await session.execute(_SHORTER, typed)
    await _store(session, [asked])


def _asked(origin: str, row: Row[tuple[object, ...]]) -> _Asked:
    if origin != "ticket":
        return _Asked(origin, row.id, row.asker, row.question, row.is_public, row.asked_at)
    content = TicketText(row.id, row.title, row.description).content
    names = (row.requester_name or "",)
    return _Asked(origin, row.id, row.asker, content, False, row.asked_at, row.id, names)


async def _store(session: AsyncSession, asked: Sequence[_Asked]) -> None:
    if not asked:
        return
    languages = tuple((await get_company(session)).languages) or ("en",)
    await session.execute(
        _INSERT,
        [
            {
                "company": company_of(session),
                "origin": each.origin,
                "origin_id": each.origin_id,
                "asker": each.asker,
                "question": shown,
                "language": identify_language(shown, languages).code,
                "is_public": each.is_public,
                "ticket_id": each.ticket_id,
                "asked_at": each.asked_at,
            }
            for each in asked
            # What says nothing is kept as well, without words: so it is not looked at again.
            for shown in (_shown(each),)
        ],
    )


def _shown(asked: _Asked) -> str:
    """The question as it may be shown; "" where nothing is asked."""
    # Masked before it is cut: half a card number is none.
    masked = mask(asked.question[: 4 * QUESTION_MAX], asked.names)
    shown = " ".join(masked.split())[:QUESTION_MAX]
    return "" if not stems_of(shown) or find_small_talk(shown) else shown


_INSERT = text(
    """
    insert into unanswered_question (company_id, origin, origin_id, asker, question, language, is_public,
      ticket_id, asked_at)
    values (:company, :origin, :origin_id, :asker, :question, :language, :is_public, :ticket_id, :asked_at)
    on conflict (company_id, origin, origin_id) do nothing
    """
)
_NOT_YET = """
      and not exists (select from unanswered_question u where u.company_id = current_company()
        and u.origin = '{origin}' and u.origin_id = {id})
    order by {id} limit :limit
"""
_OWNER = """
    left join person p on p.company_id = c.company_id
      and p.id = cast(substring(c.owner from '^person:([0-9]{1,9})$') as integer)
"""
# A chat without an answer; the people of the desk ask there as well, and may find more.
_CHAT = text(
    """
    select q.id, c.owner as asker, q.question, q.asked_at, coalesce(p.role = 'requester', true) as is_public
    from chat_question q
    join conversation c on c.company_id = q.company_id and c.id = q.conversation_id
    """
    + _OWNER
    + """
    where q.company_id = current_company() and q.is_answered is false and q.asked_at > :since
    """
    + _NOT_YET.format(origin="chat", id="q.id")
)
# Another program's chat, or the desk's own; those with a public side are counted above.
_RAG_CHAT = text(
    """
    select m.id, c.owner as asker, m.created_at as asked_at,
      coalesce(p.role = 'requester', false) as is_public,
      coalesce((select u.content from conversation_message u where u.company_id = m.company_id
        and u.conversation_id = m.conversation_id and u.role = 'user' and u.id < m.id
        order by u.id desc limit 1), '') as question
    from conversation_message m
    join conversation c on c.company_id = m.company_id and c.id = m.conversation_id
    """
    + _OWNER
    + """
    where m.company_id = current_company() and m.role = 'assistant' and m.created_at > :since
      and m.told->>'classification' in ('HARD_REFUSAL', 'SOFT_REFUSAL', 'NEEDS_HUMAN')
      and not exists (select from chat h where h.company_id = m.company_id
        and h.conversation_id = m.conversation_id)
    """
    + _NOT_YET.format(origin="rag_chat", id="m.id")
)
# What a machine tells asks nothing; what a chat asked before is counted there.
_TICKET = text(
    """
    select t.id, t.title, t.description, t.requester_name, t.created_at as asked_at,
      case when t.requester_id is null then 'ticket:' || t.id else 'person:' || t.requester_id end as asker
    from ticket_solution s
    join ticket t on t.company_id = s.company_id and t.id = s.ticket_id
    where s.company_id = current_company() and s.state = 'done' and s.needs_human
      and s.human_steps is null and s.proposed_at > :since and t.source <> 'alert'
      and t.merged_into is null
      and not exists (select from chat_question q where q.company_id = t.company_id
        and q.ticket_id = t.id)
    """
    + _NOT_YET.format(origin="ticket", id="t.id")
)
_ORIGINS = (("chat", _CHAT), ("rag_chat", _RAG_CHAT), ("ticket", _TICKET))

_RECENT = """
    from unanswered_question where company_id = current_company() and origin = 'search'
      and asker = :asker and asked_at > :since and gap_id is null
"""
_LONGER = text(
    "select exists (select" + _RECENT + " and starts_with(lower(question), lower(:question)))"
)
_SHORTER = text("delete" + _RECENT + " and starts_with(lower(:question), lower(question))")
