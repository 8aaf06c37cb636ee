"""What a language model said of a ticket, beside what the local engines found."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import company_of


@dataclass(frozen=True)
class SecondOpinion:
    """state: waiting, done, failed or refused. category: what the model said, where it said one.

    first: what the local engines had found before.
    """

    state: str
    problem: str
    model: str
    category: str | None
    first: str | None
    at: datetime | None


async def find_second_opinion(session: AsyncSession, ticket_id: int) -> SecondOpinion | None:
    """The latest one of this ticket, if a model was ever to be asked."""
    row = (
        await session.execute(_LATEST, {"company": company_of(session), "ticket": ticket_id})
    ).one_or_none()
    return SecondOpinion(**row._mapping) if row else None


_LATEST = text(
    """
    select state, problem, model, answer ->> 'category' as category, found ->> 'category' as first,
      settled_at as at
    from second_opinion where company_id = :company and ticket_id = :ticket
    order by id desc limit 1
    """
)
