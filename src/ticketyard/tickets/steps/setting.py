"""Say in which steps the company works."""

from collections.abc import Mapping, Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of
from ticketyard.core.events import emit
from ticketyard.tickets.events import DeskChanged
from ticketyard.tickets.models import Ticket, WorkStep
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
    await session.execute(delete(WorkStep).where(WorkStep.company_id == company_id))
    session.add_all(
        WorkStep(company_id=company_id, name=step.name, status=step.status, sort_order=index)
        for index, step in enumerate(wanted)
    )
    await session.flush()
    names = {step.name for step in wanted}
    for before, after in (renamed or {}).items():
        after = " ".join(after.split())
        if before != after and after in names:
            await session.execute(
                update(Ticket)
                .where(Ticket.company_id == company_id, Ticket.work_step == before)
                .values(work_step=after)
            )
    told = ", ".join(step.name for step in wanted)[:500] or "the default steps"
    await emit(session, DeskChanged(what="steps", how="changed", name=told), by=by)
    return wanted or DEFAULT
