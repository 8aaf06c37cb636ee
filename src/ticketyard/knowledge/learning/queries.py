"""Reading gaps, drafts of solved tickets, and how often documents are cited."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Select, Text, cast, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import company_of
from ticketyard.knowledge.learning.errors import GapNotFound
from ticketyard.knowledge.learning.models import ArticleProposal, Gap, UnansweredQuestion
from ticketyard.knowledge.models import Document

GapState = Literal["open", "writing", "answered", "dismissed"]
EXAMPLES = 10
TICKETS_SHOWN = 20


@dataclass(frozen=True)
class GapView:
    """A gap and the article that is written because of it, or that answers it.

    state: writing is an open one that has an article.
    """

    gap: Gap
    state: GapState
    article_id: str | None
    article_title: str
    article_publication: str


@dataclass(frozen=True)
class ProposalView:
    """A draft, and the solved tickets that say the same; count: how many in all."""

    proposal_id: int
    document: Document
    count: int
    tickets: tuple[tuple[int, str], ...]
    last_resolved_at: datetime


async def list_gaps(
    session: AsyncSession, *, state: GapState | None, limit: int, offset: int = 0
) -> list[GapView]:
    """Gaps, what most people ask first."""
    query = _gaps(session, state).order_by(
        Gap.people.desc(), Gap.asked.desc(), Gap.last_asked_at.desc(), Gap.id
    )
    rows = await session.execute(query.limit(limit).offset(offset))
    return [_view(*row) for row in rows]


async def count_gaps(session: AsyncSession) -> dict[GapState, int]:
    """How many there are in each state."""
    rows = await session.execute(_COUNTS)
    found: dict[GapState, int] = {"open": 0, "writing": 0, "answered": 0, "dismissed": 0}
    return found | {row.state: row.found for row in rows}


async def get_gap(session: AsyncSession, gap_id: int) -> GapView:
    """One gap. Raises GapNotFound."""
    row = (await session.execute(_gaps(session, None).where(Gap.id == gap_id))).first()
    if row is None:
        raise GapNotFound("There is no such question.")
    return _view(*row)


async def hold_gap(session: AsyncSession, gap_id: int) -> Gap:
    """The gap, locked for a change. Raises GapNotFound."""
    found = await session.scalar(
        select(Gap).where(Gap.company_id == company_of(session), Gap.id == gap_id).with_for_update()
    )
    if found is None:
        raise GapNotFound("There is no such question.")
    return found


async def list_examples(
    session: AsyncSession, gap_ids: Sequence[int], *, each: int = EXAMPLES
) -> dict[int, list[UnansweredQuestion]]:
    """How people put it, the latest first, the same words once; by gap."""
    ranked = (
        select(
            func.max(UnansweredQuestion.id).label("id"),
            func.row_number()
            .over(
                partition_by=UnansweredQuestion.gap_id,
                order_by=func.max(UnansweredQuestion.id).desc(),
            )
            .label("place"),
        )
        .where(
            UnansweredQuestion.company_id == company_of(session),
            UnansweredQuestion.gap_id.in_(gap_ids),
        )
        .group_by(UnansweredQuestion.gap_id, UnansweredQuestion.question)
        .subquery()
    )
    rows = await session.scalars(
        select(UnansweredQuestion)
        .join(ranked, ranked.c.id == UnansweredQuestion.id)
        .where(ranked.c.place <= each)
        .order_by(UnansweredQuestion.id.desc())
    )
    found: dict[int, list[UnansweredQuestion]] = {gap_id: [] for gap_id in gap_ids}
    for row in rows:
        found[row.gap_id or 0].append(row)
    return found


def _gaps(session: AsyncSession, state: GapState | None) -> Select[Gap, str, str, str]:
    query = (
        select(Gap, cast(Document.file_id, Text), Document.title, Document.publication)
        .outerjoin(
            Document,
            (Document.company_id == Gap.company_id)
            & (Document.id == func.coalesce(Gap.answered_by_id, Gap.document_id)),
        )
        .where(Gap.company_id == company_of(session))
    )
    if state in ("open", "writing"):
        query = query.where(Gap.state == "open")
        has_article = Gap.document_id.is_not(None)
        return query.where(has_article if state == "writing" else ~has_article)
    return query.where(Gap.state == state) if state else query


def _view(gap: Gap, file_id: str | None, title: str | None, publication: str | None) -> GapView:
    state: GapState
    if gap.state == "answered":
        state = "answered"
    elif gap.state == "dismissed":
        state = "dismissed"
    else:
        state = "writing" if gap.document_id is not None else "open"
    return GapView(gap, state, file_id, title or "", publication or "")


async def list_proposals(
    session: AsyncSession, *, limit: int, offset: int = 0
) -> list[ProposalView]:
    """Drafts of solved tickets that nobody has decided on; those of most tickets first."""
    rows = await session.execute(_PROPOSALS, {"limit": limit, "offset": offset})
    found = {row.id: row for row in rows}
    documents = await session.scalars(
        select(Document).where(
            Document.company_id == company_of(session),
            Document.id.in_([row.document_id for row in found.values()]),
        )
    )
    by_id = {each.id: each for each in documents}
    return [
        ProposalView(
            row.id,
            by_id[row.document_id],
            row.found,
            tuple(zip(row.ticket_ids, row.numbers, strict=True)),
            row.last_resolved_at,
        )
        for row in found.values()
    ]


async def count_proposals(session: AsyncSession) -> int:
    """How many wait to be decided on."""
    return int(await session.scalar(_PROPOSALS_WAITING) or 0)


async def find_proposal(session: AsyncSession, document_id: int) -> ArticleProposal | None:
    """What a document was drafted as, if it was."""
    found: ArticleProposal | None = await session.scalar(
        select(ArticleProposal).where(
            ArticleProposal.company_id == company_of(session),
            ArticleProposal.document_id == document_id,
        )
    )
    return found


async def list_sources(session: AsyncSession, document_id: int) -> list[tuple[int, str]]:
    """The solved tickets that a document was drafted of: id and number, the latest first."""
    rows = await session.execute(_SOURCES, {"document_id": document_id, "limit": TICKETS_SHOWN})
    return [(row.id, row.number) for row in rows]


async def count_citations(session: AsyncSession, document_ids: Sequence[int]) -> dict[int, int]:
    """In how many answers each of these documents stood."""
    rows = await session.execute(_CITED, {"ids": list(document_ids)})
    return {row.document_id: row.found for row in rows}


async def list_most_cited(session: AsyncSession, *, limit: int) -> list[tuple[Document, int]]:
    """The documents that stood in most answers, and in how many."""
    rows = await session.execute(_MOST_CITED, {"limit": limit})
    counts = {row.document_id: row.found for row in rows}
    documents = await session.scalars(
        select(Document).where(Document.company_id == company_of(session), Document.id.in_(counts))
    )
    return sorted(
        ((each, counts[each.id]) for each in documents), key=lambda pair: (-pair[1], pair[0].id)
    )


_COUNTS = text(
    """
    select case when state = 'open' and document_id is not null then 'writing' else state end as state,
      count(*) as found
    from knowledge_gap where company_id = current_company() group by 1
    """
)
_WAITING = """
    from article_proposal p
    join knowledge_document d on d.company_id = p.company_id and d.id = p.document_id
      and d.publication = 'draft'
