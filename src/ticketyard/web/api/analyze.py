"""Spec 4's analyse call: what a text is about, at once, without a ticket."""

from collections import defaultdict
from collections.abc import Callable, Coroutine
from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field

from ticketyard.core.shapes import Body, RowId
from ticketyard.people.errors import CompanyNotFound
from ticketyard.triage.answering import Answer, answer_description
from ticketyard.triage.engines import Engines
from ticketyard.triage.learning.counting import count_analyses
from ticketyard.web.deps import Acting, Parts, may
from ticketyard.web.errors import field_problems, problem


class _FieldErrors(APIRoute):
    """Here a malformed body is answered with 400 and a list for each field (contracts 4.6)."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The usual handler, with that answer."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError as error:
                return _refusal(error)

        return answer


def _refusal(error: RequestValidationError) -> Response:
    problems = field_problems(error)
    fields: dict[str, list[str]] = defaultdict(list)
    for each in problems:
        if each["path"] in AnalyseIn.model_fields:
            fields[each["path"]].append(each["problem"])
    names = ", ".join(dict.fromkeys(each["path"] for each in problems))
    detail = f"Cannot be used as it is: {names[:500]}."
    return problem(400, detail, "Malformed request", {**fields, "errors": problems[:100]})


router = APIRouter(prefix="/api", tags=["triage"], route_class=_FieldErrors)


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
