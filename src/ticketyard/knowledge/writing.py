"""Write articles, change them, publish them and take them back."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of, now_of
from ticketyard.core.events import emit
from ticketyard.knowledge.categories import known_category
from ticketyard.knowledge.changing import forget_chunks, read_again, touch
from ticketyard.knowledge.drafts import ArticleDraft, Publication
from ticketyard.knowledge.errors import (
    ArticleChangedMeanwhile,
    DocumentNotFound,
    MayNotPublish,
)
from ticketyard.knowledge.events import ArticleMoved, ArticleSaved
from ticketyard.knowledge.models import Document, DocumentVersion
from ticketyard.knowledge.queries import get_document, may_publish

ARTICLES: Sequence[str] = ("article", "ticket")


async def add_article(
    session: AsyncSession, *, draft: ArticleDraft, by: Principal, ticket_id: int | None = None
) -> Document:
    """Write an article; it is a draft until somebody publishes it. Flushes, so that it has its id.

    ticket_id: the solved ticket that it is made of. Raises BadArticle.
    """
    wanted, at = draft.normal(), now_of(session)
    document = Document(
        company_id=company_of(session),
        source_type="article" if ticket_id is None else "ticket",
        kind="markdown",
        title=wanted.title,
        body=wanted.body,
        size_bytes=len(wanted.body.encode()),
        ticket_id=ticket_id,
        category=await known_category(session, wanted.category),
        visibility=wanted.visibility,
        publication="draft",
        content_type="text/markdown",
        author_id=by.person_id,
        author_name=by.name,
        approved_by_id=by.person_id if ticket_id is not None else None,
        approved_by_name=by.name if ticket_id is not None else "",
        created_at=at,
        updated_at=at,
    )
    session.add(document)
    await session.flush()
    await session.refresh(document)
    await _keep_version(session, document, by)
    return document


async def change_article(
    session: AsyncSession,
    *,
    file_id: UUID | str,
    draft: ArticleDraft,
    by: Principal,
    version: int | None = None,
) -> Document:
    """Say it otherwise; what it said before is kept. Saving the same again changes nothing.

    Raises DocumentNotFound, BadArticle, ArticleChangedMeanwhile; MayNotPublish for what the world
    reads already.
    """
    document = await hold_article(session, file_id, version=version)
    wanted = draft.normal()
    category = await known_category(session, wanted.category)
    if document.publication == "published":
        await _check_may_publish(session, by)
    now_says = (wanted.title, wanted.body, category, wanted.visibility)
    if now_says == (document.title, document.body, document.category, document.visibility):
        return document
    is_narrowed = (document.visibility, wanted.visibility) == ("public", "internal")
    document.title, document.body, document.category, document.visibility = now_says
    document.size_bytes = len(wanted.body.encode())
    touch(session, document)
    read_again(session, document)
    if is_narrowed:
        await forget_chunks(session, document.id)
    await _keep_version(session, document, by)
    return document


async def set_publication(
    session: AsyncSession,
    *,
    file_id: UUID | str,
    publication: Publication,
    by: Principal,
    version: int | None = None,
) -> Document:
    """Publish it, take it back to be a draft, or put it away. Raises as change_article."""
    document = await hold_article(session, file_id, version=version)
    before = document.publication
    if publication == before:
        return document
    # What never was before anybody's eyes, its writers may put away and take up again by themselves.
    if "published" in (before, publication):
        await _check_may_publish(session, by)
    document.publication = publication
    touch(session, document)
    read_again(session, document)
    if publication == "published":
        document.published_at = now_of(session)
        document.approved_by_id, document.approved_by_name = by.person_id, by.name
    else:
        await forget_chunks(session, document.id)
    await _keep_version(session, document, by, is_saved=False)
    moved = ArticleMoved(
        ticket_id=document.ticket_id,
        file_id=str(document.file_id),
        title=document.title,
        before=before,
        after=publication,
        visibility=document.visibility,
    )
    await emit(session, moved, by=by)
    return document


async def hold_article(
    session: AsyncSession, file_id: UUID | str, *, version: int | None = None
) -> Document:
    """The article, locked for a change. Raises DocumentNotFound, ArticleChangedMeanwhile."""
    document = await get_document(session, file_id, lock=True)
    if document.source_type not in ARTICLES:
        raise DocumentNotFound("There is no such article.")
    if version is not None and version != document.version:
        raise ArticleChangedMeanwhile(
            "Somebody has saved this article since you opened it; load it anew.",
            version=document.version,
        )
    return document


async def _check_may_publish(session: AsyncSession, by: Principal) -> None:
    if not await may_publish(session, by):
        raise MayNotPublish("Published articles are changed by those who publish.")


async def _keep_version(
    session: AsyncSession, document: Document, by: Principal, *, is_saved: bool = True
) -> None:
    kept = DocumentVersion(
        company_id=document.company_id,
        document_id=document.id,
        version=document.version,
        title=document.title,
        body=document.body or "",
        category=document.category,
        visibility=document.visibility,
        publication=document.publication,
        by_id=by.person_id,
        by_name=by.name,
        saved_at=now_of(session),
    )
    session.add(kept)
    if is_saved:
        saved = ArticleSaved(
            ticket_id=document.ticket_id,
            file_id=str(document.file_id),
            title=document.title,
            version=document.version,
        )
        await emit(session, saved, by=by)
