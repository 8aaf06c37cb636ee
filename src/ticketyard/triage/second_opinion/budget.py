"""What a company may use up on a day, counted before the model is asked."""

from datetime import date

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import now_of


async def take_tokens(session: AsyncSession, guess: int, *, a_day: int) -> date | None:
    """Set so many tokens aside for one question; the day they count for, or None where the day has not
    so many left. a_day: 0 is without limit."""
    if a_day and guess > a_day:
        return None
    day = now_of(session).date()
    taken = await session.scalar(_TAKE, {"day": day, "guess": guess, "a_day": a_day})
    return day if taken is not None else None


async def correct_tokens(session: AsyncSession, day: date, guess: int, used: int) -> None:
    """Say what the question really used."""
    await session.execute(_CORRECT, {"day": day, "more": used - guess})


_TAKE = text(
    """
    insert into model_usage as u (company_id, day, questions, tokens)
    values (current_company(), :day, 1, :guess)
    on conflict (company_id, day) do update
      set questions = u.questions + 1, tokens = u.tokens + excluded.tokens
      where :a_day = 0 or u.tokens + excluded.tokens <= :a_day
    returning tokens
    """
)
_CORRECT = text(
    "update model_usage set tokens = greatest(0, tokens + :more)"
    " where company_id = current_company() and day = :day"
)
