"""How triage learns: trainings, versions of the model, what is held back, and the settings of it."""

import asyncio
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from typing import Annotated, Any, Literal
from uuid import uuid4

from fastapi import APIRouter, File, Form, Query, Request, UploadFile
from pydantic import BaseModel, ConfigDict, Field

from ticketyard.core.shapes import Body, RowId
from ticketyard.triage.engines import Engines
from ticketyard.triage.errors import BadExamples
from ticketyard.triage.learning.counting import LearningRules
from ticketyard.triage.learning.deciding import accept_examples, dismiss_examples
from ticketyard.triage.learning.errors import TrainingUnderWay
from ticketyard.triage.learning.examples import parse_examples
from ticketyard.triage.learning.models import ExampleAside, TrainingRun
from ticketyard.triage.learning.queries import (
    find_count,
    find_shadow_report,
    list_aside,
    list_trainings,
    list_versions,
)
from ticketyard.triage.learning.runs import ExamplesFile, ask_for_training
from ticketyard.triage.learning.setting import (
    LEAST_ERROR,
    MOST_ERROR,
    get_learning_settings,
    set_learning_settings,
)
from ticketyard.triage.learning.versions import REASON_MAX, RULES, promote_version, roll_back
from ticketyard.triage.models import TriageModel
from ticketyard.web.deps import Acting, Parts, Session, may

router = APIRouter(prefix="/api/triage", tags=["triage"])

TRAINING_MAX_BYTES = 50 * 1024 * 1024

LearnedField = Annotated[
    Literal["category", "team"], Query(alias="field", description="What the model says.")
]


class ModelOut(BaseModel):
    """One version. `verdict` is how it was judged against the one before it; `problem` says why it
    cannot be read here, if it cannot."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    version: int
    field: str
    state: Literal["candidate", "shadow", "current", "retired", "rejected"]
    parent: int | None
    labels: list[str]
    examples: int
    metrics: dict[str, Any]
    thresholds: dict[str, float]
    verdict: dict[str, Any]
    origin: str
    is_current: bool
    trained_by: str
    trained_at: datetime
    promoted_by: str | None
    promoted_at: datetime | None
    problem: str | None = None


class TrainingAskedOut(BaseModel):
    """A training is queued; without a file it learns from what people filed and corrected."""

    queued: Literal[True] = True
    training_id: int = Field(examples=[12])
    learns_from: Literal["csv", "history"]
    examples: int | None = Field(None, description="Rows of the file that can be learned from.")
    labels: int | None = None


class TrainingOut(BaseModel):
    """One training, as far as it is. `fresh` examples are those the model in use was not taught."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    field: str
    cause: Literal["asked", "count", "timetable", "csv"]
    state: Literal[
        "waiting", "running", "promoted", "shadow", "rejected", "refused", "failed", "abandoned"
    ]
    stage: str = Field(examples=["judging"])
    progress: float = Field(examples=[0.6])
    reason: str
    is_forced: bool
    version: int | None
    examples: int
    fresh: int
    aside: int
    by_name: str
    asked_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


class RollbackIn(Body):
    """Where to go back to: a version, `rules` for none of them, or nothing for what answered before
    the present one: the version it came from, and rules where it is the first."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"field": "category", "reason": "It sorts too boldly."}]}
    )

    to: RowId | Literal["rules"] | None = None
    field: Literal["category", "team"] = "category"
    reason: str = Field("", max_length=REASON_MAX)


class AsideOut(BaseModel):
    """An example that is not learned, because it contradicts what is known; `says` is the label that
    texts like it bear."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    field: str
    content: str
    label: str
    says: str | None
    certainty: float | None
    reason: str
    state: Literal["aside", "accepted", "dismissed"]
    ticket_id: int | None
    by_name: str
    set_aside_at: datetime
    decided_by: str | None


class DecisionIn(Body):
    """Which examples the next training may learn after all, or which none ever may."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"example_ids": [1], "decision": "accept"}]}
    )

    example_ids: list[RowId] = Field(min_length=1, max_length=500)
    decision: Literal["accept", "dismiss"]


class ShadowOut(BaseModel):
    """The version in the shadow beside the one in use, on tickets that people judged."""

    model_config = ConfigDict(from_attributes=True)

    version: int
    tickets: int
    judged: int
    right: int
    current_right: int


class LearningIn(Body):
    """What is to change; what is left out stays. A threshold set by hand counts instead of `max_error`,
    and `null` takes it away."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"max_error": 0.05}]})

    max_error: float = Field(0.03, ge=LEAST_ERROR, le=MOST_ERROR)
    threshold: float | None = Field(None, ge=0, le=1)
    shadow: bool = False


class LearningOut(BaseModel):
    """How a company learns: what it decided, how far the count is, how the shadow does."""

    max_error: float = Field(examples=[0.03])
    threshold: float | None
    shadow: bool
    analyses: int = Field(description="Since a training was last called for by their number.")
    analyses_needed: int = Field(examples=[100])
    note: str = Field(description="What came of the last time the number was reached.")
    in_shadow: ShadowOut | None


