"""Make an article of a solved ticket: its question and what solved it, as a draft to be looked over."""

from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.knowledge.drafts import BODY_MAX, TITLE_MAX, ArticleDraft
from ticketyard.knowledge.errors import ArticleExists, TicketNotSolved
from ticketyard.knowledge.masking import mask
from ticketyard.knowledge.models import Document
from ticketyard.knowledge.queries import find_ticket_article
from ticketyard.knowledge.writing import add_article
from ticketyard.tickets.models import Comment, Ticket
from ticketyard.tickets.queries import get_visible_ticket, list_comments

SOLVED = ("resolved", "closed")
_QUESTION_MAX = BODY_MAX // 4


async def draft_of_ticket(
    session: AsyncSession, *, ticket_id: int | str, by: Principal
) -> ArticleDraft:
    """What an article of this ticket might say, people struck out of it.

    Raises TicketNotFound, TicketNotSolved, ArticleExists.
    """
    ticket = await _solved_ticket(session, ticket_id, by)
    comments = await list_comments(session, ticket.id, by)
    names = {ticket.requester_name or "", *(each.author_name for each in comments)}
    question = mask(ticket.description or ticket.title, names).strip()[:_QUESTION_MAX]
    answer = mask(_solution(ticket, comments), names).strip()[:_QUESTION_MAX]
    return ArticleDraft(
        title=mask(ticket.title, names)[:TITLE_MAX],
        body=f"## Question\n\n{question}\n\n## Solution\n\n{answer}\n",
        category=ticket.category,
    )


async def approve_ticket(
    session: AsyncSession, *, ticket_id: int | str, draft: ArticleDraft, by: Principal
) -> Document:
    """Keep the article of this ticket as somebody has approved it. It is a draft until published.

    Raises as draft_of_ticket, and BadArticle.
    """
    ticket = await _solved_ticket(session, ticket_id, by)
    return await add_article(session, draft=draft, by=by, ticket_id=ticket.id)


async def _solved_ticket(session: AsyncSession, ticket_id: int | str, by: Principal) -> Ticket:
    ticket = await get_visible_ticket(session, ticket_id, by, lock=True)
    if ticket.status not in SOLVED:
        raise TicketNotSolved(
            f"This ticket is {ticket.status}; an article is made of one that is solved."
        )
    if known := await find_ticket_article(session, ticket.id):
        raise ArticleExists(
            "There is an article of this ticket already.", file_id=str(known.file_id)
        )
    return ticket


def _solution(ticket: Ticket, comments: list[Comment]) -> str:
    """What was noted when it was solved, else the last thing an agent told the requester."""
    if ticket.resolution:
        return ticket.resolution
    answers = [
        each.body
        for each in comments
        if not each.is_internal and each.author_id not in (None, ticket.requester_id)
    ]
    return answers[-1] if answers else "(Say here what solved it.)"
