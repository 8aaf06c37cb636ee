"""The queue as the desk shows it: filtered, newest first, page by page along a key."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import company_of
from ticketyard.tickets.lifecycle import ACTIVE
from ticketyard.tickets.numbering import PATTERN

# Counts stop here, so that a tab never walks through a hundred thousand tickets.
COUNT_MAX = 1_000
NOBODY = "none"


@dataclass(frozen=True)
class QueueFilter:
    """What somebody wants to see. An empty value does not filter.

    view: open, mine, unassigned, review or all.  assignee: a person's id, or `none`.
    """

    view: str = "open"
    q: str = ""
    status: str = ""
    priority: str = ""
    category: str = ""
    sentiment: str = ""
    assignee: str = ""
    office: str = ""
    language: str = ""
    source: str = ""


@dataclass(frozen=True)
class QueueRow:
    """One ticket as a line of the queue."""

    id: int
    number: str
    title: str
    status: str
    priority: str
    category: str | None
    requester_name: str | None
    segment: str | None
    tags: list[str]
    opened_at: datetime
    language: str | None
    sentiment: str | None
    needs_review: bool
    assignee_name: str | None
    office_name: str | None


@dataclass(frozen=True)
class Key:
    """Where a page begins: after the ticket opened at this instant with this id."""

    opened_at: datetime
    id: int


async def list_queue(
    session: AsyncSession,
    wanted: QueueFilter,
    *,
    person_id: int | None,
    after: Key | None = None,
    limit: int = 50,
) -> tuple[list[QueueRow], Key | None]:
    """One page and the key of the next one, None at the end."""
    where, values = _conditions(wanted, person_id)
    if after is not None:
        where.append("(t.created_at, t.id) < (:after_at, :after_id)")
        values |= {"after_at": after.opened_at, "after_id": after.id}
    rows = await session.execute(
        text(_ROWS.format(where=" and ".join(where))),
        {"company": company_of(session), "limit": limit + 1, **values},
    )
    found = [QueueRow(**row._mapping) for row in rows]
    page = found[:limit]
    return page, Key(page[-1].opened_at, page[-1].id) if len(found) > limit else None


async def count_queue(
    session: AsyncSession,
    wanted: QueueFilter,
    *,
    person_id: int | None,
    newer_than_id: int | None = None,
) -> int:
    """How many tickets match, counted up to COUNT_MAX.

    newer_than_id: only those that came after this one.
    """
    where, values = _conditions(wanted, person_id)
    if newer_than_id is not None:
        where.append("t.id > :newer_than")
        values["newer_than"] = newer_than_id
    statement = (
        f"select count(*) from (select 1 {_FROM} where {' and '.join(where)} "
        "limit :most) as counted"
    )
    found = await session.scalar(
        text(statement), {"company": company_of(session), "most": COUNT_MAX, **values}
    )
    return int(found or 0)


async def newest_ticket_id(session: AsyncSession) -> int:
    """The id of the ticket opened last; 0 when there is none."""
    found = await session.scalar(
        text("select max(id) from ticket where company_id = :company"),
        {"company": company_of(session)},
    )
    return int(found or 0)


_FROM = """
    from ticket t
    left join analysis a on a.company_id = t.company_id and a.ticket_id = t.id
    left join agent g on g.person_id = t.assignee_id
"""

_ROWS = (
    """
    select t.id, t.number, t.title, t.status, t.priority, t.category, t.requester_name, t.segment,
           t.tags, t.created_at as opened_at, a.language, a.sentiment,
           coalesce(a.need_admin, false) and t.category_by <> 'agent' as needs_review,
           p.name as assignee_name, o.name as office_name
    """
    + _FROM
    + """
    left join person p on p.id = t.assignee_id
    left join office o on o.id = g.office_id
    where {where}
    order by t.created_at desc, t.id desc
    limit :limit
    """
)

_ACTIVE = ", ".join(f"'{status}'" for status in sorted(ACTIVE))
_VIEWS: Mapping[str, Sequence[str]] = {
    "open": (f"t.status in ({_ACTIVE})",),
    "mine": (f"t.status in ({_ACTIVE})", "t.assignee_id = :me"),
    "unassigned": (f"t.status in ({_ACTIVE})", "t.assignee_id is null"),
    "review": (f"t.status in ({_ACTIVE})", "a.need_admin", "t.category_by <> 'agent'"),
    "all": (),
}
VIEWS = tuple(_VIEWS)
_EQUAL = {
    "status": "t.status",
    "priority": "t.priority",
    "category": "t.category",
    "sentiment": "a.sentiment",
    "language": "a.language",
    "source": "t.source",
}


def _conditions(wanted: QueueFilter, person_id: int | None) -> tuple[list[str], dict[str, Any]]:
    where = ["t.company_id = :company", *_VIEWS.get(wanted.view, ())]
    values: dict[str, Any] = {"me": person_id} if wanted.view == "mine" else {}
    for name, column in _EQUAL.items():
        if value := getattr(wanted, name):
            where.append(f"{column} = :{name}")
            values[name] = value
    _narrow_to_people(wanted, where, values)
    _narrow_to_words(wanted.q.strip(), where, values)
    return where, values


def _narrow_to_people(wanted: QueueFilter, where: list[str], values: dict[str, Any]) -> None:
    if wanted.assignee == NOBODY:
        where.append("t.assignee_id is null")
    elif wanted.assignee.isdecimal():
        where.append("t.assignee_id = :assignee")
        values["assignee"] = min(int(wanted.assignee), 2**31 - 1)
    if wanted.office.isdecimal():
        where.append("g.office_id = :office")
        values["office"] = min(int(wanted.office), 2**31 - 1)


def _narrow_to_words(words: str, where: list[str], values: dict[str, Any]) -> None:
    """A number finds its ticket; anything else is searched in titles, texts and requesters."""
    if not words:
        return
    if PATTERN.fullmatch(words):
        where.append("t.number = :number")
        values["number"] = words.upper()
        return
    where.append(
        "t.search @@ (websearch_to_tsquery('russian', :words)"
        " || websearch_to_tsquery('simple', :words))"
    )
    values["words"] = words.replace("\x00", " ")[:300]
