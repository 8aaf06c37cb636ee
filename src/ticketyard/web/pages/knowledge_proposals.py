"""Knowledge: articles drafted of solved tickets, to be looked over."""

import asyncio
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Response

from ticketyard.core.errors import Refusal
from ticketyard.knowledge.learning.dismissing import dismiss_proposal
from ticketyard.knowledge.learning.queries import list_proposals
from ticketyard.knowledge.queries import get_visible_document
from ticketyard.knowledge.writing import ARTICLES
from ticketyard.web.deps import Acting, Session, may
from ticketyard.web.markdown import render_markdown
from ticketyard.web.pages.frame import DeskFrame, Flash, back_to, page
from ticketyard.web.pages.knowledge_sections import sections

router = APIRouter(prefix="/knowledge/proposals", include_in_schema=False)

PAGE_PROPOSALS = 20
_PageNumber = Annotated[int, Query(ge=0, le=100_000, alias="page")]


@router.get("", dependencies=[may("knowledge:read")])
async def get_proposals_page(
    session: Session, frame: DeskFrame, number: _PageNumber = 0
) -> Response:
    """Drafts that nobody has decided on, those of most tickets first."""
    offset = number * PAGE_PROPOSALS
    found = await list_proposals(session, limit=PAGE_PROPOSALS + 1, offset=offset)
    shown = found[:PAGE_PROPOSALS]
    html = [await asyncio.to_thread(render_markdown, each.document.body or "") for each in shown]
    following = urlencode({"page": number + 1})
    return page(
        "knowledge/proposals.html",
        frame,
        place="knowledge",
        drafts=list(zip(shown, html, strict=True)),
        next_href=f"/knowledge/proposals?{following}" if len(found) > PAGE_PROPOSALS else None,
        **await sections(session, "proposals"),
    )


@router.post("/{file_id}/dismiss", dependencies=[may("knowledge:write")])
async def post_dismiss(file_id: str, session: Session, by: Acting) -> Response:
    """Put it away."""
    await get_visible_document(session, file_id, by, ARTICLES)
    try:
        async with session.begin_nested():
            await dismiss_proposal(session, file_id=file_id, by=by)
    except Refusal as refusal:
        return back_to("/knowledge/proposals", Flash("stop", refusal.detail))
    return back_to(
        "/knowledge/proposals",
        Flash("clear", "It is put away; neither it nor anything like it is drafted again."),
    )
