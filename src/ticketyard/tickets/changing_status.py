"""Move a ticket from one status to another."""

from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.events import emit
from ticketyard.core.shapes import storable
from ticketyard.tickets.errors import BadField, BadStatus, IllegalTransition
from ticketyard.tickets.holding import hold_ticket, move_status, stamp_first_response, touch
from ticketyard.tickets.lifecycle import STATUSES, allowed_next, is_first_response, may_follow
from ticketyard.tickets.models import Ticket

REASON_MAX = 2_000
RESOLUTION_MAX = 20_000


async def change_status(
    session: AsyncSession,
    *,
    ticket_id: int | str,
    status: str,
    by: Principal,
    reason: str | None = None,
    resolution: str | None = None,
    version: int | None = None,
) -> Ticket:
    """Give the ticket another status. The same status again changes nothing.

    resolution: how it was solved, kept when the work is over.
    Raises BadStatus, TicketNotFound, TicketChangedMeanwhile, or IllegalTransition, which says what
    is allowed.
    """
    check_status(status)
    reason, resolution = _text(reason, REASON_MAX), _text(resolution, RESOLUTION_MAX)
    ticket = await hold_ticket(session, ticket_id, version=version)
    if not may_follow(ticket.status, status):
        raise refused_move(ticket.status, status)
    if status == ticket.status and resolution in (None, ticket.resolution):
        return ticket

    at = touch(session, ticket)
    if is_first_response(ticket.status, status):
        stamp_first_response(ticket, by, at)
    if resolution is not None:
        ticket.resolution = resolution
    events = move_status(session, ticket, status, by=by, at=at, reason=reason)
    await emit(session, *events, by=by)
    return ticket


async def acknowledge_ticket(
    session: AsyncSession, *, ticket_id: int | str, by: Principal, version: int | None = None
) -> Ticket:
    """Say that somebody looks at it: an open or assigned ticket goes into progress, and that is
    the first response. Acknowledging again changes nothing."""
    ticket = await hold_ticket(session, ticket_id, version=version)
    if ticket.status == "in_progress":
        return ticket
    if ticket.status not in ("open", "assigned"):
        raise refused_move(ticket.status, "in_progress")
    at = touch(session, ticket)
    stamp_first_response(ticket, by, at)
    events = move_status(session, ticket, "in_progress", by=by, at=at, reason="Acknowledged")
    await emit(session, *events, by=by)
    return ticket


def check_status(status: str) -> None:
    """Raises BadStatus for a word that is no status."""
    if status not in STATUSES:
        raise BadStatus(f"No such status; there are {', '.join(STATUSES)}.", allowed=list(STATUSES))


def refused_move(before: str, after: str) -> IllegalTransition:
    """The refusal of a move, with what would be allowed."""
    allowed = allowed_next(before)
    ways = f"it can become {', '.join(allowed)}" if allowed else "it stays so"
    return IllegalTransition(
        f"A ticket that is {before} cannot become {after}; {ways}.", allowed=list(allowed)
    )


def _text(given: str | None, limit: int) -> str | None:
    if given is None or not given.strip():
        return None
    if len(given) > limit:
        raise BadField(f"That text is too long; {limit} characters are allowed.")
    return str(storable(given.strip()))
