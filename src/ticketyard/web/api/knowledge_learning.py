"""What use teaches over HTTP: gaps, drafts of solved tickets, judgements, the ranking, deflection."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ticketyard.core.shapes import Body, RowId, Words
from ticketyard.knowledge.learning.deciding import dismiss_gap, reopen_gap, write_about_gap
from ticketyard.knowledge.learning.dismissing import dismiss_proposal
from ticketyard.knowledge.learning.following_up import measure_deflection
from ticketyard.knowledge.learning.judging import count_judged, judge_found
from ticketyard.knowledge.learning.models import UnansweredQuestion
from ticketyard.knowledge.learning.queries import (
    GapState,
    GapView,
    ProposalView,
    count_gaps,
    count_proposals,
    get_gap,
    list_examples,
    list_gaps,
    list_proposals,
)
from ticketyard.knowledge.learning.ranking_versions import list_rankings, use_ranking
from ticketyard.knowledge.retrieving.learning import QUESTIONS_MIN
from ticketyard.web.deps import Acting, Session, may
from ticketyard.web.idempotency import IdempotentRoute

router = APIRouter(prefix="/api/knowledge", tags=["knowledge"], route_class=IdempotentRoute)

Limit = Annotated[int, Query(ge=1, le=200)]
Offset = Annotated[int, Query(ge=0, le=2**31 - 1)]
EXAMPLES_LISTED = 3


class GapExampleOut(BaseModel):
    """How somebody put it; what is personal is struck out."""

    question: str
    language: str
    origin: Literal["chat", "rag_chat", "ticket", "search"]
    ticket_id: int | None
    asked_at: datetime


class GapOut(BaseModel):
    """A question that comes again and again without an answer.

    people: how many different people asked.  state: `writing` is an open one that has an article.
    article_id: the article that is written because of it, or that answers it.
    """

    id: int
    title: str
    state: GapState
    asked: int
    people: int
    languages: list[str]
    first_asked_at: datetime
    last_asked_at: datetime
    tried_at: datetime | None
    answered_at: datetime | None
    reopened: int = Field(description="How often it was asked in vain after it was answered.")
    article_id: str | None
    article_title: str
    examples: list[GapExampleOut]

    @classmethod
    def of(cls, view: GapView, examples: list[UnansweredQuestion]) -> "GapOut":
        """As it is told."""
        gap = view.gap
        told: dict[str, Any] = {
            name: getattr(gap, name) for name in cls.model_fields if hasattr(gap, name)
        }
        shown = [
            {name: getattr(each, name) for name in GapExampleOut.model_fields} for each in examples
        ]
        return cls.model_validate(
            told
            | {
                "state": view.state,
                "article_id": view.article_id,
                "article_title": view.article_title,
                "examples": shown,
            }
        )


class GapsOut(BaseModel):
    """One page of gaps, what most people ask first; counts: how many in each state."""

    items: list[GapOut]
    counts: dict[GapState, int]
    limit: int
    offset: int


class GapStateIn(Body):
    """What is to become of it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"state": "dismissed"}]})

    state: Literal["open", "dismissed"]


class ProposalTicketOut(BaseModel):
    """A solved ticket that says the same."""

    id: int
    number: str


class ProposalOut(BaseModel):
    """An article drafted of solved tickets. article_id: read, change and publish it as any other."""

    article_id: str
    title: str
    body: str
    category: str | None
    count: int = Field(description="Of how many tickets.")
    tickets: list[ProposalTicketOut]
    last_resolved_at: datetime

    @classmethod
    def of(cls, view: ProposalView) -> "ProposalOut":
        """As it is told."""
        return cls(
            article_id=str(view.document.file_id),
            title=view.document.title,
            body=view.document.body or "",
            category=view.document.category,
            count=view.count,
            tickets=[ProposalTicketOut(id=id, number=number) for id, number in view.tickets],
            last_resolved_at=view.last_resolved_at,
        )


class ProposalsOut(BaseModel):
    """One page of drafts, those of most tickets first."""

    items: list[ProposalOut]
    total: int
    limit: int
    offset: int


class JudgementIn(Body):
    """What somebody did with what was found for their question."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "question": "How do I clear a paper jam?",
                    "article_id": "593029e7-ee7f-4133-9fe6-ce881aba8da7",
                    "kind": "helpful",
                }
            ]
        }
    )

    question: Annotated[Words, StringConstraints(min_length=3, max_length=10_000)]
    article_id: Annotated[str, StringConstraints(max_length=64)]
    kind: Literal["opened", "helpful", "unhelpful"]


class RankingVersionOut(BaseModel):
    """before, after: mean reciprocal rank on questions left out of the teaching, as the program ranks and as
    this version does. kept_out: it was not better, and is not used."""

    version: int
    verdict: Literal["used", "kept_out"]
    questions: int
    before: float
    after: float
    learned_at: datetime
    is_in_use: bool
    chosen_by: str


class RankingOut(BaseModel):
    """in_use: the version that ranks; null for the one that comes with the program.

    judged: how many questions there are to learn from; needed: how many it takes.
    """

    in_use: int | None
    judged: int
    needed: int
    versions: list[RankingVersionOut]


class RankingIn(Body):
    """By what to rank from now on."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"version": None}]})

    version: Annotated[int, Field(ge=1, le=2**31 - 1)] | None


