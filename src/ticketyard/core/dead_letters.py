"""Work that was given up after its last attempt: looked at by a person, tried again or left."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True)
class DeadLetter:
    """One item that a listener could not handle. `payload` is the event it was woken by."""

    id: int
    job: str
    event_type: str
    payload: dict[str, Any]
    attempts: int
    problem: str | None
    dead_at: datetime


async def list_dead_letters(session: AsyncSession, limit: int = 200) -> list[DeadLetter]:
    """This company's, newest first."""
    rows = await session.execute(
        text(
            """
            select id, job, event_type, payload, attempts, last_error as problem, dead_at
            from job_item where company_id = current_company() and dead_at is not null
            order by dead_at desc, id desc limit :limit
            """
        ),
        {"limit": limit},
    )
    return [DeadLetter(**row._mapping) for row in rows]


async def retry_dead_letters(session: AsyncSession, ids: Sequence[int] | None = None) -> int:
    """Give these (or all) their attempts back and wake who handles them; gives how many."""
    result = await session.execute(
        text(
            """
            with revived as (
              update job_item set dead_at = null, attempts = 0, claimed_until = null, ready_at = now()
              where company_id = current_company() and dead_at is not null
                and (:every or id = any(:ids))
              returning job)
            select count(*) as revived, array_agg(distinct job) as jobs from revived
            """
        ),
        {"every": ids is None, "ids": list(ids or ())},
    )
    row = result.one()
    if row.revived:
        await session.execute(text("select wake_now(:jobs)"), {"jobs": row.jobs})
    return int(row.revived)
