"""Knowledge: what the desk answers from, down to the pieces that a document is found by."""

import asyncio
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.errors import Refusal
from ticketyard.knowledge.drafts import Publication, Visibility
from ticketyard.knowledge.filing import delete_document, describe_file, request_reading
from ticketyard.knowledge.learning.queries import count_citations, list_sources
from ticketyard.knowledge.models import ChunkRow, Document
from ticketyard.knowledge.placing import told_place
from ticketyard.knowledge.queries import (
    AGENTS_PUBLISH,
    Wanted,
    count_chunks,
    count_documents,
    find_vote,
    get_visible_document,
    list_chunks,
    list_documents,
    list_versions,
    may_publish,
)
from ticketyard.knowledge.voting import vote
from ticketyard.knowledge.writing import ARTICLES, set_publication
from ticketyard.people.companies import set_company_setting
from ticketyard.people.queries import get_company
from ticketyard.tickets.queries import get_ticket, list_categories
from ticketyard.web.deps import Acting, Parts, Session, may
from ticketyard.web.knowledge_files import send_content
from ticketyard.web.markdown import render_markdown
from ticketyard.web.pages import wording
from ticketyard.web.pages.frame import (
    DeskFrame,
    Flash,
    OwnFrame,
    back_to,
    fragment,
    page,
)
from ticketyard.web.pages.knowledge_sections import sections

router = APIRouter(prefix="/knowledge", include_in_schema=False)

PAGE_DOCUMENTS = 50
PAGE_CHUNKS = 50
VIEWS: dict[str, tuple[str, dict[str, Any]]] = {
    "all": ("All", {}),
    "articles": ("Articles", {"sources": ("article",)}),
    "tickets": ("From tickets", {"sources": ("ticket",)}),
    "files": ("Files", {"sources": ("file",)}),
    "drafts": ("Drafts", {"publication": "draft"}),
    "failed": ("Not readable", {"state": "failed"}),
}
EVERYTHING = ("file", *ARTICLES)
_PageNumber = Annotated[int, Query(ge=0, le=100_000, alias="page")]
_Line = Annotated[str, Form(max_length=1_000)]
_Word = Annotated[str, Form(max_length=200)]


@router.get("", dependencies=[may("knowledge:read")])
async def get_knowledge_page(
    session: Session,
    by: Acting,
    frame: DeskFrame,
    view: str = "all",
    q: str = Query("", max_length=200),
    number: _PageNumber = 0,
) -> Response:
    """Every document, those changed last first."""
    view = view if view in VIEWS else "all"
    offset = number * PAGE_DOCUMENTS
    wanted = Wanted(**VIEWS[view][1], words=q, limit=PAGE_DOCUMENTS, offset=offset)
    found = await list_documents(session, wanted, by)
    total = await count_documents(session, wanted, by)
    following = urlencode({"view": view, "q": q, "page": number + 1})
    company = await get_company(session)
    return page(
        "knowledge/page.html",
        frame,
        place="knowledge",
        views={name: words for name, (words, _) in VIEWS.items()},
        view=view,
        q=q,
        rows=found,
        total=total,
        next_href=f"/knowledge?{following}" if offset + PAGE_DOCUMENTS < total else None,
        agents_publish=company.settings.get(AGENTS_PUBLISH) is True,
        cited=await count_citations(session, [each.id for each in found]),
        **await sections(session, "documents"),
    )


@router.post("/rules", dependencies=[may("settings:manage")])
async def post_rules(
    session: Session, by: Acting, agents_publish: Annotated[str, Form(max_length=5)] = ""
) -> Response:
    """Say who publishes."""
    await set_company_setting(session, name=AGENTS_PUBLISH, value=bool(agents_publish), by=by)
    who = "Agents and admins publish from now on." if agents_publish else "Only admins publish now."
    return back_to("/knowledge", Flash("clear", who))


@router.get("/{file_id}", dependencies=[may("knowledge:read")])
async def get_document_page(
    file_id: str, session: Session, by: Acting, frame: DeskFrame, number: _PageNumber = 0
) -> Response:
    """One document: what it says, what became of it, and the pieces it is found by."""
    document = await get_visible_document(session, file_id, by)
    counted = (await count_chunks(session, [document.id])).get(document.id, 0)
    offset = number * PAGE_CHUNKS
    chunks = await list_chunks(session, document.id, limit=PAGE_CHUNKS, offset=offset)
    is_article = document.source_type in ARTICLES
    return page(
        "knowledge/document.html",
        frame,
        place="knowledge",
        document=document,
        is_article=is_article,
        html=await asyncio.to_thread(render_markdown, document.body or ""),
        chunks=[_piece(each) for each in chunks],
        count=counted,
        next_href=(
            f"/knowledge/{document.file_id}?page={number + 1}#pieces"
            if offset + PAGE_CHUNKS < counted
            else None
        ),
        versions=await list_versions(session, document.id) if is_article else [],
        may_publish=await may_publish(session, by),
        **await _around(session, document, by),
    )


