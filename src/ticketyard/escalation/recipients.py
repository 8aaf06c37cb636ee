"""Who is meant by an action: ids of people at the desk who are there to be meant."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.escalation.drafts import Action
from ticketyard.escalation.errors import RotaNotFound
from ticketyard.escalation.queries import get_rota, who_is_on_call


async def people_meant(
    session: AsyncSession, action: Action, *, assignee_id: int | None, at: datetime
) -> list[tuple[int, str]]:
    """Ids and names, the lowest id first; whoever is switched off is nobody."""
    ids: Sequence[int] = []
    match action.to:
        case "assignee":
            ids = [assignee_id] if assignee_id else []
        case "person":
            ids = [action.id] if action.id else []
        case "on_call":
            try:
                person = await who_is_on_call(session, await get_rota(session, action.id or 0), at)
            except RotaNotFound:
                person = None
            ids = [person] if person else []
        case "admins":
            return _pairs(await session.execute(_ADMINS))
        case "team":
            return _pairs(await session.execute(_TEAM, {"team": action.id}))
        case None:
            pass
    return _pairs(await session.execute(_PEOPLE, {"ids": list(ids)}))


def _pairs(rows: Any) -> list[tuple[int, str]]:
    return [(row.id, row.name) for row in rows]


_HERE = (
    "select p.id, p.name from person p where p.company_id = current_company() and p.is_active"
    " and p.role in ('admin', 'agent')"
)
_PEOPLE = text(f"{_HERE} and p.id = any(:ids) order by p.id")
_ADMINS = text(f"{_HERE} and p.role = 'admin' order by p.id")
_TEAM = text(
    f"{_HERE} and exists (select from team_member m where m.company_id = p.company_id"
    " and m.person_id = p.id and m.team_id = :team) order by p.id"
)
