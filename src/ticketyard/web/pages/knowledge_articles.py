"""Knowledge: write an article, look at it beforehand, and make one of a solved ticket."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Form, Response

from ticketyard.core.errors import Refusal
from ticketyard.knowledge.approving import approve_ticket, draft_of_ticket
from ticketyard.knowledge.drafts import BODY_MAX, ArticleDraft
from ticketyard.knowledge.errors import ArticleExists
from ticketyard.knowledge.queries import find_ticket_article, get_visible_document, may_publish
from ticketyard.knowledge.writing import ARTICLES, add_article, change_article, set_publication
from ticketyard.tickets.queries import get_visible_ticket
from ticketyard.web.deps import Acting, Session, may
from ticketyard.web.markdown import render_markdown
from ticketyard.web.pages.frame import DeskFrame, Flash, Frame, OwnFrame, back_to, fragment, page
from ticketyard.web.pages.knowledge import category_options, version_of, visibility_of

router = APIRouter(include_in_schema=False)

_Title = Annotated[str, Form(max_length=1_000)]
_Body = Annotated[str, Form(max_length=4 * BODY_MAX)]
_Word = Annotated[str, Form(max_length=200)]
_NEW = ArticleDraft("", "")


@router.get("/knowledge/articles/new", dependencies=[may("knowledge:write")])
async def get_new_article(session: Session, by: Acting, frame: DeskFrame) -> Response:
    """An empty sheet."""
    return await _editor(session, by, frame, _NEW, action="/knowledge/articles")


@router.post("/knowledge/articles", dependencies=[may("knowledge:write")])
async def post_new_article(
    session: Session,
    by: Acting,
    frame: DeskFrame,
    title: _Title = "",
    body: _Body = "",
    category: _Word = "",
    visibility: _Word = "",
    then: _Word = "",
) -> Response:
    """Keep it, and publish it where that was asked for."""
    draft = ArticleDraft(title, body, category or None, visibility_of(visibility))
    try:
        async with session.begin_nested():
            document = await add_article(session, draft=draft, by=by)
            if then == "publish":
                await set_publication(
                    session, file_id=document.file_id, publication="published", by=by
                )
    except Refusal as refusal:
        return await _editor(
            session, by, frame, draft, action="/knowledge/articles", refusal=refusal.detail
        )
    return back_to(f"/knowledge/{document.file_id}", Flash("clear", _saved(then)))


@router.get("/knowledge/articles/{article_id}/edit", dependencies=[may("knowledge:write")])
async def get_article_editor(
    article_id: str, session: Session, by: Acting, frame: DeskFrame
) -> Response:
    """An article, to be changed."""
    document = await get_visible_document(session, article_id, by, ARTICLES)
    draft = ArticleDraft(
        document.title, document.body or "", document.category, visibility_of(document.visibility)
    )
    return await _editor(
        session,
        by,
        frame,
        draft,
        action=f"/knowledge/articles/{document.file_id}/save",
        back=f"/knowledge/{document.file_id}",
        version=document.version,
        is_published=document.publication == "published",
    )


@router.post("/knowledge/articles/{article_id}/save", dependencies=[may("knowledge:write")])
async def post_article(
    article_id: str,
    session: Session,
    by: Acting,
    frame: DeskFrame,
    title: _Title = "",
    body: _Body = "",
    category: _Word = "",
    visibility: _Word = "",
    version: _Word = "",
    then: _Word = "",
) -> Response:
    """Save it."""
    document = await get_visible_document(session, article_id, by, ARTICLES)
    draft = ArticleDraft(title, body, category or None, visibility_of(visibility))
    try:
        async with session.begin_nested():
            await change_article(
                session, file_id=article_id, draft=draft, by=by, version=version_of(version)
            )
            if then == "publish":
                await set_publication(session, file_id=article_id, publication="published", by=by)
    except Refusal as refusal:
        return await _editor(
            session,
            by,
            frame,
            draft,
            action=f"/knowledge/articles/{document.file_id}/save",
            back=f"/knowledge/{document.file_id}",
            version=version_of(version) or document.version,
            refusal=refusal.detail,
        )
    return back_to(f"/knowledge/{document.file_id}", Flash("clear", _saved(then)))


@router.get("/tickets/{ticket_id}/article", dependencies=[may("knowledge:write")])
async def get_ticket_article(
    ticket_id: str, session: Session, by: Acting, frame: DeskFrame
) -> Response:
    """What an article of this solved ticket might say; or the one there is."""
    ticket = await get_visible_ticket(session, ticket_id, by)
    if known := await find_ticket_article(session, ticket.id):
        return back_to(f"/knowledge/{known.file_id}")
    try:
        draft = await draft_of_ticket(session, ticket_id=ticket.id, by=by)
    except Refusal as refusal:
        return back_to(f"/tickets/{ticket.number}", Flash("stop", refusal.detail))
    place = f"/tickets/{ticket.number}"
    return await _editor(
        session, by, frame, draft, action=f"{place}/article", back=place, number=ticket.number
    )


@router.post("/tickets/{ticket_id}/article", dependencies=[may("knowledge:write")])
async def post_ticket_article(
    ticket_id: str,
    session: Session,
    by: Acting,
    frame: DeskFrame,
    title: _Title = "",
    body: _Body = "",
    category: _Word = "",
    visibility: _Word = "",
    then: _Word = "",
) -> Response:
    """Approve it as it stands in the editor."""
    ticket = await get_visible_ticket(session, ticket_id, by)
    draft = ArticleDraft(title, body, category or None, visibility_of(visibility))
    try:
        async with session.begin_nested():
            document = await approve_ticket(session, ticket_id=ticket.id, draft=draft, by=by)
            if then == "publish":
                await set_publication(
                    session, file_id=document.file_id, publication="published", by=by
                )
    except ArticleExists as known:
        return back_to(f"/knowledge/{known.extra['file_id']}", Flash("info", known.detail))
    except Refusal as refusal:
        place = f"/tickets/{ticket.number}"
        return await _editor(
            session,
            by,
            frame,
            draft,
            action=f"{place}/article",
            back=place,
            number=ticket.number,
            refusal=refusal.detail,
        )
    return back_to(f"/knowledge/{document.file_id}", Flash("clear", _saved(then)))


@router.post("/knowledge/preview", dependencies=[may("knowledge:write")])
async def post_preview(frame: OwnFrame, body: _Body = "") -> Response:
    """What the words in the editor will look like."""
    html = await asyncio.to_thread(render_markdown, body[:BODY_MAX])
    return fragment("knowledge/preview.html", frame, html=html)


def _saved(then: str) -> str:
    return "It is published, and can be found in a moment." if then == "publish" else "Saved."


async def _editor(
    session: Session,
    by: Acting,
    frame: Frame,
    draft: ArticleDraft,
    *,
    action: str,
    back: str = "/knowledge",
    version: int = 0,
    is_published: bool = False,
    number: str = "",
    refusal: str = "",
) -> Response:
    view: dict[str, Any] = {
        "draft": draft,
        "action": action,
        "back": back,
        "version": version,
        "is_published": is_published,
        "number": number,
        "refusal": refusal,
        "html": await asyncio.to_thread(render_markdown, draft.body[:BODY_MAX]),
        "categories": await category_options(session),
        "may_publish": await may_publish(session, by),
    }
    status = 422 if refusal else 200
    return page("knowledge/editor.html", frame, place="knowledge", status=status, **view)
