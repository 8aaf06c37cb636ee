"""Knowledge: what nobody could answer, and the articles that should be written."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Response

from ticketyard.core.shapes import RowId
from ticketyard.knowledge.learning.deciding import dismiss_gap, reopen_gap, write_about_gap
from ticketyard.knowledge.learning.errors import GapHasArticle
from ticketyard.knowledge.learning.queries import (
    GapState,
    get_gap,
    list_examples,
    list_gaps,
)
from ticketyard.web.deps import Acting, Session, may
from ticketyard.web.pages.frame import DeskFrame, Flash, back_to, page
from ticketyard.web.pages.knowledge_sections import sections

router = APIRouter(prefix="/knowledge/gaps", include_in_schema=False)

PAGE_GAPS = 50
EXAMPLES_LISTED = 3
EXAMPLES_SHOWN = 50
STATES: dict[GapState, str] = {
    "open": "Open",
    "writing": "Being written",
    "answered": "Answered",
    "dismissed": "Dismissed",
}
ORIGINS = {
    "chat": "Chat",
    "rag_chat": "Another program’s chat",
    "ticket": "Ticket",
    "search": "Search",
}
_PageNumber = Annotated[int, Query(ge=0, le=100_000, alias="page")]
_Word = Annotated[str, Form(max_length=20)]


@router.get("", dependencies=[may("knowledge:read")])
async def get_gaps_page(
    session: Session, frame: DeskFrame, state: str = "open", number: _PageNumber = 0
) -> Response:
    """Gaps of one state, what most people ask first."""
    chosen: GapState = next((each for each in STATES if each == state), "open")
    offset = number * PAGE_GAPS
    found = await list_gaps(session, state=chosen, limit=PAGE_GAPS + 1, offset=offset)
    shown = found[:PAGE_GAPS]
    following = urlencode({"state": chosen, "page": number + 1})
    return page(
        "knowledge/gaps.html",
        frame,
        place="knowledge",
        states=STATES,
        state=chosen,
        gaps=shown,
        examples=await list_examples(
            session, [each.gap.id for each in shown], each=EXAMPLES_LISTED
        ),
        next_href=f"/knowledge/gaps?{following}" if len(found) > PAGE_GAPS else None,
        **await sections(session, "gaps"),
    )


@router.get("/{gap_id}", dependencies=[may("knowledge:read")])
async def get_gap_page(gap_id: RowId, session: Session, frame: DeskFrame) -> Response:
    """One gap, and how people put it."""
    view = await get_gap(session, gap_id)
    examples = (await list_examples(session, [gap_id], each=EXAMPLES_SHOWN))[gap_id]
    return page(
        "knowledge/gap.html",
        frame,
        place="knowledge",
        view=view,
        gap=view.gap,
        states=STATES,
        origins=ORIGINS,
        examples=examples,
        **await sections(session, "gaps"),
    )


@router.post("/{gap_id}/article", dependencies=[may("knowledge:write")])
async def post_gap_article(gap_id: RowId, session: Session, by: Acting) -> Response:
    """Begin an article about it, and go on in the editor."""
    try:
        document = await write_about_gap(session, gap_id=gap_id, by=by)
    except GapHasArticle as known:
        return back_to(f"/knowledge/{known.extra['file_id']}", Flash("info", known.detail))
    return back_to(
        f"/knowledge/articles/{document.file_id}/edit",
        Flash(
            "info", "A draft is begun. The question closes itself once what you publish answers it."
        ),
    )


@router.post("/{gap_id}/state", dependencies=[may("knowledge:write")])
async def post_gap_state(gap_id: RowId, session: Session, by: Acting, to: _Word = "") -> Response:
    """Dismiss it, or take it up again."""
    if to == "dismissed":
        await dismiss_gap(session, gap_id=gap_id, by=by)
        return back_to("/knowledge/gaps", Flash("clear", "It is dismissed, and stays so."))
    await reopen_gap(session, gap_id=gap_id, by=by)
    return back_to(f"/knowledge/gaps/{gap_id}", Flash("clear", "It is open again."))
