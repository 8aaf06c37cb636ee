"""How documents, articles and chunks look over HTTP."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from ticketyard.core.shapes import Body
from ticketyard.knowledge.drafts import ArticleDraft
from ticketyard.knowledge.models import ChunkRow, Document

Visibility = Literal["internal", "public"]
Publication = Literal["draft", "published", "archived"]


class FileOut(BaseModel):
    """A file, and how far it is on its way to being found.

    file: where its bytes are had.  problem: why it cannot be read, where it cannot.
    chunks: how many pieces it is found by; counted where one file is asked for.
    """

    uuid: UUID
    company: int
    file: str
    original_name: str
    kind: str
    size_bytes: int
    content_type: str
    uploaded_at: datetime
    title: str
    category: str | None
    visibility: str
    state: str
    problem: str | None
    progress: float = Field(description="Share of its pages or sheets that is read, 0 to 1.")
    language: str | None
    chunks: int | None = None
    helpful: int
    unhelpful: int


class FilesOut(BaseModel):
    """One page of files, those changed last first."""

    items: list[FileOut]
    total: int
    limit: int
    offset: int


class FilePatch(Body):
    """What is to change; the rest stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"title": "VPN, step by step"}]})

    title: str | None = Field(None, max_length=1_000)
    category: str | None = Field(None, max_length=200)
    visibility: Visibility | None = None


class ChunkOut(BaseModel):
    """A piece: text is exactly the document's text from starts_at to ends_at, in characters."""

    chunk_id: str
    text: str
    starts_at: int
    ends_at: int
    context: str
    place: dict[str, Any]


class ChunksOut(BaseModel):
    """A document's pieces in their order."""

    items: list[ChunkOut]
    total: int
    limit: int
    offset: int


class ArticleIn(Body):
    """An article. body is Markdown; HTML in it is taken as words."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "title": "The VPN asks for a code",
                    "body": "1. Open **Authenticator**.\n2. Type the six digits.",
                    "category": "vpn",
                    "visibility": "public",
                }
            ]
        }
    )

    title: str = Field(max_length=1_000)
    body: str = Field(max_length=200_000)
    category: str | None = Field(None, max_length=200)
    visibility: Visibility = "internal"

    def draft(self) -> ArticleDraft:
        """As the verbs take it."""
        return ArticleDraft(self.title, self.body, self.category, self.visibility)


class ArticleChange(ArticleIn):
    """The same, and which version was seen; another one is refused with 409."""

    version: int | None = Field(None, ge=1, le=2**31 - 1)


class TicketArticleIn(Body):
    """The article of a solved ticket. What is left out is taken from the ticket, people struck out."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"visibility": "internal"}]})

    title: str | None = Field(None, max_length=1_000)
    body: str | None = Field(None, max_length=200_000)
    category: str | None = Field(None, max_length=200)
    visibility: Visibility = "internal"

    def over(self, prefilled: ArticleDraft) -> ArticleDraft:
        """What is said here instead of what the ticket says."""
        return ArticleDraft(
            title=prefilled.title if self.title is None else self.title,
            body=prefilled.body if self.body is None else self.body,
            category=prefilled.category if self.category is None else self.category,
            visibility=self.visibility,
        )


class PublicationIn(Body):
    """Where it is to stand."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"publication": "archived"}]})

    publication: Publication
    version: int | None = Field(None, ge=1, le=2**31 - 1)


class VoteIn(Body):
    """Whether it helped."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"is_helpful": True}]})

    is_helpful: bool


class ArticleOut(BaseModel):
    """An article. source_ticket_id: the solved ticket that it was made of; told to agents alone."""

    id: UUID
    source_type: str
    title: str
    body: str
    html: str = Field(description="The body rendered and sanitised.")
    category: str | None
    visibility: str
    publication: str
    state: str
    problem: str | None
    language: str | None
    version: int
    source_ticket_id: int | None
    author: str
    approved_by: str
    helpful: int
    unhelpful: int
    created_at: datetime
    updated_at: datetime
    published_at: datetime | None


