"""Solutions: what can be done about tickets of a category, and how well that works."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from ticketyard.core.shapes import Body, Line, RowId
from ticketyard.triage.resolving.actions import Actions
from ticketyard.triage.resolving.deciding import rank_solutions
from ticketyard.triage.resolving.models import Solution
from ticketyard.triage.resolving.queries import get_solution, list_records, list_solutions
from ticketyard.triage.resolving.ranking import Candidate, Record, expected_success
from ticketyard.triage.resolving.solutions import (
    STEPS_MAX,
    SolutionDraft,
    add_solution,
    change_solution,
    delete_solution,
)
from ticketyard.web.deps import Acting, Parts, Session, VisibleTicket, may
from ticketyard.web.idempotency import IdempotentRoute

router = APIRouter(prefix="/api", tags=["automation"], route_class=IdempotentRoute)

Kind = Literal[
    "manual_steps",
    "automated_script",
    "escalation_required",
    "self_service_link",
    "knowledge_article",
]
State = Literal["draft", "active", "archived"]
Steps = Annotated[
    list[Annotated[str, Field(max_length=1000)]],
    Field(max_length=STEPS_MAX, examples=[["Open the page below.", "Choose a new password."]]),
]
Parameters = Annotated[
    dict[
        Annotated[str, Field(max_length=50)],
        Annotated[str, Field(max_length=500)],
    ],
    Field(max_length=20, examples=[{}]),
]
Link = Annotated[Line, Field(max_length=2000, examples=["https://password.north.example/"])]


class SolutionIn(Body):
    """A new solution. Only an active one is proposed, and used by a machine."""

    title: Line = Field(min_length=1, max_length=200, examples=["Reset your password"])
    category: Line = Field(min_length=1, max_length=100, examples=["password_reset"])
    kind: Kind = Field(examples=["self_service_link"])
    description: str = Field("", max_length=4000)
    steps: Steps = Field(default=[])
    link: Link | None = None
    action: Line | None = Field(None, max_length=50, description="Of an automated script.")
    parameters: Parameters = Field(default={})
    success_rate: float = Field(
        0.5, ge=0, le=1, description="What you expect; outcomes move it.", examples=[0.95]
    )
    minutes: int = Field(15, ge=1, le=10_080, description="How long it takes.", examples=[5])
    state: State = "draft"


class SolutionPatch(Body):
    """What shall be different; the rest stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"state": "active", "version": 1}]})

    title: Line | None = Field(None, min_length=1, max_length=200)
    category: Line | None = Field(None, min_length=1, max_length=100)
    kind: Kind | None = None
    description: str | None = Field(None, max_length=4000)
    steps: Steps | None = None
    link: Link | None = None
    action: Line | None = Field(None, max_length=50)
    parameters: Parameters | None = None
    success_rate: float | None = Field(None, ge=0, le=1)
    minutes: int | None = Field(None, ge=1, le=10_080)
    state: State | None = None
    version: RowId | None = Field(None, description="The solution's version as you saw it.")


class SolutionOut(BaseModel):
    """A solution and what came of it. settled: outcomes that are known; confidence: what its writer
    expects, moved by them."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    title: str
    category: str
    kind: Kind
    description: str
    steps: list[str]
    link: str | None
    action: str | None
    parameters: dict[str, str]
    success_rate: float
    minutes: int
    state: State
    version: int
    created_at: datetime
    updated_at: datetime
    settled: int = 0
    successes: int = 0
    confidence: float = 0.0


class RankedOut(BaseModel):
    """A solution for a ticket, with how sure it works and by what it is ranked."""

    model_config = ConfigDict(from_attributes=True)

    solution_id: int
    title: str
    kind: Kind
    confidence: float
    score: float
    action: str | None
    link: str | None


@router.get("/solutions", response_model=list[SolutionOut], dependencies=[may("tickets:read")])
async def get_solutions(
    session: Session, category: Line | None = None, state: State | None = None
) -> list[SolutionOut]:
    """Every solution, the first first, with what came of it."""
    records = await list_records(session)
    found = await list_solutions(session, category=category, state=state)
    return [_out(each, records.get(each.id)) for each in found]


@router.post(
    "/solutions",
    response_model=SolutionOut,
    status_code=201,
    dependencies=[may("settings:manage")],
)
async def post_solution(
    body: SolutionIn, session: Session, by: Acting, resources: Parts
) -> SolutionOut:
    """Write a solution. One that says what another of the category says is refused."""
    draft = SolutionDraft(**body.model_dump())
    solution = await add_solution(session, draft, actions=resources.part(Actions), by=by)
    await session.refresh(solution)
    return _out(solution, None)


@router.get(
    "/solutions/{solution_id}", response_model=SolutionOut, dependencies=[may("tickets:read")]
)
async def get_one_solution(solution_id: RowId, session: Session) -> SolutionOut:
    """One solution with what came of it."""
    solution = await get_solution(session, solution_id)
    return _out(solution, (await list_records(session)).get(solution_id))


@router.patch(
    "/solutions/{solution_id}", response_model=SolutionOut, dependencies=[may("settings:manage")]
)
async def patch_solution(
    solution_id: RowId, body: SolutionPatch, session: Session, by: Acting, resources: Parts
) -> SolutionOut:
    """Change a solution, switch it on, or put it away. `link` and `action` may be set to null."""
    given = body.model_dump(exclude_unset=True, exclude={"version"})
    empties = {"link", "action"}
    solution = await change_solution(
        session,
        solution_id=solution_id,
        changes={
            name: value for name, value in given.items() if value is not None or name in empties
        },
        version=body.version,
        actions=resources.part(Actions),
        by=by,
    )
    return _out(solution, (await list_records(session)).get(solution_id))


@router.delete("/solutions/{solution_id}", status_code=204, dependencies=[may("settings:manage")])
async def delete_one_solution(solution_id: RowId, session: Session, by: Acting) -> None:
    """Forget a solution; what it resolved stays resolved."""
    await delete_solution(session, solution_id=solution_id, by=by)


@router.get(
    "/tickets/{ticket_id}/solutions",
    response_model=list[RankedOut],
    dependencies=[may("tickets:read")],
)
async def get_ticket_solutions(ticket: VisibleTicket, session: Session) -> list[Candidate]:
    """The active solutions for a ticket's category, the best first."""
    return await rank_solutions(session, ticket.category, ticket.priority)


def _out(solution: Solution, record: Record | None) -> SolutionOut:
    known = record or Record()
    return SolutionOut.model_validate(solution).model_copy(
        update={
            "settled": known.settled,
            "successes": known.successes,
            "confidence": round(expected_success(solution.success_rate, known), 4),
        }
    )
