"""Say in which steps the company works."""

from collections.abc import Mapping, Sequence

import orjson
from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of
from ticketyard.core.events import emit
from ticketyard.tickets.events import DeskChanged
from ticketyard.tickets.models import WorkStep
from ticketyard.tickets.steps.course import DEFAULT, Step, checked_steps


async def list_steps(session: AsyncSession) -> tuple[Step, ...]:
    """The company's steps in their order; the default ones where it has none of its own."""
    rows = await session.execute(
        select(WorkStep.name, WorkStep.status)
        .where(WorkStep.company_id == company_of(session))
        .order_by(WorkStep.sort_order, WorkStep.id)
    )
    return tuple(Step(row.name, row.status) for row in rows) or DEFAULT


async def set_steps(
    session: AsyncSession,
    *,
    steps: Sequence[tuple[str, str]],
    by: Principal,
    renamed: Mapping[str, str] | None = None,
) -> tuple[Step, ...]:
    """Replace the steps; an empty sequence goes back to the default ones. No ticket changes status.

    steps: names with statuses.  renamed: a step's name before to its name now, so that the tickets
    on it stay on it. Raises BadField.
    """
    wanted = checked_steps(steps) if steps else ()
    company_id = company_of(session)
    await session.execute(_ONE_AT_A_TIME, {"company": company_id})
    moves = _moves(await list_steps(session), wanted or DEFAULT, renamed or {})
    await session.execute(delete(WorkStep).where(WorkStep.company_id == company_id))
    session.add_all(
        WorkStep(company_id=company_id, name=step.name, status=step.status, sort_order=index)
        for index, step in enumerate(wanted)
    )
    await session.flush()
    await session.execute(_MARK_ANEW, {"moves": orjson.dumps(moves).decode()})
    told = ", ".join(step.name for step in wanted)[:500] or "the default steps"
    await emit(session, DeskChanged(what="steps", how="changed", name=told), by=by)
    return wanted or DEFAULT


def _moves(
    before: Sequence[Step], after: Sequence[Step], renamed: Mapping[str, str]
) -> dict[str, str]:
    """Each step's name before to its name now, without those that are lost. Of a lost step and
    another that takes its name, the tickets are not mixed."""
    now = {step.name.casefold(): step.name for step in after}
    given = {_key(was): now[_key(name)] for was, name in renamed.items() if _key(name) in now}
    taken = set(given.values())
    moves = {}
    for step in before:
        key = _key(step.name)
        if key in given:
            moves[step.name] = given[key]
        elif key in now and now[key] not in taken:
            moves[step.name] = now[key]
    return moves


def _key(name: str) -> str:
    return " ".join(name.split()).casefold()


_ONE_AT_A_TIME = text("select pg_advisory_xact_lock(hashtext('ticketyard.steps'), :company)")
# All at once, as names may be swapped. A mark of no step any more goes: a later step of that name is
# another one.
_MARK_ANEW = text(
    """
    update ticket set work_step = cast(:moves as jsonb) ->> work_step
    where company_id = current_company() and work_step is not null
      and work_step is distinct from cast(:moves as jsonb) ->> work_step
    """
)