class ArticleLine(BaseModel):
    """An article in a list, without its words. cited: in how many answers it stood; told to agents alone."""

    id: UUID
    source_type: str
    title: str
    category: str | None
    visibility: str
    publication: str
    state: str
    language: str | None
    version: int
    helpful: int
    unhelpful: int
    helpful_share: float | None = Field(description="Of those who said; null where nobody did.")
    cited: int | None
    updated_at: datetime


class ArticlesOut(BaseModel):
    """One page of articles, those changed last first."""

    items: list[ArticleLine]
    total: int
    limit: int
    offset: int


class ArticleVersionOut(BaseModel):
    """What an article said from then on, and who said so."""

    model_config = ConfigDict(from_attributes=True)

    version: int
    title: str
    body: str
    category: str | None
    visibility: str
    publication: str
    by_name: str
    saved_at: datetime


class ArticleVersionsOut(BaseModel):
    """Every version, the newest first."""

    versions: list[ArticleVersionOut]


def file_out(document: Document, chunks: int | None = None) -> FileOut:
    """A file as it is told."""
    return FileOut(
        uuid=document.file_id,
        company=document.company_id,
        file=f"/api/files/{document.file_id}/content",
        original_name=document.original_name,
        kind=document.kind,
        size_bytes=document.size_bytes,
        content_type=document.content_type,
        uploaded_at=document.created_at,
        title=document.title,
        category=document.category,
        visibility=document.visibility,
        state=document.state,
        problem=document.problem,
        progress=progress_of(document),
        language=document.language,
        chunks=chunks,
        helpful=document.helpful,
        unhelpful=document.unhelpful,
    )


def progress_of(document: Document) -> float:
    """How much of it is read, 0 to 1."""
    if document.state == "ready":
        return 1.0
    return round(document.parts_done / document.parts_total, 3) if document.parts_total else 0.0


def chunk_out(document: Document, chunk: ChunkRow) -> ChunkOut:
    """A piece as it is told."""
    return ChunkOut(
        chunk_id=f"{document.file_id}-{chunk.number}",
        text=chunk.text,
        starts_at=chunk.starts_at,
        ends_at=chunk.ends_at,
        context=chunk.context,
        place=chunk.place,
    )


def article_out(document: Document, html: str, *, for_agent: bool) -> ArticleOut:
    """An article as it is told; to requesters without the people behind it."""
    return ArticleOut(
        id=document.file_id,
        source_type=document.source_type,
        title=document.title,
        body=document.body or "",
        html=html,
        category=document.category,
        visibility=document.visibility,
        publication=document.publication,
        state=document.state,
        problem=document.problem,
        language=document.language,
        version=document.version,
        source_ticket_id=document.ticket_id if for_agent else None,
        author=document.author_name if for_agent else "",
        approved_by=document.approved_by_name if for_agent else "",
        helpful=document.helpful,
        unhelpful=document.unhelpful,
        created_at=document.created_at,
        updated_at=document.updated_at,
        published_at=document.published_at,
    )


def article_line(document: Document, cited: int | None) -> ArticleLine:
    """An article as a line of a list."""
    return ArticleLine(
        id=document.file_id,
        source_type=document.source_type,
        title=document.title,
        category=document.category,
        visibility=document.visibility,
        publication=document.publication,
        state=document.state,
        language=document.language,
        version=document.version,
        helpful=document.helpful,
        unhelpful=document.unhelpful,
        helpful_share=helpful_share(document),
        cited=cited,
        updated_at=document.updated_at,
    )


def helpful_share(document: Document) -> float | None:
    """How many of those who said anything said that it helped; None where nobody did."""
    said = document.helpful + document.unhelpful
    return round(document.helpful / said, 3) if said else None
