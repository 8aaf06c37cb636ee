"""What a company's language model is asked about, and how that fares."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from ticketyard.ai.chat.model import ChatModel
from ticketyard.core.shapes import Body
from ticketyard.people.companies import set_settings
from ticketyard.triage.second_opinion.figures import opinion_figures
from ticketyard.triage.second_opinion.rules import SETTING, Asked, OpinionRules
from ticketyard.web.deps import Acting, Parts, Session, may

router = APIRouter(prefix="/api/triage", tags=["triage"])


class LanguageModelIn(Body):
    """What it is asked about."""

    asked_for: Annotated[
        Asked | None,
        Field(
            description="off: no ticket. unsure: those whose category is not sure. all: every one."
            " null: as the operator set it.",
            examples=["unsure"],
        ),
    ]


class LanguageModelOut(BaseModel):
    """model: its name; empty where none is configured, and nothing is asked.

    waiting to refused: questions, by what became of them.  problems: kind of trouble to how many
    questions wait or failed for it.  tokens_a_day: as many as may be used up; 0 is without limit.
    """

    model: str
    asked_for: Asked
    waiting: int
    done: int
    failed: int
    refused: int
    problems: dict[str, int]
    questions_today: int
    tokens_today: int
    tokens_a_day: int


@router.get("/language-model", response_model=LanguageModelOut, dependencies=[may("tickets:read")])
async def get_language_model(session: Session, resources: Parts) -> LanguageModelOut:
    """What the language model is asked about in this company, and what it used up today."""
    rules = resources.part(OpinionRules)
    return LanguageModelOut(
        **vars(await opinion_figures(session, rules)),
        model=resources.part(ChatModel).name,
        tokens_a_day=rules.tokens_a_day,
    )


@router.put(
    "/language-model", response_model=LanguageModelOut, dependencies=[may("settings:manage")]
)
async def put_language_model(
    body: LanguageModelIn, session: Session, by: Acting, resources: Parts
) -> LanguageModelOut:
    """Decide which of this company's tickets the language model is asked about."""
    await set_settings(session, by=by, **{SETTING: body.asked_for})
    return await get_language_model(session, resources)
