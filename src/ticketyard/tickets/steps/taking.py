"""Take a ticket to one of the company's steps."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.events import emit
from ticketyard.tickets.assigning import release_ticket
from ticketyard.tickets.changing_status import change_status
from ticketyard.tickets.errors import NobodyHasIt, OtherStep, StepNotFound
from ticketyard.tickets.events import TicketStepped
from ticketyard.tickets.holding import hold_ticket, touch
from ticketyard.tickets.models import Ticket
from ticketyard.tickets.steps.course import Step, can_move, next_step, step_of
from ticketyard.tickets.steps.setting import list_steps


async def move_to_step(
    session: AsyncSession,
    *,
    ticket_id: int | str,
    step: str,
    by: Principal,
    seen: str | None = None,
    reason: str | None = None,
    version: int | None = None,
) -> Ticket:
    """Take the ticket to a step and give it that step's status. Where it stands already, nothing
    changes. Taken back to open it is nobody's again.

    seen: the step the caller took it to be on. Raises TicketNotFound, TicketChangedMeanwhile,
    StepNotFound, OtherStep, NobodyHasIt, or IllegalTransition, which says what is allowed.
    """
    ticket = await hold_ticket(session, ticket_id, version=version)
    steps = await list_steps(session)
    here = _standing(steps, ticket, seen)
    return await _move(session, ticket, here, _named(steps, step), by, reason)


async def advance_ticket(
    session: AsyncSession,
    *,
    ticket_id: int | str,
    by: Principal,
    seen: str | None = None,
    reason: str | None = None,
    version: int | None = None,
) -> Ticket:
    """Take the ticket to the step after its own. Raises as `move_to_step`; OtherStep on the last."""
    ticket = await hold_ticket(session, ticket_id, version=version)
    steps = await list_steps(session)
    here = _standing(steps, ticket, seen)
    following = next_step(steps, here)
    if following is None:
        raise OtherStep(f"“{here.name}” is the last step.", step=here.name)
    return await _move(session, ticket, here, following, by, reason)


def _standing(steps: Sequence[Step], ticket: Ticket, seen: str | None) -> Step:
    here = step_of(steps, ticket.status, ticket.work_step)
    if seen is not None and _named(steps, seen) != here:
        raise OtherStep(f"The ticket is on “{here.name}” by now.", step=here.name)
    return here


def _named(steps: Sequence[Step], name: str) -> Step:
    wanted = " ".join(name.split()).casefold()
    for step in steps:
        if step.name.casefold() == wanted:
            return step
    raise StepNotFound("There is no such step.", steps=[step.name for step in steps])


async def _move(
    session: AsyncSession,
    ticket: Ticket,
    here: Step,
    to: Step,
    by: Principal,
    reason: str | None,
) -> Ticket:
    if here == to and ticket.status == to.status:
        return ticket
    if ticket.status == to.status:
        touch(session, ticket)
    else:
        await _change_status(session, ticket, to, by, reason or f"Taken to “{to.name}”")
    ticket.work_step = to.name
    stepped = TicketStepped(ticket_id=ticket.id, before=here.name, after=to.name)
    await emit(session, stepped, by=by)
    return ticket


async def _change_status(
    session: AsyncSession, ticket: Ticket, to: Step, by: Principal, reason: str
) -> None:
    """Status and assignee say the same: assigned is what somebody has, open is what nobody has."""
    if to.status == "assigned" and ticket.assignee_id is None and can_move(ticket.status, to):
        raise NobodyHasIt(
            f"“{to.name}” is for tickets that somebody has: assign {ticket.number} to an agent,"
            " which takes it there."
        )
    await change_status(session, ticket_id=ticket.id, status=to.status, by=by, reason=reason)
    if to.status == "open":
        await release_ticket(session, ticket_id=ticket.id, by=by, reason=reason)
