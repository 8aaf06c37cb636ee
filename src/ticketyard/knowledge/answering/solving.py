"""Propose a solution for tickets from what is known, each step with its proof; a person sends it or not."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of, now_of
from ticketyard.core.events import emit
from ticketyard.core.log import get_logger
from ticketyard.core.resources import Resources
from ticketyard.knowledge.answering.answer import Answer
from ticketyard.knowledge.answering.answering import answer_question
from ticketyard.knowledge.answering.queries import knows_anything
from ticketyard.knowledge.events import SolutionProposed
from ticketyard.knowledge.retrieving.asked import INTERNAL, PUBLIC, Asked, Narrow
from ticketyard.triage.preparing import TicketText
from ticketyard.triage.queries import list_analyses, list_texts

log = get_logger(__name__)

NAME = "Knowledge"
MAX_ATTEMPTS = 5
AT_ONCE = 4
"""How many are answered side by side: a model may take its time over each."""


@dataclass(frozen=True)
class _Wanted:
    text: TicketText
    category: str | None


async def propose_solutions(
    resources: Resources, company_id: int, ticket_ids: Sequence[int]
) -> None:
    """Answer what these tickets ask. Safe to run twice: the same text is not answered again.

    A company that knows nothing yet is left alone. One ticket that breaks an engine harms only itself.
    """
    async with resources.db.transaction(company_id) as session:
        if not await knows_anything(session):
            return
        wanted = await _unanswered(session, ticket_ids)
    turns = asyncio.Semaphore(AT_ONCE)

    async def propose(each: _Wanted) -> None:
        async with turns:
            await _propose(resources, company_id, each)

    await asyncio.gather(*map(propose, wanted))


async def _unanswered(session: AsyncSession, ticket_ids: Sequence[int]) -> list[_Wanted]:
    open_ids = list(await session.scalars(_OPEN, {"ids": list(ticket_ids)}))
    rows = await session.execute(_ANSWERED, {"ids": open_ids})
    answered = {row.ticket_id: row.content_hash for row in rows}
    analyses = await list_analyses(session, open_ids)
    return [
        _Wanted(each, analyses[each.ticket_id].category if each.ticket_id in analyses else None)
        for each in await list_texts(session, open_ids)
        if answered.get(each.ticket_id) != each.content_hash
    ]


async def _propose(resources: Resources, company_id: int, wanted: _Wanted) -> None:
    ticket_id = wanted.text.ticket_id
    try:
        answer = await answer_question(
            resources,
            company_id,
            Asked(
                wanted.text.content,
                Narrow((INTERNAL, PUBLIC)),
                likely_category=wanted.category,
            ),
        )
    except Exception:  # an engine may break in any way; the other tickets go on
        log.exception("solution_failed", company_id=company_id, ticket_id=ticket_id)
        async with resources.db.transaction(company_id) as session:
            await session.execute(_FAIL, {"id": ticket_id})
        return
    async with resources.db.transaction(company_id) as session:
        await _store(session, wanted.text, answer)


async def _store(session: AsyncSession, about: TicketText, answer: Answer) -> None:
    stored = await session.scalar(
        _STORE,
        {
            "id": about.ticket_id,
            "steps": orjson.dumps(steps_of(answer)).decode(),
            "confidence": answer.confidence,
            "needs_human": answer.needs_human,
            "engine": answer.engine,
            "hash": about.content_hash,
            "now": now_of(session),
        },
    )
    if stored is None:
        return  # deleted meanwhile
    proposed = SolutionProposed(
        ticket_id=about.ticket_id,
        steps=len(answer.steps),
        confidence=answer.confidence,
        needs_human=answer.needs_human,
    )
    await emit(session, proposed, by=Principal.system(company_of(session), NAME))


async def list_unanswered(session: AsyncSession, limit: int = 64) -> list[int]:
    """Open tickets whose question broke an engine and that are worth another try, or that wait for
    an answer that was asked for again."""
    return list(await session.scalars(_FAILED, {"max": MAX_ATTEMPTS, "limit": limit}))


def steps_of(answer: Answer) -> list[Mapping[str, Any]]:
    """The steps as they are kept: numbered from one, each with where it stands."""
    return [
        {
            "order": order,
            "text": step.text,
            "quote": step.quote,
            "source_type": step.citation.source_type,
            "source_id": step.citation.source_id,
            "chunk_id": step.citation.chunk_id,
        }
        for order, step in enumerate(answer.steps, 1)
    ]


# What is over already, or was solved as it came, asks nothing.
_OPEN = text(
    "select id from ticket where company_id = current_company() and id = any(:ids)"
    " and status not in ('resolved', 'closed', 'false_positive') order by id"
)
_ANSWERED = text(
    "select ticket_id, content_hash from ticket_solution where company_id = current_company()"
    " and ticket_id = any(:ids) and state = 'done'"
)
_STORE = text(
    """
    insert into ticket_solution as s (company_id, ticket_id, state, steps, confidence, needs_human,
      engine, content_hash, attempts, proposed_at)
    select current_company(), t.id, 'done', cast(:steps as jsonb), :confidence, :needs_human, :engine,
      :hash, 1, :now
    from ticket t where t.company_id = current_company() and t.id = :id
    on conflict (company_id, ticket_id) do update set
      state = 'done', steps = excluded.steps, confidence = excluded.confidence,
      needs_human = excluded.needs_human, engine = excluded.engine,
      content_hash = excluded.content_hash, attempts = s.attempts + 1, proposed_at = excluded.proposed_at
    returning s.ticket_id
    """
)
_FAIL = text(
    """
    insert into ticket_solution as s (company_id, ticket_id, state, attempts)
    select current_company(), t.id, 'failed', 1
    from ticket t where t.company_id = current_company() and t.id = :id
    on conflict (company_id, ticket_id) do update set state = 'failed', attempts = s.attempts + 1
    """
)
_FAILED = text(
    "select s.ticket_id from ticket_solution s"
    " join ticket t on t.company_id = s.company_id and t.id = s.ticket_id"
    " where s.company_id = current_company() and s.state <> 'done' and s.attempts < :max"
    " and t.status not in ('resolved', 'closed', 'false_positive') order by s.ticket_id limit :limit"
)