"""
_PROPOSALS = text(
    "select p.id, p.document_id, s.found, s.ticket_ids, s.numbers, s.last_resolved_at"
    + _WAITING
    + f"""
    cross join lateral (
      select count(*) as found, max(x.resolved_at) as last_resolved_at,
        (array_agg(t.id order by x.resolved_at desc, t.id desc))[1:{TICKETS_SHOWN}] as ticket_ids,
        (array_agg(t.number order by x.resolved_at desc, t.id desc))[1:{TICKETS_SHOWN}] as numbers
      from proposal_ticket x join ticket t on t.company_id = x.company_id and t.id = x.ticket_id
      where x.company_id = p.company_id and x.proposal_id = p.id) s
    where p.company_id = current_company() and s.found > 0
    order by s.found desc, s.last_resolved_at desc, p.id limit :limit offset :offset
    """
)
_PROPOSALS_WAITING = text("select count(*)" + _WAITING + " where p.company_id = current_company()")
_SOURCES = text(
    """
    select t.id, t.number from article_proposal p
    join proposal_ticket x on x.company_id = p.company_id and x.proposal_id = p.id
    join ticket t on t.company_id = x.company_id and t.id = x.ticket_id
    where p.company_id = current_company() and p.document_id = :document_id
    order by x.resolved_at desc, t.id desc limit :limit
    """
)
_CITED = text(
    "select document_id, count(*) as found from document_citation"
    " where company_id = current_company() and document_id = any(:ids) group by document_id"
)
_MOST_CITED = text(
    "select document_id, count(*) as found from document_citation"
    " where company_id = current_company() group by document_id"
    " order by found desc, document_id limit :limit"
)
