"""Open tickets: one or many, with requester, history, event and the work it wakes, at once."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of
from ticketyard.core.events import acting
from ticketyard.core.shapes import storable
from ticketyard.tickets.drafts import NewTicket
from ticketyard.tickets.events import TicketOpened
from ticketyard.tickets.numbering import Numbers

TITLE_MAX = 300
NO_TITLE = "No title"


@dataclass(frozen=True)
class OpenedTicket:
    """A ticket that now exists."""

    id: int
    number: str
    requester_id: int | None


_OPEN = text(
    "select id, number, requester_id from open_tickets(cast(:tickets as jsonb), cast(:by as jsonb), :listeners)"
)


async def open_tickets(
    session: AsyncSession,
    new: Sequence[NewTicket],
    *,
    numbers: Numbers,
    now: datetime,
    by: Principal,
) -> list[OpenedTicket]:
    """Open tickets, in the order given. Listeners of TicketOpened are woken with the commit."""
    if not new:
        return []
    given = await numbers.take_many(company_of(session), now, len(new))
    rows = [row_of(ticket, number) for ticket, number in zip(new, given, strict=True)]
    for row in rows:
        row["created_at"] = row["created_at"] or now
    await session.flush()
    result = await session.execute(
        _OPEN,
        {
            "tickets": orjson.dumps(rows).decode(),
            "by": orjson.dumps(acting(by)).decode(),
            "listeners": list(session.info["listeners"].get(TicketOpened.type, ())),
        },
    )
    opened = {row.number: OpenedTicket(row.id, row.number, row.requester_id) for row in result}
    return [opened[number] for number in given]


def row_of(new: NewTicket, number: str) -> dict[str, Any]:
    """A ticket as the database function `open_tickets` takes it: named like the columns."""
    row = {name: storable(value) for name, value in asdict(new).items()}
    row["number"] = number
    row["title"] = short_title(new.title, new.description)
    row["priority_by"] = "source" if new.priority else "default"
    row["category_by"] = "source" if new.category else "default"
    return row


def short_title(title: str, description: str) -> str:
    """One line: the title, else the first hundred characters of the text."""
    line = " ".join(storable(title).split())
    if not line:
        line = " ".join(storable(description)[:400].split())[:100]
    return line[:TITLE_MAX] or NO_TITLE
