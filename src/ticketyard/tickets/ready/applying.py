"""Apply a macro: several changes and an answer in one step."""

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of, now_of
from ticketyard.core.events import emit
from ticketyard.tickets.errors import NotForRequesters
from ticketyard.tickets.events import MacroApplied
from ticketyard.tickets.holding import hold_ticket
from ticketyard.tickets.labelling import Changes
from ticketyard.tickets.models import Macro, Ticket
from ticketyard.tickets.ready.actions import ME, NOBODY, Actions, filled, read_actions
from ticketyard.tickets.ready.keeping import get_macro
from ticketyard.tickets.several import Several, apply_several


async def apply_macro(
    session: AsyncSession,
    *,
    ticket_id: int | str,
    macro_id: int,
    by: Principal,
    version: int | None = None,
) -> Ticket:
    """Do to the ticket what the macro says: all of it, or what is refused says why and none is done.

    Raises MacroNotFound, and whatever its single changes refuse.
    """
    macro = await get_macro(session, macro_id)
    async with session.begin_nested():
        return await _carry_out(session, ticket_id, macro, by, version)


async def _carry_out(
    session: AsyncSession,
    ticket_id: int | str,
    macro: Macro,
    by: Principal,
    version: int | None,
) -> Ticket:
    actions = read_actions(macro.actions)
    if actions.assigns and not by.may("tickets:assign"):
        raise NotForRequesters("You may not give tickets to anybody.")
    ticket = await hold_ticket(session, ticket_id, version=version)
    await apply_several(session, ticket.id, change_of(actions, ticket, by), by)
    await emit(
        session, MacroApplied(ticket_id=ticket.id, macro_id=macro.id, name=macro.name), by=by
    )
    await session.execute(
        update(Macro)
        .where(Macro.company_id == company_of(session), Macro.id == macro.id)
        .values(used=Macro.used + 1, last_used_at=now_of(session))
    )
    return ticket


def change_of(actions: Actions, ticket: Ticket, by: Principal) -> Several:
    """What the actions mean for this ticket and whoever applies them."""
    values = {
        "number": ticket.number,
        "title": ticket.title,
        "requester": ticket.requester_name or ticket.requester_email or "",
        "agent": by.name,
        "category": (ticket.category or "").replace("_", " "),
        "priority": ticket.priority,
    }
    assignee = by.person_id if actions.assignee == ME else actions.assignee
    return Several(
        changes=Changes.of(actions.labels) if actions.labels else None,
        comment=filled(actions.comment, values) or None,
        is_internal=actions.is_internal,
        assignee_id=assignee if isinstance(assignee, int) else None,
        release=actions.assignee == NOBODY,
        status=actions.status,
        reason=actions.reason,
    )
