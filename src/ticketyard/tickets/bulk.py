"""Do the same to many tickets at once, and say of each how it went."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.errors import Refusal
from ticketyard.tickets.changing_status import check_status
from ticketyard.tickets.errors import BadField, TicketNotFound
from ticketyard.tickets.queries import get_ticket
from ticketyard.tickets.ready.applying import apply_macro
from ticketyard.tickets.ready.keeping import get_macro
from ticketyard.tickets.related.merging import merge_tickets
from ticketyard.tickets.several import Several, apply_several

BULK_MAX = 200


@dataclass(frozen=True, kw_only=True)
class BulkChange(Several):
    """What is done to each ticket: a macro first, then the changes, then the merging."""

    macro_id: int | None = None
    merge_into: int | str | None = None

    def is_empty(self) -> bool:
        """Whether nothing would be done."""
        return super().is_empty() and self.macro_id is None and self.merge_into is None


@dataclass(frozen=True)
class Outcome:
    """How it went with one ticket: `refusal` is empty where it was done."""

    reference: str
    ticket_id: int | None = None
    number: str | None = None
    status: str | None = None
    version: int | None = None
    refusal: Refusal | None = None


async def change_many(
    session: AsyncSession, references: Sequence[int | str], change: BulkChange, *, by: Principal
) -> list[Outcome]:
    """Change up to 200 tickets; what one ticket refuses is undone for that ticket alone.

    Answers in the order asked, each ticket once. Raises BadField when nothing is to be done, or to
    too many, BadStatus, and where it is not there, MacroNotFound or TicketNotFound of the survivor.
    """
    wanted = list(dict.fromkeys(str(each).strip().upper() for each in references))
    if not wanted or len(wanted) > BULK_MAX:
        raise BadField(f"Name 1 to {BULK_MAX} tickets.")
    if change.is_empty():
        raise BadField("Say what to do with them.")
    if change.status is not None:
        check_status(change.status)
    if change.macro_id is not None:
        await get_macro(session, change.macro_id)
    if change.merge_into is not None:
        await get_ticket(session, change.merge_into)
    outcomes: dict[str, Outcome] = {}
    for ticket_id, reference in await _in_order(session, wanted):
        outcomes[reference] = await _change_one(session, ticket_id, reference, change, by)
    return [outcomes[reference] for reference in wanted if reference in outcomes]


async def _in_order(
    session: AsyncSession, references: Sequence[str]
) -> list[tuple[int | None, str]]:
    """In order of id, so that two such calls never wait for each other in a circle; what is named by
    its id and by its number once, as it is named first."""
    found: list[tuple[int | None, str]] = []
    seen: set[int] = set()
    for reference in references:
        try:
            ticket_id = (await get_ticket(session, reference)).id
        except TicketNotFound:
            found.append((None, reference))
            continue
        if ticket_id not in seen:
            found.append((ticket_id, reference))
        seen.add(ticket_id)
    return sorted(found, key=lambda pair: pair[0] or 0)


async def _change_one(
    session: AsyncSession,
    ticket_id: int | None,
    reference: str,
    change: BulkChange,
    by: Principal,
) -> Outcome:
    if ticket_id is None:
        return Outcome(reference, refusal=TicketNotFound("There is no such ticket."))
    try:
        async with session.begin_nested():
            await _apply(session, ticket_id, change, by)
    except Refusal as refusal:
        ticket = await get_ticket(session, ticket_id)
        return Outcome(reference, ticket.id, ticket.number, ticket.status, ticket.version, refusal)
    ticket = await get_ticket(session, ticket_id)
    return Outcome(reference, ticket.id, ticket.number, ticket.status, ticket.version)


async def _apply(session: AsyncSession, ticket_id: int, change: BulkChange, by: Principal) -> None:
    if change.macro_id is not None:
        await apply_macro(session, ticket_id=ticket_id, macro_id=change.macro_id, by=by)
    await apply_several(session, ticket_id, change, by)
    if change.merge_into is not None:
        await merge_tickets(
            session, ticket_id=ticket_id, into=change.merge_into, by=by, reason=change.reason
        )
