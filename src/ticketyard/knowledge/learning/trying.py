"""Ask the knowledge again what it could not answer: a gap that it answers now closes itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import now_of
from ticketyard.core.log import get_logger
from ticketyard.core.resources import Resources
from ticketyard.knowledge.answering.answering import MIN_SCORE
from ticketyard.knowledge.retrieving.asked import INTERNAL, PUBLIC, Asked, Narrow
from ticketyard.knowledge.retrieving.finding import retrieve
from ticketyard.knowledge.retrieving.index import PieceIndex

log = get_logger(__name__)

AT_ONCE = 50
QUESTIONS = 5
"""So many of a gap's latest questions are asked: the last one, and more than half, have to be answered."""
COMMITS_LATE = timedelta(minutes=1)
"""A document says when its reading was written down, and may be seen a little later."""


@dataclass(frozen=True)
class _Question:
    text: str
    is_public: bool


@dataclass(frozen=True)
class _Due:
    gap_id: int
    questions: tuple[_Question, ...]
    at: datetime


async def try_gaps(resources: Resources, company_id: int) -> int:
    """Try what is open and has not been tried since the knowledge last grew; gives how many closed.

    What the program is killed over is tried again: it was not tried until that is written.
    """
    closed = 0
    for due in await _due(resources, company_id):
        answers = [await find_answer(resources, company_id, each) for each in due.questions]
        found = [each for each in answers if each is not None]
        async with resources.db.transaction(company_id) as session:
            given = {"gap_id": due.gap_id, "at": due.at, "now": now_of(session)}
            if not are_enough(answers):
                await session.execute(_IN_VAIN, given)
                continue
            best = max(sorted(set(found)), key=found.count)
            await session.execute(_ANSWERED, given | {"document_id": best})
        closed += 1
        log.info("gap_closed", company_id=company_id, gap_id=due.gap_id)
    return closed


def are_enough(answers: Sequence[int | None]) -> bool:
    """Whether so many questions are answered, the last one first, that a gap is none any more."""
    found = [each for each in answers if each is not None]
    return bool(answers) and answers[0] is not None and 2 * len(found) > len(answers)


async def find_answer(resources: Resources, company_id: int, asked: _Question) -> int | None:
    """The document from which a question is answered now, whoever may find what asked it."""
    options = resources.part(PieceIndex).options
    sight = (PUBLIC,) if asked.is_public else (INTERNAL, PUBLIC)
    least = max(options.min_score, MIN_SCORE)
    retrieval = await retrieve(
        resources, company_id, Asked(asked.text, Narrow(sight), limit=1, min_score=least)
    )
    return retrieval.found[0].candidate.key.document_id if retrieval.found else None


async def _due(resources: Resources, company_id: int) -> list[_Due]:
    async with resources.db.transaction(company_id) as session:
        rows = (await session.execute(_DUE, {"limit": AT_ONCE})).all()
        at = now_of(session) - COMMITS_LATE
        return [_Due(row.id, await _questions(session, row.id), at) for row in rows]


async def _questions(session: AsyncSession, gap_id: int) -> tuple[_Question, ...]:
    rows = await session.execute(_LATEST, {"gap_id": gap_id, "limit": QUESTIONS})
    return tuple(_Question(row.question, row.is_public) for row in rows)


_DUE = text(
    """
    select g.id from knowledge_gap g
    where g.company_id = current_company() and g.state = 'open' and (g.tried_at is null
      or g.tried_at < (select max(d.read_at) from knowledge_document d
        where d.company_id = current_company() and d.publication = 'published' and d.state = 'ready'))
    order by g.tried_at nulls first, g.people desc, g.id limit :limit
    """
)
_LATEST = text(
    """
    select question, bool_and(is_public) as is_public from unanswered_question
    where company_id = current_company() and gap_id = :gap_id
    group by question order by max(id) desc limit :limit
    """
)
_IN_VAIN = text(
    "update knowledge_gap set tried_at = greatest(tried_at, :at)"
    " where company_id = current_company() and id = :gap_id and state = 'open'"
)
# Asked once more meanwhile, it is asked with the new question next time.
_ANSWERED = text(
    """
    update knowledge_gap set tried_at = greatest(tried_at, :at), state = 'answered', answered_at = :now,
      answered_by_id = :document_id
    where company_id = current_company() and id = :gap_id and state = 'open'
    """
)