async def _around(session: AsyncSession, document: Document, by: Principal) -> dict[str, Any]:
    voted = await find_vote(session, document.id, by.person_id or 0)
    ticket = await get_ticket(session, document.ticket_id) if document.ticket_id else None
    return {
        "voted": voted.is_helpful if voted else None,
        "cited": (await count_citations(session, [document.id])).get(document.id, 0),
        "drafted_of": await list_sources(session, document.id),
        "ticket": ticket,
        "categories": await category_options(session),
    }


def _piece(chunk: ChunkRow) -> dict[str, Any]:
    return {"number": chunk.number, "text": chunk.text, "place": told_place(chunk.place)}


async def category_options(session: AsyncSession) -> list[tuple[str, str]]:
    """The company's categories for a box to choose from."""
    return [(each.name, wording.category(each.name)) for each in await list_categories(session)]


@router.get("/{file_id}/progress", dependencies=[may("knowledge:read")])
async def get_progress(file_id: str, session: Session, by: Acting, frame: OwnFrame) -> Response:
    """How far its reading is, for the open page."""
    document = await get_visible_document(session, file_id, by)
    answer = fragment("knowledge/progress.html", frame, document=document)
    if document.state in ("ready", "failed") or document.publication != "published":
        # What the rest of the page shows has changed with it.
        answer.headers["HX-Refresh"] = "true"
    return answer


@router.get("/{file_id}/content", dependencies=[may("knowledge:read")])
async def get_file_content(file_id: str, parts: Parts, by: Acting) -> Response:
    """The bytes of a file, to be saved."""
    return await send_content(parts, file_id, by)


@router.post("/{file_id}/describe", dependencies=[may("knowledge:write")])
async def post_describe(
    file_id: str,
    session: Session,
    by: Acting,
    title: _Line = "",
    category: _Word = "",
    visibility: _Word = "",
) -> Response:
    """Say otherwise what a file is called, what it is about, and who may find it."""
    await get_visible_document(session, file_id, by, ("file",))
    return await _done(
        file_id,
        "Saved.",
        session,
        describe_file(
            session,
            file_id=file_id,
            title=title,
            category=category,
            visibility=visibility_of(visibility),
            by=by,
        ),
    )


@router.post("/{file_id}/reading", dependencies=[may("knowledge:write")])
async def post_reading(file_id: str, session: Session, by: Acting) -> Response:
    """Read it once more."""
    await request_reading(session, file_id=file_id, by=by)
    return back_to(f"/knowledge/{file_id}", Flash("clear", "It is read once more."))


@router.post("/{file_id}/publication", dependencies=[may("knowledge:write")])
async def post_publication(
    file_id: str, session: Session, by: Acting, publication: _Word = "", version: _Word = ""
) -> Response:
    """Publish it, take it back, or put it away."""
    wanted: dict[str, tuple[Publication, str]] = {
        "published": ("published", "It is published, and can be found in a moment."),
        "draft": ("draft", "It is a draft again; nothing answers from it any more."),
        "archived": ("archived", "It is put away; nothing answers from it any more."),
    }
    await get_visible_document(session, file_id, by, ARTICLES)
    if publication not in wanted:
        return back_to(f"/knowledge/{file_id}", Flash("stop", "There is no such state."))
    to, words = wanted[publication]
    return await _done(
        file_id,
        words,
        session,
        set_publication(
            session, file_id=file_id, publication=to, by=by, version=version_of(version)
        ),
    )


@router.post("/{file_id}/vote", dependencies=[may("knowledge:read")])
async def post_vote(
    file_id: str, session: Session, by: Acting, helpful: Annotated[str, Form(max_length=5)] = ""
) -> Response:
    """Say whether it helped."""
    await get_visible_document(session, file_id, by)
    asked = vote(session, file_id=file_id, is_helpful=helpful == "yes", by=by)
    return await _done(file_id, "Thank you.", session, asked)


@router.post("/{file_id}/delete", dependencies=[may("knowledge:write")])
async def post_delete(file_id: str, session: Session, by: Acting) -> Response:
    """Delete it."""
    await delete_document(session, file_id=file_id, sources=EVERYTHING, by=by)
    return back_to("/knowledge", Flash("clear", "It is deleted; nothing answers from it any more."))


async def _done(file_id: str, words: str, session: AsyncSession, change: Any) -> Response:
    """Do it; a refusal is said on the page it was asked from."""
    try:
        async with session.begin_nested():
            await change
    except Refusal as refusal:
        return back_to(f"/knowledge/{file_id}", Flash("stop", refusal.detail))
    return back_to(f"/knowledge/{file_id}", Flash("clear", words))


def visibility_of(word: str) -> Visibility:
    """What a form says; what is no such word keeps it within the desk."""
    return "public" if word == "public" else "internal"


def version_of(word: str) -> int | None:
    """The version that a page was drawn from."""
    return int(word) if word.isascii() and word.isdigit() and len(word) < 10 else None
