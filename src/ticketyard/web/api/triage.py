"""What triage found, correcting it, and teaching it."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from ticketyard.core.shapes import Body, RowId
from ticketyard.tickets.models import Ticket
from ticketyard.triage.correcting import correct_category, correct_team
from ticketyard.triage.models import Analysis
from ticketyard.triage.queries import get_analysis, list_for_review
from ticketyard.web.deps import Acting, Session, VisibleTicket, may

router = APIRouter(prefix="/api", tags=["triage"])

TRAINING_MAX_BYTES = 50 * 1024 * 1024


class AnalysisOut(BaseModel):
    """What triage found about a ticket; `evidence` names the words that counted."""

    model_config = ConfigDict(from_attributes=True)

    ticket_id: int
    state: Literal["pending", "done", "failed"]
    category: str | None = Field(examples=["printer"])
    category_confidence: float | None
    category_ranking: list[tuple[str, float]]
    priority: str | None
    priority_confidence: float | None
    urgency: int | None
    sentiment: str | None
    sentiment_score: float | None
    language: str | None = Field(examples=["ENG"])
    language_confidence: float | None
    summary: str
    confidence: float
    need_admin: bool
    kind: Literal["request", "complaint", "feedback"] | None
    topic: str | None = Field(description="One of spec 4's eight.", examples=["Hardware"])
    topic_confidence: float | None
    team_id: int | None = Field(description="The likeliest team; filled in where sure.")
    team_confidence: float | None
    team_similarity: float | None = Field(description="Likeness to the team's description.")
    team_by: Literal["description", "history", "none"]
    team_is_sure: bool
    keywords: list[str] = Field(examples=[["printer", "floor"]])
    urgency_level: Literal["immediate", "same_day", "next_day", "scheduled"] | None
    engine: str = Field(examples=["rules"])
    model_version: int | None
    evidence: dict[str, list[str]]
    analysed_at: datetime | None


class CategoryIn(Body):
    """One of the company's categories."""

    category: str = Field(min_length=1, max_length=100, examples=["printer"])
    version: RowId | None = Field(None, description="The ticket's version as you saw it.")


class CategoryOut(BaseModel):
    """The ticket's filing after the correction."""

    ticket_id: int
    category: str | None
    category_by: str
    version: int


class TeamIn(Body):
    """One of the company's teams."""

    team_id: RowId = Field(examples=[3])
    version: RowId | None = Field(None, description="The ticket's version as you saw it.")


class TeamOut(BaseModel):
    """The ticket's team after the correction."""

    ticket_id: int
    team_id: int | None
    team_by: str
    version: int


@router.get(
    "/tickets/{ticket_id}/analysis",
    response_model=AnalysisOut,
    dependencies=[may("tickets:read")],
)
async def get_ticket_analysis(ticket: VisibleTicket, session: Session) -> Analysis:
    """What triage found about a ticket, how sure it is, and why."""
    return await get_analysis(session, ticket.id)


@router.put(
    "/tickets/{ticket_id}/category",
    response_model=CategoryOut,
    dependencies=[may("triage:correct")],
)
async def put_category(
    ticket: VisibleTicket, body: CategoryIn, session: Session, by: Acting
) -> CategoryOut:
    """File a ticket under the right category; triage learns from it."""
    filed: Ticket = await correct_category(
        session, ticket_id=ticket.id, category=body.category, version=body.version, by=by
    )
    return CategoryOut(
        ticket_id=filed.id,
        category=filed.category,
        category_by=filed.category_by,
        version=filed.version,
    )


@router.put(
    "/tickets/{ticket_id}/team", response_model=TeamOut, dependencies=[may("triage:correct")]
)
async def put_team(ticket: VisibleTicket, body: TeamIn, session: Session, by: Acting) -> TeamOut:
    """Give a ticket to the right team; triage learns from it."""
    given = await correct_team(
        session, ticket_id=ticket.id, team_id=body.team_id, version=body.version, by=by
    )
    return TeamOut(
        ticket_id=given.id, team_id=given.team_id, team_by=given.team_by, version=given.version
    )


@router.get(
    "/triage/review", response_model=list[AnalysisOut], dependencies=[may("triage:correct")]
)
async def get_review(
    session: Session,
    before: Annotated[RowId | None, Query(description="Only tickets with a lower id.")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 25,
) -> list[Analysis]:
    """Open tickets that triage is not sure about and nobody filed, the newest first."""
    return await list_for_review(session, before=before, limit=limit)
