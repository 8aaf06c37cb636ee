"""The company's steps with the tickets that stand on them."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.tickets.lifecycle import STATUSES
from ticketyard.tickets.steps.course import Step, can_move, step_of
from ticketyard.tickets.steps.setting import list_steps

CARDS_MAX: Final = 50
COUNT_MAX: Final = 1_000


async def read_board(
    session: AsyncSession, *, assignee_id: int | None = None, team_id: int | None = None
) -> list[dict[str, Any]]:
    """One column a step: its name and status, how many stand on it, and the last changed of them."""
    steps = await list_steps(session)
    return [
        await _column(session, steps, step, assignee_id=assignee_id, team_id=team_id)
        for step in steps
    ]


async def _column(
    session: AsyncSession, steps: Sequence[Step], step: Step, **only: int | None
) -> dict[str, Any]:
    values: dict[str, Any] = {
        **only,
        # The statuses whose tickets stand here unless they are marked for another step ...
        "usual": [each for each in STATUSES if step_of(steps, each, None) == step],
        # ... and the marks by which one stands on another step of the same status.
        "elsewhere": [each.name for each in steps if each.status == step.status and each != step],
        "status": step.status,
        "name": step.name,
        "cards": CARDS_MAX,
        "most": COUNT_MAX,
    }
    count = await session.scalar(_COUNT, values)
    rows = await session.execute(_CARDS, values)
    return {
        "name": step.name,
        "status": step.status,
        "count": count or 0,
        "count_is_exact": (count or 0) < COUNT_MAX,
        "tickets": [_card(row._mapping, steps) for row in rows],
    }


def _card(row: Any, steps: Sequence[Step]) -> dict[str, Any]:
    status = row["status"]
    ways = [each.name for each in steps if can_move(status, each)]
    return {**row, "steps_allowed": ways}


_STANDS = """
    t.company_id = current_company() and t.merged_into is null
    and (t.status = any(:usual)
           and (t.status <> :status or t.work_step is null or t.work_step <> all(:elsewhere))
         or t.status = :status and t.work_step = :name)
    and (cast(:assignee_id as integer) is null or t.assignee_id = :assignee_id)
    and (cast(:team_id as integer) is null or t.team_id = :team_id)
"""
_COUNT = text(f"select count(*) from (select from ticket t where {_STANDS} limit :most) counted")
_CARDS = text(
    f"""
    select t.id, t.number, t.title, t.status, t.priority, t.category, t.assignee_id,
      p.name as assigned_to, t.version, t.created_at, t.updated_at
    from ticket t left join person p on p.id = t.assignee_id
    where {_STANDS}
    order by t.updated_at desc, t.id desc limit :cards
    """
)
