"""What triage was not sure of and waits for a person: the review queue, most pressing first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import company_of

PAGE: Final = 20
# As far as it is counted for a badge: nobody acts differently on the second hundred.
COUNT_MAX: Final = 100
PROPOSALS_MAX: Final = 12
SKIPPED_MAX: Final = 200
# What is read of a text: its beginning says what it is about.
TEXT_MAX: Final = 4_000


@dataclass(frozen=True)
class Waiting:
    """A ticket whose category a person should say, with what triage makes of it.

    ranking: the likeliest categories with their probability, the proposal first.
    evidence: the words that counted.  is_failed: an engine broke, so there is no proposal.
    team: the likeliest one, where nobody said which and triage was not sure enough to.
    """

    id: int
    number: str
    title: str
    description: str
    segment: str | None
    tags: list[str]
    priority: str
    status: str
    category: str | None
    requester: str
    source: str
    opened_at: datetime
    version: int
    proposal: str | None
    confidence: float
    ranking: list[list[Any]]
    evidence: list[str]
    engine: str
    model_version: int | None
    is_failed: bool
    team_id: int | None
    team: str | None
    team_confidence: float


@dataclass(frozen=True)
class Decided:
    """What became of a ticket that waited; by_name: of whoever filed it, where somebody did."""

    id: int
    number: str
    title: str
    category: str | None
    by_name: str | None


@dataclass(frozen=True)
class Review:
    """What waits: the first of it, how much there is, and what is proposed how often, the commonest
    first.

    matching: how many of the total are as was asked, skipped ones among them.
    """

    rows: list[Waiting]
    total: int
    matching: int
    proposals: list[tuple[str, int]]


async def read_review(
    session: AsyncSession,
    *,
    proposal: str = "",
    sure: float = 0.0,
    skipped: Sequence[int] = (),
    limit: int = PAGE,
) -> Review:
    """The most pressing first, and among equals the one that has waited longest.

    proposal: rows of only this one.  sure: rows with at least this confidence.
    """
    asked = {
        "company": company_of(session),
        "proposal": proposal,
        "sure": sure,
        "skipped": list(skipped),
        "limit": limit,
        "proposals": PROPOSALS_MAX,
    }
    found = (await session.execute(_REVIEW, asked)).one()
    rows = await _find(session, found.ids)
    return Review(
        rows=[rows[ticket_id] for ticket_id in found.ids if ticket_id in rows],
        total=found.total,
        matching=found.matching,
        proposals=[(name, times) for name, times in found.proposals],
    )


async def find_waiting(session: AsyncSession, ticket_ids: Sequence[int]) -> dict[int, Waiting]:
    """Those of these tickets that wait, by id."""
    return await _find(session, list(ticket_ids)[:SKIPPED_MAX])


async def _find(session: AsyncSession, ticket_ids: list[int]) -> dict[int, Waiting]:
    rows = await session.execute(_FIND, {"company": company_of(session), "ids": ticket_ids})
    return {row.id: Waiting(**row._mapping) for row in rows}


async def find_decided(session: AsyncSession, ticket_ids: Sequence[int]) -> list[Decided]:
    """These tickets as they are now, with who said what they are about."""
    rows = await session.execute(
        _DECIDED, {"company": company_of(session), "ids": list(ticket_ids)[:SKIPPED_MAX]}
    )
    return [Decided(**row._mapping) for row in rows]


async def count_waiting(session: AsyncSession, *, most: int = COUNT_MAX) -> int:
    """How many wait, counted up to `most`."""
    found = await session.scalar(_COUNT, {"company": company_of(session), "most": most})
    return int(found or 0)


# What the source or an agent said stays, so a doubt of triage's there asks nobody anything; what
# that means is said once, in the database (migrations/functions/list_review.sql).
WAITS: Final = "waits_for_review(a.need_admin, a.state, t.category_by, t.status, t.merged_into)"
_FROM = "from analysis a join ticket t on t.company_id = a.company_id and t.id = a.ticket_id"
_WHERE = f" where a.company_id = :company and {WAITS}"
_WAITS = f"{_FROM} {_WHERE}"
_COLUMNS = f"""
  t.id, t.number, t.title, left(t.description, {TEXT_MAX}) as description, t.segment, t.tags,
  t.priority, t.status, t.category, t.source, t.created_at as opened_at, t.version,
  coalesce(nullif(t.requester_name, ''), t.requester_email,
           'Client ' || left(t.client ->> 'guid', 8), '') as requester,
  case when a.state = 'done' then a.category end as proposal,
  coalesce(case when a.state = 'done' then a.category_confidence end, 0) as confidence,
  case when a.state = 'done' then a.category_ranking else '[]' end as ranking,
  coalesce(array(select jsonb_array_elements_text(a.evidence -> 'category')), '{{}}') as evidence,
  a.engine, a.model_version, a.state = 'failed' as is_failed,
  m.id as team_id, m.name as team, coalesce(a.team_confidence, 0) as team_confidence
"""
_TEAM = """
  left join team m on m.id = a.team_id and m.company_id = a.company_id and not a.team_is_sure
    and t.team_by in ('default', 'triage')
"""

# All that waits is looked at once, in few columns; the rows that are shown are read afterwards.
_REVIEW = text(
    f"""
    with waiting as materialized (
      select t.id, priority_rank(t.priority) as rank, a.category, a.category_confidence, a.state
      {_WAITS}
    ), alike as (
      select id, rank from waiting
      where (:proposal = '' or category = :proposal)
        and (:sure = 0 or category_confidence >= :sure)
    ), first as (
      select id, rank from alike where id <> all (cast(:skipped as bigint[]))
      order by rank desc, id limit :limit
    ), proposed as (
      select category, count(*) as times from waiting
      where state = 'done' and category is not null
      group by category order by times desc, category limit :proposals
    )
    select (select count(*) from waiting) as total, (select count(*) from alike) as matching,
      array(select id from first order by rank desc, id) as ids,
      coalesce((select jsonb_agg(jsonb_build_array(category, times) order by times desc, category)
                from proposed), '[]') as proposals
    """
)
_FIND = text(f"select {_COLUMNS} {_FROM} {_TEAM} {_WHERE} and t.id = any (cast(:ids as bigint[]))")
_COUNT = text(f"select count(*) from (select {_WAITS} limit :most) as counted")
_DECIDED = text(
    """
    select t.id, t.number, t.title, t.category,
      case when t.category_by = 'agent' then
        (select c.by_name from correction c
         where c.company_id = t.company_id and c.ticket_id = t.id and c.field = 'category'
         order by c.id desc limit 1) end as by_name
    from ticket t where t.company_id = :company and t.id = any (cast(:ids as bigint[]))
    """
)