@router.get("/models", response_model=list[ModelOut], dependencies=[may("tickets:read")])
async def get_models(
    session: Session,
    resources: Parts,
    field: Annotated[Literal["category", "team"] | None, Query()] = None,
    before: Annotated[RowId | None, Query(description="Only with a lower id.")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 100,
) -> list[ModelOut]:
    """Versions with their quality on texts held out of their training, the newest first."""
    embedder = resources.part(Engines).embedder.name
    return [
        ModelOut.model_validate(each.model).model_copy(update={"problem": each.problem})
        for each in await list_versions(
            session, embedder=embedder, field=field, before=before, limit=limit
        )
    ]


@router.post(
    "/models/{model_version}/promote",
    response_model=ModelOut,
    dependencies=[may("triage:train")],
)
async def post_promotion(
    model_version: RowId,
    session: Session,
    resources: Parts,
    by: Acting,
    field: LearnedField = "category",
) -> TriageModel:
    """Put a version in use, one in the shadow or an earlier one."""
    embedder = resources.part(Engines).embedder
    return await promote_version(
        session, version=model_version, field=field, by=by, embedder=embedder
    )


@router.post("/rollback", response_model=ModelOut | None, dependencies=[may("triage:train")])
async def post_rollback(
    body: RollbackIn, session: Session, resources: Parts, by: Acting
) -> TriageModel | None:
    """Go back to an earlier version, or to the rules: the answer is `null` then."""
    embedder = resources.part(Engines).embedder
    to = RULES if body.to == "rules" else body.to
    return await roll_back(
        session, to=to, field=body.field, by=by, embedder=embedder, reason=body.reason
    )


@router.get("/trainings", response_model=list[TrainingOut], dependencies=[may("tickets:read")])
async def get_trainings(
    session: Session,
    before: Annotated[RowId | None, Query(description="Only earlier ones.")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 25,
) -> list[TrainingRun]:
    """Trainings, the newest first, with their progress or how they ended."""
    return await list_trainings(session, before=before, limit=limit)


@router.post(
    "/training",
    response_model=TrainingAskedOut,
    status_code=202,
    dependencies=[may("triage:train")],
    max_body_size=TRAINING_MAX_BYTES,
)
async def post_training(
    request: Request,
    session: Session,
    by: Acting,
    resources: Parts,
    file: Annotated[
        UploadFile | None,
        File(description="CSV: a text and a label column.", examples=["train.csv"]),
    ] = None,
    text_column: Annotated[str | None, Form(max_length=200)] = None,
    label_column: Annotated[str | None, Form(max_length=200)] = None,
    anyway: Annotated[
        bool, Form(description="Put it in use even if it is judged to be worse.")
    ] = False,
    field: Annotated[
        Literal["category", "team"],
        Form(description="What it learns to tell; teams are learned from tickets alone."),
    ] = "category",
) -> TrainingAskedOut:
    """Teach the company's model in the background, from a CSV file too if one is sent."""
    if request.headers.get("content-type", "").startswith("application/json"):
        raise BadExamples("Send a form, or nothing at all: a body of JSON is not read.")
    if file is None:
        run = await ask_for_training(session, by=by, field=field, is_forced=anyway)
        return TrainingAskedOut(training_id=run.id, learns_from="history")
    if field == "team":
        raise BadExamples("Teams are learned from tickets alone, not from a file.")
    data = await file.read()
    # Beside the event loop: fifty megabytes take a second or two.
    examples = await asyncio.to_thread(
        parse_examples, data, text_column=text_column, label_column=label_column
    )
    key = await resources.blobs.put_file(by.company_id, f"training/{uuid4()}", BytesIO(data))
    kept = ExamplesFile(key, text_column, label_column)
    try:
        run = await ask_for_training(session, by=by, cause="csv", file=kept, is_forced=anyway)
    except TrainingUnderWay:
        await resources.blobs.delete(key)
        raise
    return TrainingAskedOut(
        training_id=run.id,
        learns_from="csv",
        examples=len(examples),
        labels=len({example.label for example in examples}),
    )


@router.get("/aside", response_model=list[AsideOut], dependencies=[may("triage:train")])
async def get_aside(
    session: Session,
    state: Annotated[Literal["aside", "accepted", "dismissed"], Query()] = "aside",
    before: Annotated[RowId | None, Query(description="Only earlier ones.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> list[ExampleAside]:
    """Examples that are held back because they contradict what is known."""
    return await list_aside(session, state=state, before=before, limit=limit)


@router.post("/aside/decisions", status_code=204, dependencies=[may("triage:train")])
async def post_aside_decisions(body: DecisionIn, session: Session, by: Acting) -> None:
    """Let examples that were held back be learned, or never."""
    decide = accept_examples if body.decision == "accept" else dismiss_examples
    await decide(session, body.example_ids, by=by)


@router.get("/learning", response_model=LearningOut, dependencies=[may("tickets:read")])
async def get_learning(session: Session, resources: Parts) -> LearningOut:
    """How this company's triage learns."""
    count = await find_count(session)
    shadow = await find_shadow_report(session)
    return LearningOut(
        **vars(await get_learning_settings(session)),
        analyses=count.analyses if count else 0,
        analyses_needed=resources.part(LearningRules).threshold,
        note=count.note if count else "",
        in_shadow=ShadowOut.model_validate(shadow) if shadow else None,
    )


@router.patch("/learning", response_model=LearningOut, dependencies=[may("settings:manage")])
async def patch_learning(
    body: LearningIn, session: Session, by: Acting, resources: Parts
) -> LearningOut:
    """Decide how often triage may be wrong, and whether new versions are tried without effect first."""
    wanted = replace(await get_learning_settings(session), **body.model_dump(exclude_unset=True))
    await set_learning_settings(session, wanted, by=by)
    return await get_learning(session, resources)
