"""The queue as the desk shows it. Picks tickets as the list of the API does, and reads them as rows."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import company_of
from ticketyard.insights.queue_filter import NOBODY, SORTS, QueueFilter
from ticketyard.insights.ticket_query import TicketQuery, render_cursor, with_cursor
from ticketyard.insights.triage_review import WAITS
from ticketyard.tickets.errors import BadField
from ticketyard.tickets.lifecycle import ACTIVE, STATUSES
from ticketyard.tickets.numbering import PATTERN

# As far as the database counts; beyond it a count says "more".
COUNT_MAX: Final = 10_001
# What a tab counts: nobody acts differently on the second thousand.
TAB_MAX: Final = 1_000
# What the filter of promises says, and what the list's own filter takes.
PROMISES: Final = {"broken": "true", "kept": "false"}
_ID_MAX: Final = 2**31 - 1


@dataclass(frozen=True)
class QueueRow:
    """One ticket as a line of the queue."""

    id: int
    number: str
    title: str
    status: str
    priority: str
    category: str | None
    requester: str | None
    source: str
    city: str | None
    segment: str | None
    tags: list[str]
    opened_at: datetime
    due_at: datetime | None
    is_broken: bool
    language: str | None
    sentiment: str | None
    needs_review: bool
    assignee_name: str | None
    office_name: str | None


async def list_queue(
    session: AsyncSession,
    wanted: QueueFilter,
    *,
    person_id: int | None,
    after: str = "",
    limit: int = 50,
) -> tuple[list[QueueRow], str]:
    """One page, and the cursor of the next one, empty at the end.

    after: a cursor; one that is bent means the beginning.
    """
    query = _query(wanted, person_id, limit)
    if after:
        try:
            query = with_cursor(query, after)
        except BadField:
            query = _query(wanted, person_id, limit)
    ids, last_keys, _ = await _pick(session, query, count=False)
    rows = await session.execute(text(_ROWS), {"company": company_of(session), "ids": ids[:limit]})
    more = len(ids) > limit and last_keys is not None
    return [QueueRow(**row._mapping) for row in rows], (
        render_cursor(query, last_keys) if more and last_keys else ""
    )


async def count_queue(
    session: AsyncSession,
    wanted: QueueFilter,
    *,
    person_id: int | None,
    newer_than: datetime | None = None,
) -> int:
    """How many tickets match, counted up to COUNT_MAX.

    newer_than: only those opened after this instant.
    """
    query = _query(wanted, person_id, limit=1)
    if newer_than is not None:
        # The list's own bound is inclusive, and instants are kept to the microsecond.
        bound = newer_than + timedelta(microseconds=1)
        query = query.narrowed(created_after=(bound.isoformat(),))
    _, _, total = await _pick(session, query, count=True)
    return total


async def count_tabs(session: AsyncSession, *, person_id: int | None) -> dict[str, int]:
    """How many tickets each view has that is a person's work, counted up to TAB_MAX."""
    row = (
        await session.execute(
            text(_TABS), {"company": company_of(session), "me": person_id or 0, "most": TAB_MAX}
        )
    ).one()
    return dict(row._mapping)


async def count_unassigned(session: AsyncSession) -> int:
    """How many tickets in work nobody has, counted up to TAB_MAX."""
    found = await session.scalar(
        text(f"select {_UNASSIGNED}"), {"company": company_of(session), "most": TAB_MAX}
    )
    return int(found or 0)


async def newest_opening(session: AsyncSession) -> datetime | None:
    """When the ticket opened last was opened."""
    found: datetime | None = await session.scalar(
        text("select max(created_at) from ticket where company_id = :company"),
        {"company": company_of(session)},
    )
    return found


async def _pick(
    session: AsyncSession, query: TicketQuery, *, count: bool
) -> tuple[list[int], list[Any] | None, int]:
    """The ids of a page with one more, the keys of its last one, and the total where asked."""
    # Row-level security keeps the full-text index from us; only ids come past it (decision 0021).
    function = "search_tickets" if query.where.keys() & {"q", "tag", "field"} else "pick_tickets"
    row = (
        await session.execute(
            text(f"select ids, last_keys, total from {function}(cast(:asked as jsonb), :count)"),
            {"asked": orjson.dumps(query.asked()).decode(), "count": count},
        )
    ).one()
    return row.ids or [], row.last_keys, row.total or 0


