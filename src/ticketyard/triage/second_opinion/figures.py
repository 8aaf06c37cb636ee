"""How second opinions fare, and what they used up today."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import now_of
from ticketyard.people.queries import get_company
from ticketyard.triage.second_opinion.rules import Asked, OpinionRules, wish_of


@dataclass(frozen=True)
class OpinionFigures:
    """asked_for: what this company wants. problems: kind of trouble to how many wait or failed for it."""

    asked_for: Asked
    waiting: int
    done: int
    failed: int
    refused: int
    problems: dict[str, int]
    questions_today: int
    tokens_today: int


async def opinion_figures(session: AsyncSession, rules: OpinionRules) -> OpinionFigures:
    """The company's figures as they are now."""
    states = {row.state: row.questions for row in await session.execute(_STATES)}
    problems = {row.problem: row.questions for row in await session.execute(_PROBLEMS)}
    today = (await session.execute(_TODAY, {"day": now_of(session).date()})).one_or_none()
    return OpinionFigures(
        asked_for=wish_of((await get_company(session)).settings, rules),
        waiting=states.get("waiting", 0),
        done=states.get("done", 0),
        failed=states.get("failed", 0),
        refused=states.get("refused", 0),
        problems=problems,
        questions_today=today.questions if today else 0,
        tokens_today=today.tokens if today else 0,
    )


_STATES = text(
    "select state, count(*) as questions from second_opinion"
    " where company_id = current_company() group by state"
)
_PROBLEMS = text(
    "select problem, count(*) as questions from second_opinion where company_id = current_company()"
    " and state in ('waiting', 'failed') and problem <> '' group by problem order by 2 desc"
)
_TODAY = text(
    "select questions, tokens from model_usage where company_id = current_company() and day = :day"
)
