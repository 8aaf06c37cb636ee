"""One ticket from beginning to end: everything that happened and was said, on one line of time."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.insights.ticket_detail import read_ticket
from ticketyard.tickets.models import Ticket
from ticketyard.tickets.related.listing import find_survivor, list_related, list_taken_in

EVENTS_MAX: Final = 2_000
# What the comments, files and opening of the report say themselves.
_SAID: Final = ("ticket.comment_added", "ticket.file_attached")


async def read_report(
    session: AsyncSession, ticket: Ticket, by: Principal, *, now: datetime
) -> dict[str, Any]:
    """The ticket, who and what belongs to it, and its timeline, oldest first.

    Each entry has `at`, `kind` (event, comment or file) and `by`; one about a ticket that was merged
    into this one bears its number. For who may read all of it: agents.
    """
    detail = await read_ticket(session, ticket, by)
    survivor = await find_survivor(session, ticket.id)
    taken_in = await list_taken_in(session, ticket.id)
    numbers = {each.id: each.number for each in taken_in}
    entries = [
        *await _happenings(session, ticket.id, numbers),
        *(_comment(each) for each in detail["comments"]),
        *(_file(each) for each in detail["attachments"] if each["comment_id"] is None),
    ]
    # Of what happened in one instant, what was said comes before what came of it.
    entries.sort(key=lambda each: (each["at"], each["kind"] == "event"))
    lists = ("ticket", "comments", "state_history", "attachments", "suggestions")
    return {
        "ticket": {name: value for name, value in detail.items() if name not in lists},
        "merged_into": survivor.number if survivor else None,
        "took_in": [each.number for each in taken_in],
        "links": [vars(each) for each in await list_related(session, ticket.id, by)],
        "timeline": entries,
        "is_complete": sum(each["kind"] == "event" for each in entries) < EVENTS_MAX,
        "printed_at": now,
    }


async def _happenings(
    session: AsyncSession, ticket_id: int, numbers: dict[int, str]
) -> list[dict[str, Any]]:
    rows = await session.execute(
        _EVENTS,
        {"ids": [ticket_id, *numbers], "said": list(_SAID), "limit": EVENTS_MAX},
    )
    return [
        {
            "kind": "event",
            "at": row.happened_at,
            "type": row.type,
            "facts": {name: fact for name, fact in row.payload.items() if name != "ticket_id"},
            "by": row.by_name,
            "from_ticket": numbers.get(row.ticket_id),
        }
        for row in rows
    ]


def _comment(comment: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind": "comment",
        "at": comment["created_at"],
        "by": comment["author_name"],
        "comment_id": comment["id"],
        "body": comment["comment"],
        "is_internal": comment["is_internal"],
        "source": comment["source"],
        "attachments": comment["attachments"],
    }


def _file(file: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind": "file",
        "at": file["uploaded_at"],
        "by": None,
        "filename": file["filename"],
        "size_bytes": file["size_bytes"],
    }


_EVENTS = text(
    """
    select ticket_id, type, payload, by_name, happened_at from event
    where company_id = current_company() and ticket_id = any(:ids) and type <> all(:said)
    order by id limit :limit
    """
)
