"""What a requester sees of their tickets in a list."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import company_of

OWN_MAX = 200


@dataclass(frozen=True)
class OwnTicket:
    """One ticket of theirs. answered_at: when the desk last wrote to them."""

    number: str
    title: str
    status: str
    opened_at: datetime
    answered_at: datetime | None


async def list_own_tickets(session: AsyncSession, person_id: int) -> list[OwnTicket]:
    """The tickets somebody asked for, the newest first."""
    rows = await session.execute(
        text(
            "select t.number, t.title, t.status, t.created_at as opened_at, ("
            "  select max(c.created_at) from comment c where c.company_id = t.company_id"
            "  and c.ticket_id = t.id and not c.is_internal"
            "  and c.author_id is distinct from t.requester_id) as answered_at"
            " from ticket t where t.company_id = :company and t.requester_id = :person"
            " order by t.created_at desc, t.id desc limit :most"
        ),
        {"company": company_of(session), "person": person_id, "most": OWN_MAX},
    )
    return [OwnTicket(**row._mapping) for row in rows]
