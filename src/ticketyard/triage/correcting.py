"""A person says what is right: the ticket changes, and triage has an example to learn from."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of, now_of
from ticketyard.core.events import emit
from ticketyard.people.queries import get_team
from ticketyard.tickets.labelling import Changes, change_ticket
from ticketyard.tickets.models import Ticket
from ticketyard.tickets.queries import get_ticket
from ticketyard.triage.events import TriageCorrected
from ticketyard.triage.models import Analysis, Correction
from ticketyard.triage.preparing import TicketText
from ticketyard.triage.queries import find_analysis


async def correct_category(
    session: AsyncSession,
    *,
    ticket_id: int,
    category: str,
    by: Principal,
    version: int | None = None,
) -> Ticket:
    """File the ticket under this category for good; choosing the present one confirms it.

    Raises TicketNotFound, TicketChangedMeanwhile, UnknownCategory.
    """
    before = await _before(session, ticket_id, "category")
    ticket = await change_ticket(
        session,
        ticket_id=ticket_id,
        changes=Changes.of({"category": category}),
        by=by,
        version=version,
    )
    await _keep(session, ticket, "category", before, ticket.category or category, by)
    return ticket


async def correct_priority(
    session: AsyncSession,
    *,
    ticket_id: int,
    priority: str,
    by: Principal,
    version: int | None = None,
) -> Ticket:
    """Give the ticket this priority for good; choosing the present one confirms it.

    Raises TicketNotFound, TicketChangedMeanwhile, BadField.
    """
    before = await _before(session, ticket_id, "priority")
    ticket = await change_ticket(
        session,
        ticket_id=ticket_id,
        changes=Changes.of({"priority": priority}),
        by=by,
        version=version,
    )
    await _keep(session, ticket, "priority", before, ticket.priority, by)
    return ticket


async def correct_team(
    session: AsyncSession,
    *,
    ticket_id: int,
    team_id: int,
    by: Principal,
    version: int | None = None,
) -> Ticket:
    """Give the ticket to this team for good; choosing the present one confirms it.

    Raises TicketNotFound, TicketChangedMeanwhile, TeamNotFound.
    """
    team = await get_team(session, team_id)
    before, before_by = await _before(session, ticket_id, "team_id")
    ticket = await change_ticket(
        session,
        ticket_id=ticket_id,
        changes=Changes.of({"team_id": team.id}),
        by=by,
        version=version,
    )
    # Kept by id, for a team may be given another name; told by name.
    was = None if before is None else (await get_team(session, int(before))).name
    kept = (None if before is None else str(before), before_by)
    await _keep(session, ticket, "team", kept, str(team.id), by, told=(was, team.name))
    return ticket


async def _before(session: AsyncSession, ticket_id: int, field: str) -> tuple[str | None, str]:
    """What the ticket says now, and whose word that is."""
    ticket = await get_ticket(session, ticket_id)
    return getattr(ticket, field), getattr(ticket, f"{field.removesuffix('_id')}_by")


async def _keep(
    session: AsyncSession,
    ticket: Ticket,
    field: str,
    before: tuple[str | None, str],
    after: str,
    by: Principal,
    told: tuple[str | None, str] | None = None,
) -> None:
    analysis = await find_analysis(session, ticket.id)
    found = _found(analysis, field) if analysis else _NOTHING
    text = TicketText(ticket.id, ticket.title, ticket.description)
    session.add(
        Correction(
            company_id=company_of(session),
            ticket_id=ticket.id,
            field=field,
            found=found.value,
            found_confidence=found.confidence,
            corrected=after,
            before=before[0],
            before_by=before[1],
            found_engine=found.engine,
            found_version=found.version,
            found_sure=found.is_sure,
            content=text.content,
            by_kind=by.kind,
            by_id=by.id,
            by_name=by.name,
            corrected_at=now_of(session),
        )
    )
    if analysis is not None and field == "category":
        analysis.need_admin = False
    was, now = told or (before[0], after)
    event = TriageCorrected(ticket_id=ticket.id, field=field, before=was, after=now)
    await emit(session, event, by=by)


@dataclass(frozen=True)
class _Finding:
    value: str | None = None
    confidence: float | None = None
    engine: str | None = None
    version: int | None = None
    is_sure: bool | None = None


_NOTHING = _Finding()


def _found(analysis: Analysis, field: str) -> _Finding:
    """What triage had found of this field, as it is compared with what a person says."""
    if field != "team":
        value, confidence = getattr(analysis, field), getattr(analysis, f"{field}_confidence")
        return _Finding(
            value, confidence, analysis.engine, analysis.model_version, analysis.was_sure
        )
    return _Finding(
        None if analysis.team_id is None else str(analysis.team_id),
        analysis.team_confidence,
        analysis.team_by,
        analysis.team_model_version,
        analysis.team_is_sure,
    )
