"""Draft articles of solved tickets that an agent answered and that no article covers.

A draft is never published by itself. Its question is the ticket's, its steps are sentences of the answer,
people and secrets are struck out of both. Tickets that ask the same are counted at one draft; what somebody
put away does not come back, nor does anything like it.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of, now_of
from ticketyard.core.log import get_logger
from ticketyard.core.resources import Resources
from ticketyard.knowledge.answering.answering import MIN_SCORE
from ticketyard.knowledge.answering.solving import NAME
from ticketyard.knowledge.drafts import TITLE_MAX, ArticleDraft
from ticketyard.knowledge.learning.likeness import Groups, Trace
from ticketyard.knowledge.learning.models import ArticleProposal
from ticketyard.knowledge.learning.queries import count_proposals
from ticketyard.knowledge.learning.reply_steps import asked_in, steps_of
from ticketyard.knowledge.learning.tracing import keep_trace, trace_kept, trace_texts
from ticketyard.knowledge.masking import mask
from ticketyard.knowledge.models import Document
from ticketyard.knowledge.retrieving.asked import INTERNAL, PUBLIC, Asked, Narrow
from ticketyard.knowledge.retrieving.finding import retrieve
from ticketyard.knowledge.retrieving.index import PieceIndex
from ticketyard.knowledge.writing import add_article
from ticketyard.triage.preparing import TicketText

log = get_logger(__name__)

Verdict = Literal["proposed", "covered", "no_answer", "unwanted"]

LOOK_BACK = timedelta(days=30)
AT_ONCE = 50
WAITING_MAX = 200
"""So many undecided drafts are enough for anybody to look through; tickets wait until there are fewer."""
QUESTION_MAX = 2_000
COMPARED_WITH = 5_000
_RE = re.compile(r"^\s*(?:(?:re|fw|fwd|aw|wg|отв|ответ|пересл)\s*:\s*)+", re.IGNORECASE)


@dataclass(frozen=True)
class _Solved:
    """A solved ticket as it may be told: people and secrets are struck out."""

    ticket_id: int
    resolved_at: datetime
    title: str
    question: str
    steps: tuple[str, ...]
    category: str | None


async def draft_articles(resources: Resources, company_id: int) -> int:
    """Look at the tickets solved since the last time, each once; gives how many new drafts there are.

    Each ticket is decided on in one transaction: whoever is killed in between goes on with the next.
    """
    async with resources.db.transaction(company_id) as session:
        solved = await _list_solved(session)
    drafted = 0
    for each in solved:
        traces = await trace_texts(resources, [f"{each.title}\n{each.question}"])
        covered = bool(each.steps) and await _is_covered(resources, company_id, each)
        async with resources.db.transaction(company_id) as session:
            await session.execute(_ALONE)
            embedder = resources.part(PieceIndex).embedder.name
            drafted += await _decide(session, each, traces[0], embedder, covered=covered)
    return drafted


async def _list_solved(session: AsyncSession) -> list[_Solved]:
    if await count_proposals(session) >= WAITING_MAX:
        return []
    given = {"since": now_of(session) - LOOK_BACK, "limit": AT_ONCE}
    rows = (await session.execute(_SOLVED, given)).all()
    return [_told(row) for row in rows]


def _told(row: Row[tuple[Any, ...]]) -> _Solved:
    names = [row.requester_name or "", *row.names]
    content = asked_in(TicketText(row.id, "", row.description).content) or row.title
    return _Solved(
        ticket_id=row.id,
        resolved_at=row.resolved_at,
        title=" ".join(_RE.sub("", mask(row.title, names)).split())[:TITLE_MAX],
        question=mask(content[: 2 * QUESTION_MAX], names).strip()[:QUESTION_MAX],
        steps=tuple(mask(each, names) for each in row.human_steps or steps_of(row.reply or "")),
        category=row.category,
    )


async def _is_covered(resources: Resources, company_id: int, solved: _Solved) -> bool:
    least = max(resources.part(PieceIndex).options.min_score, MIN_SCORE)
    retrieval = await retrieve(
        resources,
        company_id,
        Asked(
            f"{solved.title}\n{solved.question}",
            Narrow((INTERNAL, PUBLIC)),
            limit=1,
            min_score=least,
            likely_category=solved.category,
        ),
    )
    return bool(retrieval.found)


async def _decide(
    session: AsyncSession, solved: _Solved, trace: Trace, embedder: str, *, covered: bool
) -> bool:
    """Put down what becomes of a ticket; gives whether it began a draft."""
    if not await session.scalar(_STILL, {"id": solved.ticket_id, "at": solved.resolved_at}):
        return False
    if not solved.steps or not trace.lead:
        await _mark(session, solved, "no_answer")
        return False
    if covered:
        await _mark(session, solved, "covered")
        return False
    like = await _find_like(session, trace, embedder)
    if like is not None:
        publication = await _publication(session, like)
        is_wanted = publication in ("draft", "published")
        if is_wanted:
            keep_trace(like, trace_kept(like, embedder).joined_by(trace), embedder)
        await _mark(session, solved, "proposed" if is_wanted else "unwanted", like.id)
        return False
    proposal = await _begin(session, solved, trace, embedder)
    await _mark(session, solved, "proposed", proposal.id)
    return True


async def _find_like(session: AsyncSession, trace: Trace, embedder: str) -> ArticleProposal | None:
    rows = await session.scalars(
        select(ArticleProposal)
        .where(ArticleProposal.company_id == company_of(session))
        .order_by(ArticleProposal.id.desc())
        .limit(COMPARED_WITH)
    )
    kept = sorted(rows, key=lambda each: each.id)
    place = Groups([trace_kept(each, embedder) for each in kept]).find(trace)
    return None if place is None else kept[place]


async def _publication(session: AsyncSession, proposal: ArticleProposal) -> str | None:
    """Where its document stands; None where it was deleted."""
    found: str | None = await session.scalar(
        select(Document.publication).where(
            Document.company_id == company_of(session), Document.id == proposal.document_id
        )
    )
    return found


async def _begin(
    session: AsyncSession, solved: _Solved, trace: Trace, embedder: str
) -> ArticleProposal:
    by = Principal.system(company_of(session), NAME)
    document = await add_article(session, draft=_draft(solved), by=by, ticket_id=solved.ticket_id)
    # A machine wrote it, and nobody has approved it.
    document.approved_by_name = ""
    proposal = ArticleProposal(
        company_id=company_of(session),
        document_id=document.id,
        title=solved.title,
        proposed_at=now_of(session),
    )
    keep_trace(proposal, trace, embedder)
    session.add(proposal)
    await session.flush()  # its id comes from the database
    log.info("article_drafted", ticket_id=solved.ticket_id, file_id=str(document.file_id))
    return proposal


def _draft(solved: _Solved) -> ArticleDraft:
    steps = (
        [f"{number}. {step}" for number, step in enumerate(solved.steps, 1)]
        if len(solved.steps) > 1
        else list(solved.steps)
    )
    body = "\n".join(["## Question", "", solved.question, "", "## Solution", "", *steps])
    return ArticleDraft(solved.title or "Untitled", body, solved.category)


async def _mark(
    session: AsyncSession, solved: _Solved, verdict: Verdict, proposal_id: int | None = None
) -> None:
    await session.execute(
        _MARK,
        {
            "ticket_id": solved.ticket_id,
            "verdict": verdict,
            "proposal_id": proposal_id,
            "resolved_at": solved.resolved_at,
            "now": now_of(session),
        },
    )


_ALONE = text("select pg_advisory_xact_lock(hashtext('article_proposal'), current_company())")
# Solved again, a ticket is looked at again, unless it stands at a draft already.
_LOOKED_AT = """
    exists (select from proposal_ticket x where x.company_id = t.company_id and x.ticket_id = t.id
      and (x.resolved_at >= t.resolved_at or x.proposal_id is not null))