def _query(wanted: QueueFilter, person_id: int | None, limit: int) -> TicketQuery:
    sort, descending = SORTS.get(wanted.sort, SORTS[""])
    return TicketQuery(
        where=_where(wanted, person_id), sort=sort, descending=descending, limit=limit
    )


def _where(wanted: QueueFilter, person_id: int | None) -> dict[str, tuple[str, ...]]:
    """The filters of the list that this queue means."""
    where: dict[str, tuple[str, ...]] = {}
    if wanted.view != "all":
        where["status"] = tuple(status for status in STATUSES if status in ACTIVE)
    if wanted.view == "mine":
        where["assignee_id"] = (str(person_id or 0),)
    if wanted.view == "unassigned":
        where["unassigned"] = ("true",)
    if wanted.view == "review":
        where["needs_review"] = ("true",)
    for name in ("status", "priority", "category", "sentiment", "language", "source", "tag"):
        if value := getattr(wanted, name):
            where[name] = (value,)
    if ":" in wanted.field.strip(": "):
        where["field"] = (wanted.field,)
    if wanted.promise in PROMISES:
        where["sla_breach"] = (PROMISES[wanted.promise],)
    return where | _people(wanted) | _words(wanted.q.strip())


def _people(wanted: QueueFilter) -> dict[str, tuple[str, ...]]:
    where: dict[str, tuple[str, ...]] = {}
    if wanted.assignee == NOBODY:
        where["unassigned"] = ("true",)
    elif is_id(wanted.assignee):
        where["assignee_id"] = (wanted.assignee,)
    if is_id(wanted.office):
        where["office_id"] = (wanted.office,)
    return where


def _words(words: str) -> dict[str, tuple[str, ...]]:
    """A number finds its ticket; anything else is searched in titles, texts and requesters."""
    if PATTERN.fullmatch(words):
        return {"number": (words.upper(),)}
    return {"q": (words.replace("\x00", " "),)} if words else {}


def is_id(word: str) -> bool:
    """Whether a word from an address can be an id."""
    return word.isascii() and word.isdigit() and len(word) <= 10 and int(word) <= _ID_MAX


# Each status in its own index, newest first, so that a count stops as soon as it has enough.
_IN_WORK = "t.company_id = :company and t.status in ('open', 'assigned', 'in_progress', 'pending')"
_UNASSIGNED = f"""
  (select count(*) from (select from ticket t
     where {_IN_WORK} and t.assignee_id is null limit :most) as counted)
"""
_TABS = f"""
select
  (select count(*) from (select from ticket t where {_IN_WORK} limit :most) as counted) as open,
  (select count(*) from (select from ticket t
     where {_IN_WORK} and t.assignee_id = :me limit :most) as counted) as mine,
  {_UNASSIGNED} as unassigned,
  (select count(*) from (select from analysis a
     join ticket t on t.company_id = a.company_id and t.id = a.ticket_id
     where a.company_id = :company and {WAITS} limit :most) as counted) as review
"""

_ROWS = f"""
select t.id, t.number, t.title, t.status, t.priority, t.category,
       coalesce(nullif(t.requester_name, ''), t.requester_email,
                'Client ' || left(t.client ->> 'guid', 8)) as requester, t.source,
       t.address ->> 'city' as city, t.segment, t.tags, t.created_at as opened_at, t.sla_due_at as due_at,
       is_promise_broken(t.sla_breach, t.sla_due_at, now()) as is_broken, a.language, a.sentiment,
       coalesce({WAITS}, false) as needs_review,
       p.name as assignee_name, o.name as office_name
from unnest(cast(:ids as bigint[])) with ordinality as w(id, n)
join ticket t on t.company_id = :company and t.id = w.id
left join analysis a on a.company_id = :company and a.ticket_id = t.id
left join person p on p.company_id = :company and p.id = t.assignee_id
left join agent g on g.company_id = :company and g.person_id = t.assignee_id
left join office o on o.company_id = :company and o.id = g.office_id
order by w.n
"""
