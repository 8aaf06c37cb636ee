"""Which tickets belong to one."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.tickets.related.kinds import SEEN, Direction, seen_from


@dataclass(frozen=True)
class Related:
    """Another ticket, and how it belongs to the one asked about."""

    kind: str
    id: int
    number: str
    title: str
    status: str


async def list_related(session: AsyncSession, ticket_id: int, by: Principal) -> Sequence[Related]:
    """Linked tickets, in the order of the kinds; a requester sees only their own."""
    rows = await session.execute(
        _LINKS,
        {
            "ticket": ticket_id,
            "all": by.may("tickets:read"),
            "person": by.person_id,
        },
    )
    found = [
        Related(
            seen_from(Direction(row.ticket_id, row.other_id, row.kind), ticket_id),
            row.id,
            row.number,
            row.title,
            row.status,
        )
        for row in rows
    ]
    return sorted(found, key=lambda each: (SEEN.index(each.kind), each.id))


@dataclass(frozen=True)
class Merged:
    """Where a ticket went, or what came into it."""

    id: int
    number: str
    title: str
    requester_id: int | None


async def find_survivor(session: AsyncSession, ticket_id: int) -> Merged | None:
    """The ticket that took this one in, if any."""
    row = (await session.execute(_SURVIVOR, {"ticket": ticket_id})).one_or_none()
    return Merged(*row) if row else None


async def list_taken_in(session: AsyncSession, ticket_id: int) -> Sequence[Merged]:
    """The tickets that this one took in, in order of their ids."""
    rows = await session.execute(_TAKEN_IN, {"ticket": ticket_id})
    return [Merged(*row) for row in rows]


_LINKS = text(
    """
    select l.ticket_id, l.other_id, l.kind, t.id, t.number, t.title, t.status
    from ticket_link l
    join ticket t on t.company_id = l.company_id
      and t.id = case when l.ticket_id = :ticket then l.other_id else l.ticket_id end
    where l.company_id = current_company() and (l.ticket_id = :ticket or l.other_id = :ticket)
      and (:all or t.requester_id = cast(:person as integer))
    limit 500
    """
)
_SURVIVOR = text(
    """
    select s.id, s.number, s.title, s.requester_id
    from ticket t join ticket s on s.company_id = t.company_id and s.id = t.merged_into
    where t.company_id = current_company() and t.id = :ticket
    """
)
_TAKEN_IN = text(
    "select id, number, title, requester_id from ticket"
    " where company_id = current_company() and merged_into = :ticket order by id limit 500"
)
