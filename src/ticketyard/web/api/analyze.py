"""Spec 4's analyse call: what a text is about, at once, without a ticket."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from ticketyard.core.shapes import Body, RowId
from ticketyard.people.errors import CompanyNotFound
from ticketyard.triage.answering import Answer, answer_description
from ticketyard.triage.engines import Engines
from ticketyard.triage.learning.counting import count_analyses
from ticketyard.web.deps import Acting, Parts, may
from ticketyard.web.field_errors import FieldErrors

router = APIRouter(prefix="/api", tags=["triage"], route_class=FieldErrors)


class AnalyseIn(Body):
    """A text to be understood at once."""

    description: str = Field(
        min_length=1, max_length=1_000_000, examples=["My laptop does not start since this morning"]
    )
    company_id: RowId = Field(examples=[1])


class TeamAssignmentOut(BaseModel):
    """The team, where one is like the text enough; else a person decides (`need_admin`)."""

    assigned_team_id: int | None = Field(examples=[3])
    need_admin: bool
    bert_category: str = Field(examples=["Hardware"])
    bert_confidence: float = Field(examples=[0.75])
    similarity_score: float = Field(examples=[0.41])


class AnalyseOut(BaseModel):
    """Spec 4's answer. `back` and `low` with `need_admin` mean that the analysis failed."""

    category: str = Field(examples=["request"])
    priority: Literal["low", "medium", "high"]
    team_assignment: TeamAssignmentOut

    @classmethod
    def of(cls, answer: Answer) -> "AnalyseOut":
        """The answer in the shape of contracts 4.6."""
        return cls.model_validate(
            {
                "category": answer.kind,
                "priority": answer.priority,
                "team_assignment": {
                    "assigned_team_id": answer.team.team_id,
                    "need_admin": answer.need_admin,
                    "bert_category": answer.topic,
                    "bert_confidence": answer.topic_confidence,
                    "similarity_score": answer.team.similarity,
                },
            }
        )


@router.post(
    "/analyze",
    response_model=AnalyseOut,
    responses={400: {"description": "Field errors: a list of what is wrong for each field."}},
    dependencies=[may("tickets:create")],
)
async def post_analyze(body: AnalyseIn, by: Acting, resources: Parts) -> AnalyseOut:
    """Say what a text is about, without opening a ticket."""
    if body.company_id != by.company_id:
        raise CompanyNotFound("Company not found.", error="Company not found.")
    answer = await answer_description(
        resources.db, by.company_id, body.description, resources.part(Engines)
    )
    await count_analyses(resources, by.company_id, 1)
    return AnalyseOut.of(answer)
