"""How well a company's triage would file texts whose category is known."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, File, Form, UploadFile
from pydantic import BaseModel, ConfigDict, Field

from ticketyard.triage.errors import BadExamples
from ticketyard.triage.learning.evaluating import Evaluation
from ticketyard.triage.learning.examples import parse_examples
from ticketyard.triage.learning.trying_out import try_out
from ticketyard.web.deps import Acting, Parts, may

router = APIRouter(prefix="/api/triage", tags=["triage"])

EVALUATED_MOST = 2_000
"""Some ten seconds' work; the command line takes any number."""

EVALUATION_MAX_BYTES = 10 * 1024 * 1024


class FiguresOut(BaseModel):
    """Shares from 0 to 1. `coverage` could be filled in at 3 % wrong, from `coverage_threshold` on."""

    model_config = ConfigDict(from_attributes=True)

    texts: int
    accuracy: float = Field(examples=[0.914])
    calibration_error: float = Field(description="Expected calibration error, 15 bins.")
    filled_in: float
    wrong_filled_in: float
    coverage: float
    coverage_threshold: float


class LabelResultOut(BaseModel):
    """One category of the file: how many texts it has, and how many of them were found."""

    model_config = ConfigDict(from_attributes=True)

    label: str
    texts: int
    found: int


class EvaluationOut(FiguresOut):
    """The figures of all texts. `taught` of them the model in use was taught, or copies of them: look
    at `untaught`, the figures of the others. `unknown` bear a label that is no category here."""

    engines: list[str]
    taught: int
    untaught: FiguresOut | None
    unknown: int
    unknown_labels: list[str]
    labels: list[LabelResultOut] = Field(description="The worst found first.")


@router.post(
    "/evaluation",
    response_model=EvaluationOut,
    dependencies=[may("triage:train")],
    max_body_size=EVALUATION_MAX_BYTES,
)
async def post_evaluation(
    by: Acting,
    resources: Parts,
    file: Annotated[UploadFile, File(description="CSV: a text and a label column.")],
    text_column: Annotated[str | None, Form(max_length=200)] = None,
    label_column: Annotated[str | None, Form(max_length=200)] = None,
) -> Evaluation:
    """Say how well tickets like these would be filed; nothing is kept or changed."""
    data = await file.read()
    examples = await asyncio.to_thread(
        parse_examples, data, text_column=text_column, label_column=label_column
    )
    if len(examples) > EVALUATED_MOST:
        raise BadExamples(
            f"At most {EVALUATED_MOST} texts are tried at once; `ticketyard triage evaluate` takes"
            " any number."
        )
    return await try_out(resources, by.company_id, examples)