class DeflectionOut(BaseModel):
    """How many people were helped without a person.

    deflected / asked: the rate. asked counts everybody who asked in the period, also those whom nothing
    could answer. deflected is confirmed (they said that it helped) and quiet (answered, known to the desk,
    and not back about the same within seven days). The last seven days are too early to say.
    """

    since: datetime
    until: datetime
    asked: int
    deflected: int
    rate: float | None
    confirmed: int
    quiet: int
    returned: int
    not_helped: int
    unknown_person: int
    unanswered: int
    undecided: int
    too_early: int


@router.get("/gaps", dependencies=[may("knowledge:read")])
async def get_gaps(
    session: Session, state: GapState | None = None, limit: Limit = 50, offset: Offset = 0
) -> GapsOut:
    """What nobody could answer, what most people ask first."""
    views = await list_gaps(session, state=state, limit=limit, offset=offset)
    examples = await list_examples(session, [each.gap.id for each in views], each=EXAMPLES_LISTED)
    return GapsOut(
        items=[GapOut.of(each, examples[each.gap.id]) for each in views],
        counts=await count_gaps(session),
        limit=limit,
        offset=offset,
    )


@router.get("/gaps/{gap_id}", dependencies=[may("knowledge:read")])
async def get_one_gap(gap_id: RowId, session: Session) -> GapOut:
    """One of them, with more examples."""
    return await _gap(session, gap_id)


@router.put("/gaps/{gap_id}/state", dependencies=[may("knowledge:write")])
async def put_gap_state(gap_id: RowId, body: GapStateIn, session: Session, by: Acting) -> GapOut:
    """Dismiss it, or take it up again. It is answered by nothing but an article."""
    change = dismiss_gap if body.state == "dismissed" else reopen_gap
    await change(session, gap_id=gap_id, by=by)
    return await _gap(session, gap_id)


@router.post("/gaps/{gap_id}/article", status_code=201, dependencies=[may("knowledge:write")])
async def post_gap_article(gap_id: RowId, session: Session, by: Acting) -> GapOut:
    """Begin an article about it, as a draft. 409 where somebody has."""
    await write_about_gap(session, gap_id=gap_id, by=by)
    return await _gap(session, gap_id)


async def _gap(session: Session, gap_id: int) -> GapOut:
    view = await get_gap(session, gap_id)
    return GapOut.of(view, (await list_examples(session, [gap_id]))[gap_id])


@router.get("/proposals", dependencies=[may("knowledge:read")])
async def get_proposals(session: Session, limit: Limit = 50, offset: Offset = 0) -> ProposalsOut:
    """Articles drafted of solved tickets that nobody has decided on."""
    found = await list_proposals(session, limit=limit, offset=offset)
    return ProposalsOut(
        items=[ProposalOut.of(each) for each in found],
        total=await count_proposals(session),
        limit=limit,
        offset=offset,
    )


@router.delete("/proposals/{article_id}", status_code=204, dependencies=[may("knowledge:write")])
async def delete_proposal(article_id: str, session: Session, by: Acting) -> None:
    """Put it away; neither it nor anything like it is drafted again."""
    await dismiss_proposal(session, file_id=article_id, by=by)


@router.post("/judgements", status_code=204, dependencies=[may("knowledge:read_public")])
async def post_judgement(body: JudgementIn, session: Session, by: Acting) -> None:
    """Say that you opened what was found for a question, or whether it helped; the ranking learns of it."""
    await judge_found(
        session, file_id=body.article_id, question=body.question, kind=body.kind, by=by
    )


@router.get("/ranking", dependencies=[may("knowledge:read")])
async def get_ranking(session: Session) -> RankingOut:
    """By what pieces of knowledge are ranked, and every version that was learned."""
    return await _ranking(session)


@router.put("/ranking", dependencies=[may("knowledge:publish")])
async def put_ranking(body: RankingIn, session: Session, by: Acting) -> RankingOut:
    """Rank by another version; null goes back to what comes with the program."""
    await use_ranking(session, version=body.version, by=by)
    return await _ranking(session)


async def _ranking(session: Session) -> RankingOut:
    versions = await list_rankings(session)
    return RankingOut(
        in_use=next((each.version for each in versions if each.is_in_use), None),
        judged=await count_judged(session),
        needed=QUESTIONS_MIN,
        versions=[RankingVersionOut.model_validate(vars(each)) for each in versions],
    )


@router.get("/deflection", dependencies=[may("insights:read")])
async def get_deflection(
    session: Session, days: Annotated[int, Query(ge=1, le=365)] = 30
) -> DeflectionOut:
    """How many people were helped without a person: only who said so, or did not come back."""
    found = await measure_deflection(session, days=days)
    counted = {
        name: found.verdicts.get(name, 0)
        for name in ("confirmed", "quiet", "returned", "not_helped", "unknown_person", "unanswered")
    }
    return DeflectionOut(
        since=found.since,
        until=found.until,
        asked=found.asked,
        deflected=found.deflected,
        rate=found.rate,
        undecided=found.verdicts.get("waiting", 0),
        too_early=found.too_early,
        **counted,
    )
