"""Spec 4's retrieval: is it there, and which pieces of knowledge answer a question."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, StringConstraints

from ticketyard.core.auth import Principal
from ticketyard.core.shapes import Body, MaybeLine, RowId, Words
from ticketyard.knowledge.learning.collecting import note_search_in_vain
from ticketyard.knowledge.retrieving.asked import Asked, Found, Narrow, Retrieval
from ticketyard.knowledge.retrieving.finding import retrieve
from ticketyard.knowledge.retrieving.index import PieceIndex
from ticketyard.knowledge.retrieving.naming import find_document_id
from ticketyard.people.errors import CompanyNotFound
from ticketyard.web.deps import Acting, Parts, may
from ticketyard.web.rag_door import RagActing, rag_may, visible_to

router = APIRouter(tags=["knowledge"])

QUERY_MAX = 1_000_000
_SUGGESTIONS = 5
_SHOWN = 300

Question = Annotated[Words, StringConstraints(min_length=1, max_length=QUERY_MAX)]


class RagHealthOut(BaseModel):
    """The answer of the reference."""

    status: Literal["ok"] = "ok"
    service: Literal["rag-ms"] = "rag-ms"
    timestamp: datetime


class FiltersIn(Body):
    """What may be found at all."""

    category: MaybeLine = Field(None, examples=["printer"])
    source_type: Literal["file", "article", "ticket"] | None = None
    source_id: MaybeLine = Field(
        None, description="One source, as `source_id` of an answer calls it."
    )


class RetrieveIn(Body):
    """A question to one company's knowledge."""

    query: Question = Field(examples=["How do I clear a paper jam?"])
    company_id: RowId = Field(examples=[1])
    top_k: int = Field(5, ge=1, le=50)
    filters: FiltersIn = Field(default_factory=FiltersIn)
    score_threshold: float | None = Field(
        None,
        ge=0,
        le=1,
        description="How likely to help an item must be; without it RAG_MIN_SCORE.",
    )


class ItemMetadataOut(BaseModel):
    """Where an item comes from. `place` says where in the document it stands."""

    title: str
    file_id: UUID
    file_name: str
    kind: str
    content_type: str
    chunk_index: int
    category: str | None
    visibility: Literal["internal", "public"]
    language: str | None
    place: dict[str, object]
    updated_at: datetime


class ItemOut(BaseModel):
    """A piece of knowledge. score: how likely it is that it helps, 0 to 1."""

    score: float
    text: str
    source_type: Literal["file", "article", "ticket"]
    source_id: str
    chunk_id: str
    metadata: ItemMetadataOut

    @classmethod
    def of(cls, found: Found) -> "ItemOut":
        """The item in the shape of contracts 4.5."""
        piece = found.candidate
        return cls.model_validate(
            {
                "score": round(found.score, 4),
                "text": piece.text,
                "source_type": piece.source_type,
                "source_id": found.source_id,
                "chunk_id": found.chunk_id,
                "metadata": {
                    "title": piece.title,
                    "file_id": piece.file_id,
                    "file_name": piece.original_name,
                    "kind": piece.kind,
                    "content_type": piece.content_type,
                    "chunk_index": piece.key.number,
                    "category": piece.category,
                    "visibility": piece.visibility,
                    "language": piece.language,
                    "place": piece.place,
                    "updated_at": piece.updated_at,
                },
            }
        )


class RetrieveOut(BaseModel):
    """Items, the likeliest first. `notes` is there when something could not be used."""

    items: list[ItemOut]
    notes: list[str] | None = None


class SuggestionOut(BaseModel):
    """Something that may answer before a ticket is even sent."""

    type: Literal["file", "article", "ticket"]
    id: str
    chunk_id: str
    title: str
    text: str = Field(description="The beginning of the piece that fits.")
    category: str | None
    score: float


class SuggestionsOut(BaseModel):
    """Suggestions, the likeliest first; none rather than a bad one."""

    suggestions: list[SuggestionOut]


@router.get(
    "/rag/health", response_model=RagHealthOut, dependencies=[rag_may("knowledge:read_public")]
)
async def get_rag_health(resources: Parts) -> RagHealthOut:
    """Whether the knowledge can be asked."""
    return RagHealthOut(timestamp=resources.clock())


@router.post(
    "/rag/retrieve",
    response_model=RetrieveOut,
    response_model_exclude_unset=True,
    dependencies=[rag_may("knowledge:read_public")],
)
async def post_rag_retrieve(body: RetrieveIn, by: RagActing, resources: Parts) -> RetrieveOut:
    """The pieces of knowledge that answer a question, and how likely each does."""
    if body.company_id != by.company_id:
        raise CompanyNotFound("Company not found.", error="Company not found.")
    narrow = await _narrow(resources, by, body.filters)
    least = body.score_threshold
    if least is None:
        least = resources.part(PieceIndex).options.min_score
    if narrow is None:
        return RetrieveOut(items=[])
    retrieval = await retrieve(
        resources,
        by.company_id,
        Asked(body.query, narrow, limit=body.top_k, min_score=least),
    )
    items = [ItemOut.of(found) for found in retrieval.found]
    if retrieval.notes:
        return RetrieveOut(items=items, notes=list(retrieval.notes))
    return RetrieveOut(items=items)


async def _narrow(resources: Parts, by: Principal, filters: FiltersIn) -> Narrow | None:
    """None where a source is named that this company has not."""
    document_id = None
    if filters.source_id:
        async with resources.db.transaction(by.company_id) as session:
            document_id = await find_document_id(session, filters.source_id)
        if document_id is None:
            return None
    return Narrow(visible_to(by), filters.category, filters.source_type, document_id)


@router.get(
    "/api/tickets/search/suggestions",
    response_model=SuggestionsOut,
    dependencies=[may("knowledge:read_public")],
)
async def get_suggestions(
    by: Acting,
    resources: Parts,
    q: Annotated[
        str | None,
        Query(min_length=3, max_length=10_000, description="What somebody begins to write."),
    ] = None,
) -> SuggestionsOut:
    """What the knowledge says to a text: articles first, else solved tickets and files."""
    if q is None:
        return SuggestionsOut(suggestions=[])
    least = resources.part(PieceIndex).options.min_score
    retrieval = await retrieve(
        resources,
        by.company_id,
        Asked(q, Narrow(visible_to(by)), limit=4 * _SUGGESTIONS, min_score=least),
    )
    if not retrieval.found:
        is_public = not by.may("knowledge:read")
        async with resources.db.transaction(by.company_id) as session:
            await note_search_in_vain(session, query=q, is_public=is_public, by=by)
    return SuggestionsOut(suggestions=_one_each(retrieval))


def _one_each(retrieval: Retrieval) -> list[SuggestionOut]:
    """Each document once, by its best piece; where there are articles, they alone."""
    found = {each.candidate.file_id: each for each in reversed(retrieval.found)}
    best = sorted(found.values(), key=lambda each: -each.score)
    articles = [each for each in best if each.candidate.source_type == "article"]
    return [
        SuggestionOut.model_validate(
            {
                "type": each.candidate.source_type,
                "id": each.source_id,
                "chunk_id": each.chunk_id,
                "title": each.candidate.title,
                "text": each.candidate.text[:_SHOWN],
                "category": each.candidate.category,
                "score": round(each.score, 4),
            }
        )
        for each in (articles or best)[:_SUGGESTIONS]
    ]