"""
_SOLVED = text(
    """
    select t.id, t.title, t.description, t.requester_name, t.category, t.resolved_at, r.body as reply,
      (select array_agg(e.value->>'text' order by e.ordinality)
       from jsonb_array_elements(s.human_steps) with ordinality e) as human_steps,
      coalesce((select array_agg(distinct c.author_name) from comment c
        where c.company_id = t.company_id and c.ticket_id = t.id), '{}') as names
    from ticket t
    left join ticket_solution s on s.company_id = t.company_id and s.ticket_id = t.id
    left join lateral (
      select c.body from comment c
      where c.company_id = t.company_id and c.ticket_id = t.id and not c.is_internal
        and c.author_kind = 'person' and c.author_id is distinct from t.requester_id
        and exists (select from person p where p.company_id = c.company_id and p.id = c.author_id
          and p.role <> 'requester')
      order by c.id desc limit 1) r on true
    where t.company_id = current_company() and t.status in ('resolved', 'closed')
      and t.resolved_at > :since and t.merged_into is null and t.source <> 'alert'
      and (r.body is not null or s.human_steps is not null)
      and not exists (select from knowledge_document d where d.company_id = t.company_id
        and d.ticket_id = t.id)
      and not"""
    + _LOOKED_AT
    + " order by t.resolved_at, t.id limit :limit"
)
_STILL = text(
    "select exists (select from ticket t where t.company_id = current_company() and t.id = :id"
    " and t.status in ('resolved', 'closed') and t.resolved_at = :at"
    " and not exists (select from knowledge_document d where d.company_id = t.company_id"
    " and d.ticket_id = t.id) and not" + _LOOKED_AT + ")"
)
_MARK = text(
    """
    insert into proposal_ticket as x (company_id, ticket_id, verdict, proposal_id, resolved_at, looked_at)
    values (current_company(), :ticket_id, :verdict, :proposal_id, :resolved_at, :now)
    on conflict (company_id, ticket_id) do update set verdict = excluded.verdict,
      proposal_id = excluded.proposal_id, resolved_at = excluded.resolved_at,
      looked_at = excluded.looked_at
    """
)
