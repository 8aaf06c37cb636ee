"""Articles over HTTP: written, published, read, voted on; and made of solved tickets."""

import asyncio
from typing import Literal

from fastapi import APIRouter, Query

from ticketyard.core.auth import Principal
from ticketyard.knowledge.approving import approve_ticket, draft_of_ticket
from ticketyard.knowledge.filing import delete_document
from ticketyard.knowledge.learning.queries import count_citations
from ticketyard.knowledge.models import Document
from ticketyard.knowledge.queries import (
    Wanted,
    count_documents,
    get_visible_document,
    list_documents,
    list_versions,
)
from ticketyard.knowledge.voting import vote
from ticketyard.knowledge.writing import ARTICLES, add_article, change_article, set_publication
from ticketyard.web.api.knowledge_shapes import (
    ArticleChange,
    ArticleIn,
    ArticleOut,
    ArticlesOut,
    ArticleVersionOut,
    ArticleVersionsOut,
    Publication,
    PublicationIn,
    TicketArticleIn,
    Visibility,
    VoteIn,
    article_line,
    article_out,
)
from ticketyard.web.deps import Acting, Session, may
from ticketyard.web.idempotency import IdempotentRoute
from ticketyard.web.markdown import render_markdown

router = APIRouter(prefix="/api", tags=["knowledge"], route_class=IdempotentRoute)


@router.get("/articles", dependencies=[may("knowledge:read_public")])
async def get_articles(
    session: Session,
    by: Acting,
    publication: Publication | None = None,
    visibility: Visibility | None = None,
    source: Literal["article", "ticket"] | None = None,
    category: str = Query("", max_length=200),
    q: str = Query("", max_length=200, description="Words of the title."),
    limit: int = Query(50, ge=1, le=200),
    offset: int = Query(0, ge=0, le=2**31 - 1),
) -> ArticlesOut:
    """Articles, those changed last first; to requesters those published for the public."""
    wanted = Wanted(
        sources=(source,) if source else ARTICLES,
        publication=publication or "",
        visibility=visibility or "",
        category=category,
        words=q,
        limit=limit,
        offset=offset,
    )
    found = await list_documents(session, wanted, by)
    cited = await count_citations(session, [each.id for each in found])
    for_agent = by.may("knowledge:read")
    return ArticlesOut(
        items=[article_line(each, cited.get(each.id, 0) if for_agent else None) for each in found],
        total=await count_documents(session, wanted, by),
        limit=limit,
        offset=offset,
    )


@router.post("/articles", status_code=201, dependencies=[may("knowledge:write")])
async def post_article(body: ArticleIn, session: Session, by: Acting) -> ArticleOut:
    """Write an article; it is a draft until somebody publishes it."""
    return await _told(await add_article(session, draft=body.draft(), by=by), by)


@router.post("/tickets/{ticket_id}/article", status_code=201, dependencies=[may("knowledge:write")])
async def post_ticket_article(
    ticket_id: str, body: TicketArticleIn, session: Session, by: Acting
) -> ArticleOut:
    """Make an article of a solved ticket, as a draft. 409 where it is not solved, or has one."""
    draft = body.over(await draft_of_ticket(session, ticket_id=ticket_id, by=by))
    return await _told(await approve_ticket(session, ticket_id=ticket_id, draft=draft, by=by), by)


@router.get("/articles/{article_id}", dependencies=[may("knowledge:read_public")])
async def get_article(article_id: str, session: Session, by: Acting) -> ArticleOut:
    """One article."""
    return await _told(await get_visible_document(session, article_id, by, ARTICLES), by)


@router.put("/articles/{article_id}", dependencies=[may("knowledge:write")])
async def put_article(
    article_id: str, body: ArticleChange, session: Session, by: Acting
) -> ArticleOut:
    """Say it otherwise; what it said before is kept."""
    changed = await change_article(
        session, file_id=article_id, draft=body.draft(), by=by, version=body.version
    )
    return await _told(changed, by)


@router.delete("/articles/{article_id}", status_code=204, dependencies=[may("knowledge:write")])
async def delete_article(article_id: str, session: Session, by: Acting) -> None:
    """Delete it with all its versions. With the answer, nothing is found of it any more."""
    await delete_document(session, file_id=article_id, sources=ARTICLES, by=by)


@router.put("/articles/{article_id}/publication", dependencies=[may("knowledge:write")])
async def put_publication(
    article_id: str, body: PublicationIn, session: Session, by: Acting
) -> ArticleOut:
    """Publish it, take it back to be a draft, or put it away."""
    moved = await set_publication(
        session,
        file_id=article_id,
        publication=body.publication,
        by=by,
        version=body.version,
    )
    return await _told(moved, by)


@router.get("/articles/{article_id}/versions", dependencies=[may("knowledge:read")])
async def get_versions(article_id: str, session: Session, by: Acting) -> ArticleVersionsOut:
    """What it said before, who changed it and when; the newest first."""
    document = await get_visible_document(session, article_id, by, ARTICLES)
    versions = await list_versions(session, document.id)
    return ArticleVersionsOut(
        versions=[ArticleVersionOut.model_validate(each) for each in versions]
    )


@router.put("/articles/{article_id}/vote", dependencies=[may("knowledge:read_public")])
async def put_vote(article_id: str, body: VoteIn, session: Session, by: Acting) -> ArticleOut:
    """Say whether it helped; a person counts once."""
    await get_visible_document(session, article_id, by, ARTICLES)
    voted = await vote(session, file_id=article_id, is_helpful=body.is_helpful, by=by)
    return await _told(voted, by)


async def _told(document: Document, by: Principal) -> ArticleOut:
    html = await asyncio.to_thread(render_markdown, document.body or "")
    return article_out(document, html, for_agent=by.may("knowledge:read"))
