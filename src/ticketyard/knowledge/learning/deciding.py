"""What people decide about a gap: write about it, dismiss it, or take it up again."""

from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import now_of
from ticketyard.core.log import get_logger
from ticketyard.knowledge.drafts import TITLE_MAX, ArticleDraft
from ticketyard.knowledge.learning.errors import GapHasArticle
from ticketyard.knowledge.learning.models import Gap
from ticketyard.knowledge.learning.queries import get_gap, hold_gap, list_examples
from ticketyard.knowledge.models import Document
from ticketyard.knowledge.writing import add_article

log = get_logger(__name__)

EXAMPLES_WRITTEN = 5


async def write_about_gap(session: AsyncSession, *, gap_id: int, by: Principal) -> Document:
    """Begin an article that answers it, as a draft that shows how people ask.

    Raises GapNotFound, GapHasArticle.
    """
    gap = await hold_gap(session, gap_id)
    view = await get_gap(session, gap_id)
    if gap.document_id is not None and view.article_publication != "archived":
        raise GapHasArticle(
            "Somebody has begun to write about this already.", file_id=view.article_id
        )
    examples = (await list_examples(session, [gap_id], each=EXAMPLES_WRITTEN))[gap_id]
    asked = list(dict.fromkeys([gap.title, *(each.question for each in examples)]))
    body = "\n".join(
        ["## Question", "", *(f"- {each}" for each in asked[:EXAMPLES_WRITTEN]), "",
         "## Answer", "", "(Say here what to do.)"]
    )  # fmt: skip
    document = await add_article(session, draft=ArticleDraft(gap.title[:TITLE_MAX], body), by=by)
    gap.document_id = document.id
    _decide(session, gap, "open", by)
    return document


async def dismiss_gap(session: AsyncSession, *, gap_id: int, by: Principal) -> Gap:
    """It needs no answer, however often it is asked. Raises GapNotFound."""
    gap = await hold_gap(session, gap_id)
    if gap.state != "dismissed":
        _decide(session, gap, "dismissed", by)
    return gap


async def reopen_gap(session: AsyncSession, *, gap_id: int, by: Principal) -> Gap:
    """It needs an answer after all; it closes itself only when more is known. Raises GapNotFound."""
    gap = await hold_gap(session, gap_id)
    if gap.state != "open":
        _decide(session, gap, "open", by)
    return gap


def _decide(session: AsyncSession, gap: Gap, state: str, by: Principal) -> None:
    gap.state = state
    if state == "open":
        gap.answered_at = gap.answered_by_id = None
        gap.tried_at = now_of(session)
    gap.decided_by_id, gap.decided_by_name = by.person_id, by.name
    gap.decided_at = now_of(session)
    log.info("gap_decided", gap_id=gap.id, state=state, by=by.name)
