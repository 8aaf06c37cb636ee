"""Teach a company's own ranking: from questions of which is known what answered them.

Whoever has such judgements hands them in: tickets linked as duplicates, articles that were said to
have helped, answers that solved a ticket. What was learned is kept only where it ranks questions it
was not taught better than before.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.ai.ranking import Ranker, learn
from ticketyard.core.db import now_of
from ticketyard.core.resources import Resources
from ticketyard.knowledge.retrieving.asked import INTERNAL, PUBLIC, Asked, Narrow
from ticketyard.knowledge.retrieving.finding import gather
from ticketyard.knowledge.retrieving.shipped import SHIPPED

# Fewer say nothing that would hold tomorrow.
QUESTIONS_MIN = 30
_FOLDS = 4
_AT = 10


@dataclass(frozen=True)
class Judged:
    """A question and the documents that answer it.  asker_id: the document it was made of, if any."""

    query: str
    right: frozenset[int]
    asker_id: int | None = None


@dataclass(frozen=True)
class Lesson:
    """What came of it. kept: whether the company ranks by it from now on."""

    questions: int
    before: float
    after: float
    kept: bool


@dataclass(frozen=True)
class _Seen:
    rows: NDArray[np.float64]
    right: NDArray[np.bool_]


async def learn_ranking(resources: Resources, company_id: int, judged: Sequence[Judged]) -> Lesson:
    """Ask every question, learn from what was right, and keep it if it is better.

    Questions whose answer is not among the candidates teach nothing and are not counted; nor do those
    that words alone were looked up for: their ranking is another.
    """
    seen = [each for one in judged if (each := await _look(resources, company_id, one))]
    if len(seen) < QUESTIONS_MIN:
        return Lesson(len(seen), 0.0, 0.0, kept=False)
    before, after = _cross_measured(seen)
    lesson = Lesson(len(seen), before, after, kept=after > before)
    async with resources.db.transaction(company_id) as session:
        await _store(session, _taught(seen), lesson, len(judged))
    return lesson


async def forget_ranking(session: AsyncSession) -> None:
    """Rank by what comes with the program again."""
    await session.execute(
        text("delete from knowledge_ranking where company_id = current_company()")
    )


async def _look(resources: Resources, company_id: int, one: Judged) -> _Seen | None:
    narrow = Narrow((INTERNAL, PUBLIC), but_document_id=one.asker_id)
    gathered = await gather(resources, company_id, Asked(one.query, narrow))
    if gathered is None or gathered.notes:
        return None
    right = np.array([each.key.document_id in one.right for each in gathered.candidates], bool)
    return _Seen(gathered.rows, right) if right.any() and not right.all() else None


def _cross_measured(seen: Sequence[_Seen]) -> tuple[float, float]:
    """Mean reciprocal rank on folds that were left out, by the shipped and by the taught ranking."""
    before, after = [], []
    for fold in range(_FOLDS):
        taught = _taught([each for place, each in enumerate(seen) if place % _FOLDS != fold])
        for each in seen[fold::_FOLDS]:
            before.append(_reciprocal(SHIPPED, each))
            after.append(_reciprocal(taught, each))
    return float(np.mean(before)), float(np.mean(after))


def _taught(seen: Sequence[_Seen]) -> Ranker:
    return learn([each.rows for each in seen], [each.right for each in seen], SHIPPED)


def _reciprocal(ranker: Ranker, each: _Seen) -> float:
    order = np.argsort(-ranker.score(each.rows), kind="stable")[:_AT]
    ranks = np.flatnonzero(each.right[order])
    return 1.0 / (int(ranks[0]) + 1) if len(ranks) else 0.0


async def _store(session: AsyncSession, ranker: Ranker, lesson: Lesson, judged: int) -> None:
    """A version of its own, whether or not it is used; so that one can look at it, and go back."""
    version = await session.scalar(
        _KEEP,
        {
            "verdict": "used" if lesson.kept else "kept_out",
            "features": list(ranker.features),
            "weights": list(ranker.weights),
            "bias": ranker.bias,
            "judged": judged,
            "questions": lesson.questions,
            "before": lesson.before,
            "after": lesson.after,
            "at": now_of(session),
        },
    )
    if lesson.kept:
        await use_version(session, int(version or 0), chosen_by="")


async def use_version(session: AsyncSession, version: int, *, chosen_by: str) -> bool:
    """Rank by this version from now on; False where there is none, or it was not better."""
    given = {"version": version, "by": chosen_by}
    return await session.scalar(_USE, given) is not None


_KEEP = text(
    """
    insert into knowledge_ranking_version (company_id, version, verdict, features, weights, bias, judged,
      questions, before, after, learned_at)
    select current_company(), coalesce(max(version), 0) + 1, :verdict, :features, :weights, :bias, :judged,
      :questions, :before, :after, :at
    from knowledge_ranking_version where company_id = current_company()
    returning version
    """
)
_USE = text(
    """
    insert into knowledge_ranking (company_id, features, weights, bias, questions, before, after,
      learned_at, version, chosen_by)
    select company_id, features, weights, bias, questions, before, after, learned_at, version, :by
    from knowledge_ranking_version
    where company_id = current_company() and version = :version and verdict = 'used'
    on conflict (company_id) do update set features = excluded.features, weights = excluded.weights,
      bias = excluded.bias, questions = excluded.questions, before = excluded.before,
      after = excluded.after, learned_at = excluded.learned_at, version = excluded.version,
      chosen_by = excluded.chosen_by
    returning version
    """
)
