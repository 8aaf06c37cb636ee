"""What the ticket's page shows besides the ticket itself: names, and what happened to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import company_of

HISTORY_MAX = 200


@dataclass(frozen=True)
class Happening:
    """One entry of the ticket's history."""

    type: str
    payload: Mapping[str, Any]
    by_name: str
    at: datetime


async def list_history(
    session: AsyncSession, ticket_id: int, *, since: datetime | None = None
) -> Sequence[Happening]:
    """What happened to a ticket, the latest first; all of it, or only after an instant."""
    rows = await session.execute(
        text(
            "select type, payload, by_name, happened_at from event"
            " where company_id = :company and ticket_id = :ticket"
            " and (cast(:since as timestamptz) is null or happened_at > :since)"
            " order by id desc limit :limit"
        ),
        {
            "company": company_of(session),
            "ticket": ticket_id,
            "since": since,
            "limit": HISTORY_MAX,
        },
    )
    return [Happening(row.type, row.payload, row.by_name, row.happened_at) for row in rows]


@dataclass(frozen=True)
class Names:
    """The names behind a ticket's ids."""

    assignee: str | None
    office: str | None
    team: str | None


async def get_names(session: AsyncSession, ticket_id: int) -> Names:
    """Who has the ticket, and where they sit."""
    row = (
        await session.execute(
            text(
                "select p.name as assignee, o.name as office, m.name as team from ticket t"
                " left join person p on p.id = t.assignee_id"
                " left join agent g on g.person_id = t.assignee_id"
                " left join office o on o.id = g.office_id"
                " left join team m on m.id = t.team_id"
                " where t.company_id = :company and t.id = :ticket"
            ),
            {"company": company_of(session), "ticket": ticket_id},
        )
    ).one()
    return Names(row.assignee, row.office, row.team)
