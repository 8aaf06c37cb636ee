"""A person writes down how a ticket is solved; what the machine proposed stays beside it."""

from collections.abc import Sequence

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import now_of
from ticketyard.core.events import emit
from ticketyard.knowledge.errors import BadSolution
from ticketyard.knowledge.events import SolutionWritten

MAX_STEPS = 50
STEP_MAX = 2_000


async def write_solution(
    session: AsyncSession, *, ticket_id: int, steps: Sequence[str], by: Principal
) -> None:
    """Keep the steps, one to fifty, in place of what a person wrote before. Raises BadSolution."""
    written = [" ".join(step.split()) for step in steps]
    if not 1 <= len(written) <= MAX_STEPS or not all(written):
        raise BadSolution(f"A solution has 1 to {MAX_STEPS} steps, none of them empty.")
    if any(len(step) > STEP_MAX for step in written):
        raise BadSolution(f"A step has at most {STEP_MAX} characters.")
    kept = [{"order": order, "text": step} for order, step in enumerate(written, 1)]
    await session.execute(
        _WRITE,
        {
            "id": ticket_id,
            "steps": orjson.dumps(kept).decode(),
            "by_id": by.person_id,
            "by_name": by.name,
            "now": now_of(session),
        },
    )
    await emit(session, SolutionWritten(ticket_id=ticket_id, steps=len(kept)), by=by)


_WRITE = text(
    """
    insert into ticket_solution as s (company_id, ticket_id, state, human_steps, human_by_id,
      human_by_name, human_at)
    values (current_company(), :id, 'done', cast(:steps as jsonb), :by_id, :by_name, :now)
    on conflict (company_id, ticket_id) do update set human_steps = excluded.human_steps,
      human_by_id = excluded.human_by_id, human_by_name = excluded.human_by_name,
      human_at = excluded.human_at
    """
)
