"""What the knowledge proposes for a ticket, what a person says solved it, and spec 4's /rag/solution."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field, StringConstraints

from ticketyard.core.shapes import Body, MaybeLine, RowId, Words
from ticketyard.knowledge.answering.answer import Answer
from ticketyard.knowledge.answering.answering import answer_question
from ticketyard.knowledge.answering.queries import Solution, find_solution
from ticketyard.knowledge.answering.writing_down import MAX_STEPS, STEP_MAX, write_solution
from ticketyard.knowledge.retrieving.asked import Asked, Narrow
from ticketyard.people.errors import CompanyNotFound
from ticketyard.web.deps import Acting, Parts, Session, VisibleTicket, may
from ticketyard.web.rag_door import RagActing, rag_may, visible_to

router = APIRouter(tags=["knowledge"])

DESCRIPTION_MAX = 1_000_000


class StepOut(BaseModel):
    """One step, and the words of the document it stands on."""

    order: int = Field(examples=[1])
    text: str = Field(examples=["Open the rear tray."])
    citation: str = Field(examples=["[article:5d0f…#5d0f…-0]"])
    quote: str
    title: str
    file_id: str
    visibility: Literal["internal", "public"] = Field(
        description="Who may read the document. Words of an internal one are for agents."
    )


class HumanStepOut(BaseModel):
    """One step as a person wrote it."""

    order: int
    text: str


class TicketSolutionOut(BaseModel):
    """Proposed steps whose proof stands to this moment, and a person's own.

    state `none`: nobody looked yet; needs_human: there is nothing that could be sent.
    """

    ticket_id: int
    state: Literal["none", "waiting", "done", "failed"]
    solution_steps: list[StepOut]
    solution_confidence: float
    needs_human: bool
    engine: str = Field(examples=["extractive"])
    proposed_at: datetime | None
    human_solution_steps: list[HumanStepOut]
    human_solved_by: str | None
    human_solved_at: datetime | None

    @classmethod
    def of(cls, ticket_id: int, found: Solution | None) -> "TicketSolutionOut":
        """The solution in the words of contracts 4.2."""
        found = found or Solution(ticket_id, "none", (), 0.0, "", None)
        return cls.model_validate(
            {
                "ticket_id": ticket_id,
                "state": found.state,
                "solution_steps": [
                    {
                        "order": order,
                        "text": each.step.text,
                        "citation": str(each.step.citation),
                        "quote": each.step.quote,
                        "title": each.title,
                        "file_id": each.file_id,
                        "visibility": "public" if each.is_public else "internal",
                    }
                    for order, each in enumerate(found.steps, 1)
                ],
                "solution_confidence": found.confidence,
                "needs_human": found.needs_human,
                "engine": found.engine,
                "proposed_at": found.proposed_at,
                "human_solution_steps": [
                    {"order": order, "text": text}
                    for order, text in enumerate(found.human_steps, 1)
                ],
                "human_solved_by": found.human_by,
                "human_solved_at": found.human_at,
            }
        )


class SolutionIn(Body):
    """How the ticket is solved, step by step."""

    steps: list[Annotated[Words, StringConstraints(min_length=1, max_length=STEP_MAX)]] = Field(
        min_length=1,
        max_length=MAX_STEPS,
        examples=[["Open the rear tray.", "Pull the paper out."]],
    )


class SolutionContextIn(Body):
    """What is known of the ticket already."""

    category: MaybeLine = Field(None, examples=["printer"])
    priority: MaybeLine = Field(None, examples=["low"])


class RagSolutionIn(Body):
    """A ticket's text, to be answered at once."""

    ticket_description: Annotated[
        Words, StringConstraints(min_length=1, max_length=DESCRIPTION_MAX)
    ] = Field(examples=["The printer on floor 3 reports a paper jam."])
    context: SolutionContextIn = Field(default_factory=SolutionContextIn)
    company_id: RowId = Field(examples=[1])


class SourceOut(BaseModel):
    """A piece that a step stands on."""

    source_type: Literal["file", "article", "ticket"]
    source_id: str
    chunk_id: str
    score: float


class RagSolutionOut(BaseModel):
    """Steps, each ending with its citation; without any a person is needed."""

    mode: Literal["solution"] = "solution"
    steps: list[str]
    confidence: float
    sources: list[SourceOut]
    needs_human: bool

    @classmethod
    def of(cls, answer: Answer) -> "RagSolutionOut":
        """The answer in the shape of contracts 4.5."""
        return cls.model_validate(
            {
                "steps": list(map(str, answer.steps)),
                "confidence": answer.confidence,
                "sources": [
                    {
                        "source_type": source.citation.source_type,
                        "source_id": source.citation.source_id,
                        "chunk_id": source.citation.chunk_id,
                        "score": round(source.score, 4),
                    }
                    for source in answer.sources
                ],
                "needs_human": answer.needs_human,
            }
        )


@router.post(
    "/rag/solution", response_model=RagSolutionOut, dependencies=[rag_may("knowledge:read_public")]
)
async def post_rag_solution(body: RagSolutionIn, by: RagActing, resources: Parts) -> RagSolutionOut:
    """Steps that solve a ticket, each with its proof, or none."""
    if body.company_id != by.company_id:
        raise CompanyNotFound("Company not found.", error="Company not found.")
    asked = Asked(
        body.ticket_description,
        Narrow(visible_to(by)),
        likely_category=body.context.category,
    )
    return RagSolutionOut.of(await answer_question(resources, by.company_id, asked))


@router.get(
    "/api/tickets/{ticket_id}/solution",
    response_model=TicketSolutionOut,
    dependencies=[may("knowledge:read")],
)
async def get_ticket_solution(ticket: VisibleTicket, session: Session) -> TicketSolutionOut:
    """What is proposed for a ticket, as far as its proof still stands, and what a person wrote."""
    return TicketSolutionOut.of(ticket.id, await find_solution(session, ticket.id))


@router.put(
    "/api/tickets/{ticket_id}/solution",
    response_model=TicketSolutionOut,
    dependencies=[may("tickets:write")],
)
async def put_ticket_solution(
    ticket: VisibleTicket, body: SolutionIn, session: Session, by: Acting
) -> TicketSolutionOut:
    """Write down how the ticket is solved, in place of what a person wrote before."""
    await write_solution(session, ticket_id=ticket.id, steps=body.steps, by=by)
    return TicketSolutionOut.of(ticket.id, await find_solution(session, ticket.id))
