"""Put unanswered questions together with those that ask the same.

In the order they were collected, each joins the gap that is most nearly alike, or begins one of its own:
the same questions give the same gaps. A gap and its questions are written in one transaction, so that a
worker killed in the middle leaves them to the next.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import company_of, now_of
from ticketyard.core.log import get_logger
from ticketyard.core.resources import Resources
from ticketyard.knowledge.learning.collecting import TYPING
from ticketyard.knowledge.learning.likeness import Groups, Trace
from ticketyard.knowledge.learning.models import Gap, UnansweredQuestion
from ticketyard.knowledge.learning.tracing import keep_trace, trace_kept, trace_texts
from ticketyard.knowledge.retrieving.index import PieceIndex

log = get_logger(__name__)

AT_ONCE = 100
COMPARED_WITH = 5_000
"""Gaps asked about last; with what nobody asked for so long nothing is compared."""
TITLE_MAX = 200


@dataclass
class _Known:
    """The gaps of a company and what they are compared by, in the same places."""

    gaps: list[Gap]
    groups: Groups


async def group_unanswered(resources: Resources, company_id: int) -> int:
    """Give each loose question its gap; gives how many had none."""
    grouped = 0
    while True:
        async with resources.db.transaction(company_id) as session:
            loose = await _loose(session)
        if not loose:
            break
        traces = await trace_texts(resources, [each.question for each in loose])
        embedder = resources.part(PieceIndex).embedder.name
        async with resources.db.transaction(company_id) as session:
            await session.execute(_ALONE)
            await _put(session, [each.id for each in loose], traces, embedder)
        grouped += len(loose)
    if grouped:
        log.info("questions_grouped", company_id=company_id, questions=grouped)
    return grouped


async def _loose(session: AsyncSession) -> list[UnansweredQuestion]:
    """Questions without a gap; a search only once it is surely over."""
    since = now_of(session) - TYPING
    query = (
        select(UnansweredQuestion)
        .where(
            UnansweredQuestion.company_id == company_of(session),
            UnansweredQuestion.gap_id.is_(None),
            UnansweredQuestion.question != "",
            (UnansweredQuestion.origin != "search") | (UnansweredQuestion.asked_at <= since),
        )
        .order_by(UnansweredQuestion.id)
        .limit(AT_ONCE)
    )
    return list(await session.scalars(query))


async def _put(
    session: AsyncSession, ids: Sequence[int], traces: Sequence[Trace], embedder: str
) -> None:
    by_id = dict(zip(ids, traces, strict=True))
    known = await _known(session, embedder)
    still = await session.scalars(
        select(UnansweredQuestion)
        .where(
            UnansweredQuestion.company_id == company_of(session),
            UnansweredQuestion.id.in_(ids),
            UnansweredQuestion.gap_id.is_(None),
        )
        .order_by(UnansweredQuestion.id)
    )
    for question in still.all():
        await _place(session, known, question, by_id[question.id], embedder)


async def _known(session: AsyncSession, embedder: str) -> _Known:
    found = await session.scalars(
        select(Gap)
        .where(Gap.company_id == company_of(session))
        .order_by(Gap.last_asked_at.desc(), Gap.id)
        .limit(COMPARED_WITH)
    )
    # The oldest first: of two that are equally alike, the one that was there before.
    gaps = sorted(found, key=lambda gap: gap.id)
    return _Known(gaps, Groups([trace_kept(gap, embedder) for gap in gaps]))


async def _place(
    session: AsyncSession,
    known: _Known,
    question: UnansweredQuestion,
    trace: Trace,
    embedder: str,
) -> None:
    place = known.groups.find(trace)
    if place is None:
        gap = _begin(session, question)
        known.gaps.append(gap)
        known.groups.add(trace)
        await session.flush()  # its id comes from the database
    else:
        gap = known.gaps[place]
        trace = known.groups.join(place, trace)
    _count(gap, question)
    keep_trace(gap, trace, embedder)
    question.gap_id = gap.id
    await session.flush()  # who asks is counted among the rows
    gap.people = await _people(session, gap.id)


def _begin(session: AsyncSession, question: UnansweredQuestion) -> Gap:
    gap = Gap(
        company_id=company_of(session),
        title=question.question[:TITLE_MAX],
        state="open",
        first_asked_at=question.asked_at,
        last_asked_at=question.asked_at,
        asked=0,
        people=0,
        reopened=0,
        languages=[],
    )
    session.add(gap)
    return gap


def _count(gap: Gap, question: UnansweredQuestion) -> None:
    gap.asked += 1
    gap.languages = sorted({*gap.languages, question.language})
    gap.first_asked_at = min(gap.first_asked_at, question.asked_at)
    gap.last_asked_at = max(gap.last_asked_at, question.asked_at)
    # What was asked in vain has been tried by it: the knowledge has to grow before it is tried again.
    gap.tried_at = max(gap.tried_at or question.asked_at, question.asked_at)
    # Asked before it was answered, and only collected later, it was not asked in vain again.
    if gap.state == "answered" and question.asked_at > (gap.answered_at or question.asked_at):
        gap.state = "open"
        gap.answered_at = gap.answered_by_id = None
        gap.reopened += 1


async def _people(session: AsyncSession, gap_id: int) -> int:
    return int(await session.scalar(_PEOPLE, {"gap_id": gap_id}) or 0)


# Two workers would each begin a gap of their own for the same question.
_ALONE = text("select pg_advisory_xact_lock(hashtext('knowledge_gap'), current_company())")
_PEOPLE = text(
    "select count(distinct asker) from unanswered_question"
    " where company_id = current_company() and gap_id = :gap_id"
)
