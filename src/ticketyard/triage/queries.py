"""Reading what triage found and learned."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from ticketyard.core.db import company_of
from ticketyard.people.queries import get_company, list_teams
from ticketyard.tickets.models import Ticket
from ticketyard.tickets.names import first_names
from ticketyard.tickets.queries import list_categories
from ticketyard.triage.errors import AnalysisNotFound
from ticketyard.triage.findings import DEFAULT_THRESHOLD, Profile
from ticketyard.triage.models import Analysis, TriageModel
from ticketyard.triage.preparing import TicketText
from ticketyard.triage.teams import DEFAULT_THRESHOLD as TEAM_THRESHOLD
from ticketyard.triage.teams import Teams, describe

CATEGORY = "category"
TEAM = "team"

# Of a company's settings.
EXPLICIT_THRESHOLD = "triage_threshold"
TEAM_EXPLICIT_THRESHOLD = "team_threshold"
MAX_ERROR = "triage_max_error"
DEFAULT_MAX_ERROR = 0.03


async def get_analysis(session: AsyncSession, ticket_id: int) -> Analysis:
    """What triage found about a ticket. Raises AnalysisNotFound."""
    found = await find_analysis(session, ticket_id)
    if found is None:
        raise AnalysisNotFound("This ticket has not been analysed yet.")
    return found


async def find_analysis(session: AsyncSession, ticket_id: int) -> Analysis | None:
    """What triage found about a ticket, if it has looked."""
    return await session.get(Analysis, (company_of(session), ticket_id))


async def list_analyses(session: AsyncSession, ticket_ids: Sequence[int]) -> dict[int, Analysis]:
    """The analyses of these tickets, by ticket."""
    rows = await session.scalars(
        select(Analysis).where(
            Analysis.company_id == company_of(session), Analysis.ticket_id.in_(ticket_ids)
        )
    )
    return {analysis.ticket_id: analysis for analysis in rows}


async def list_for_review(
    session: AsyncSession, *, before: int | None = None, limit: int = 25
) -> list[Analysis]:
    """Analyses a person should look at, the newest ticket first, below the id `before`."""
    query = _waiting(select(Analysis), session)
    if before is not None:
        query = query.where(Analysis.ticket_id < before)
    return list(await session.scalars(query.order_by(Analysis.ticket_id.desc()).limit(limit)))


async def list_open_for_review(session: AsyncSession, *, limit: int) -> list[int]:
    """Open tickets that wait for a person, the newest first."""
    query = _waiting(select(Analysis.ticket_id), session)
    return list(await session.scalars(query.order_by(Analysis.ticket_id.desc()).limit(limit)))


def _waiting(query: Select[Any], session: AsyncSession) -> Select[Any]:
    """Of tickets that wait for review, as every other list and count means it."""
    waits = func.waits_for_review(
        Analysis.need_admin,
        Analysis.state,
        Ticket.category_by,
        Ticket.status,
        Ticket.merged_into,
    )
    return query.join(
        Ticket,
        and_(Ticket.company_id == Analysis.company_id, Ticket.id == Analysis.ticket_id),
    ).where(Analysis.company_id == company_of(session), waits)


async def list_unfinished(
    session: AsyncSession, *, max_attempts: int, limit: int = 256
) -> list[int]:
    """Tickets whose analysis failed and is worth another try, or holds for now only."""
    rows = await session.scalars(
        select(Analysis.ticket_id)
        .where(
            Analysis.company_id == company_of(session),
            or_(
                and_(Analysis.state != "done", Analysis.attempts < max_attempts),
                and_(Analysis.state == "done", Analysis.error.is_not(None)),
            ),
        )
        .order_by(Analysis.ticket_id)
        .limit(limit)
    )
    return list(rows)


async def list_texts(session: AsyncSession, ticket_ids: Sequence[int]) -> list[TicketText]:
    """What triage reads of these tickets, by id."""
    rows = await session.execute(
        select(Ticket.id, Ticket.title, Ticket.description, Ticket.segment, Ticket.tags)
        .where(Ticket.company_id == company_of(session), Ticket.id.in_(ticket_ids))
        .order_by(Ticket.id)
    )
    return [
        TicketText(row.id, row.title, row.description, row.segment, tuple(row.tags)) for row in rows
    ]


async def get_profile(session: AsyncSession) -> Profile:
    """What triage goes by here: lists, languages, switches; the model is added by `Engines`."""
    company = await get_company(session)
    categories = await list_categories(session)
    threshold = company.settings.get(EXPLICIT_THRESHOLD, DEFAULT_THRESHOLD)
    return Profile(
        company_id=company.id,
        categories={category.name: category.description for category in categories},
        languages=tuple(company.languages) or ("en",),
        threshold=float(threshold),
        auto_categorize=company.auto_categorize,
        auto_prioritize=company.auto_prioritize,
        auto_assign=company.auto_assign,
        first_names=first_names(company.settings),
    )


async def get_teams(session: AsyncSession) -> Teams:
    """The company's teams as tickets are compared with them; the model is added by `Engines`."""
    settings = (await get_company(session)).settings
    return Teams(
        described={
            team.id: describe(team.name, team.category, team.description)
            for team in await list_teams(session)
        },
        threshold=float(settings.get(TEAM_EXPLICIT_THRESHOLD, TEAM_THRESHOLD)),
    )


async def get_model_threshold(session: AsyncSession, version: int, field: str = CATEGORY) -> float:
    """From which confidence on this version's answers are filled in (docs/decisions/0113).

    What the company set itself wins; else what keeps the share of wrong answers it wants.
    """
    settings = (await get_company(session)).settings
    by_hand = TEAM_EXPLICIT_THRESHOLD if field == TEAM else EXPLICIT_THRESHOLD
    if by_hand in settings:
        return float(settings[by_hand])
    thresholds = await session.scalar(
        select(TriageModel.thresholds).where(
            TriageModel.company_id == company_of(session),
            TriageModel.field == field,
            TriageModel.version == version,
        )
    )
    return threshold_keeping(thresholds or {}, float(settings.get(MAX_ERROR, DEFAULT_MAX_ERROR)))


def threshold_keeping(thresholds: Mapping[str, float], max_error: float) -> float:
    """The lowest confidence of which it was shown that answers from it on keep this share of wrong
    ones; where nothing was shown, every single answer must be that sure. Never below the usual.

    thresholds: a share, as text, to a confidence.
    """
    shown = [found for error, found in thresholds.items() if float(error) <= max_error]
    return max(DEFAULT_THRESHOLD, min(shown, default=1 - max_error))


async def current_version(
    session: AsyncSession, field: str = CATEGORY, *, least_examples: int = 0
) -> int | None:
    """The version of the model in use, if one was trained, from so many examples at least."""
    found: int | None = await session.scalar(
        select(TriageModel.version).where(
            TriageModel.company_id == company_of(session),
            TriageModel.field == field,
            TriageModel.state == "current",
            TriageModel.examples >= least_examples,
        )
    )
    return found


async def get_model(session: AsyncSession, version: int, field: str = CATEGORY) -> TriageModel:
    """A trained model with its bytes."""
    found = await session.scalars(
        select(TriageModel)
        .options(undefer(TriageModel.model))
        .where(
            TriageModel.company_id == company_of(session),
            TriageModel.field == field,
            TriageModel.version == version,
        )
    )
    return found.one()
