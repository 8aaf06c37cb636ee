"""Learn a company's ranking from what people did, keep every version, and go back to any of them.

A version is used only where it ranks questions that it was not taught better than what comes with the
program does. What a person chose stays until there is clearly more to learn from.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.log import get_logger
from ticketyard.core.resources import Resources
from ticketyard.knowledge.learning.errors import RankingNotFound
from ticketyard.knowledge.learning.judging import list_judged
from ticketyard.knowledge.retrieving.learning import (
    QUESTIONS_MIN,
    Lesson,
    forget_ranking,
    learn_ranking,
    use_version,
)

log = get_logger(__name__)

MORE = 1.2
"""How many times as many questions as the last time make it worth learning again."""


@dataclass(frozen=True)
class RankingVersion:
    """before, after: mean reciprocal rank on questions left out, as it comes and as it was taught."""

    version: int
    verdict: str
    questions: int
    before: float
    after: float
    learned_at: datetime
    is_in_use: bool
    chosen_by: str


async def learn_when_enough(resources: Resources, company_id: int) -> Lesson | None:
    """Learn where enough was judged since the last time; None where it was not.

    Nothing but the last write changes anything, so that whoever is killed begins again.
    """
    async with resources.db.transaction(company_id) as session:
        judged = await list_judged(session)
        last = await session.scalar(_LAST_COUNT) or 0
    if len(judged) < max(QUESTIONS_MIN, MORE * last):
        return None
    lesson = await learn_ranking(resources, company_id, judged)
    log.info("ranking_learned", company_id=company_id, kept=lesson.kept, questions=lesson.questions)
    return lesson


async def list_rankings(session: AsyncSession) -> list[RankingVersion]:
    """Every ranking that was learned, the latest first."""
    return [RankingVersion(**row._mapping) for row in await session.execute(_VERSIONS)]


async def use_ranking(session: AsyncSession, *, version: int | None, by: Principal) -> None:
    """Rank by this version from now on; None by what comes with the program. Raises RankingNotFound."""
    if version is None:
        await forget_ranking(session)
        log.info("ranking_chosen", version=None, by=by.name)
        return
    if not await use_version(session, version, chosen_by=by.name):
        raise RankingNotFound("There is no such version, or it was no better.")
    log.info("ranking_chosen", version=version, by=by.name)


_LAST_COUNT = text(
    "select judged from knowledge_ranking_version where company_id = current_company()"
    " order by version desc limit 1"
)
_VERSIONS = text(
    """
    select v.version, v.verdict, v.questions, v.before, v.after, v.learned_at,
      coalesce(r.version = v.version, false) as is_in_use,
      case when r.version = v.version then r.chosen_by else '' end as chosen_by
    from knowledge_ranking_version v
    left join knowledge_ranking r on r.company_id = v.company_id
    where v.company_id = current_company() order by v.version desc
    """
)
