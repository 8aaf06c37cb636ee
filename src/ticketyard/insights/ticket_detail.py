"""One ticket with all that is known of it, in the words of spec 1, 2 and 5 at once."""

from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.tickets.lifecycle import allowed_next
from ticketyard.tickets.models import Attachment, Comment, StateChange, Ticket
from ticketyard.tickets.queries import (
    list_comments,
    list_state_changes,
    list_visible_attachments,
)
from ticketyard.tickets.steps.course import step_of
from ticketyard.tickets.steps.setting import list_steps

_ITEM = text("select ticket_items(array[cast(:id as bigint)], :for_agent, 1000000)")
_ALERT = text(
    "select alert_data from alert where company_id = current_company() and ticket_id = :id"
    " order by id limit 1"
)
_EVENTS = text(
    """
    select id, type, payload, by_kind, by_id, by_name, happened_at from event
    where company_id = current_company() and ticket_id = :id and id > :after
      and (:for_agent or type in ('ticket.opened', 'ticket.status_changed')
           or (type = 'ticket.comment_added' and payload -> 'is_internal' = 'false'))
    order by id limit :limit
    """
)


async def read_ticket(session: AsyncSession, ticket: Ticket, by: Principal) -> dict[str, Any]:
    """The ticket, its thread, its history and its files, as far as `by` may see them."""
    for_agent = by.may("tickets:read")
    await session.flush()
    items = await session.scalar(_ITEM, {"id": ticket.id, "for_agent": for_agent})
    item: dict[str, Any] = items[0]
    item |= {
        "resolution": ticket.resolution,
        "satisfaction_feedback": ticket.satisfaction_feedback,
        "first_response_time_seconds": _seconds(ticket.created_at, ticket.first_response_at),
        "resolution_time_seconds": _seconds(ticket.created_at, ticket.resolved_at),
        "sla_breach_reason": (
            (ticket.sla_breach_reason or "A clock has just passed its due.")
            if item["sla_breach"]
            else None
        ),
    }
    if for_agent:
        steps = await list_steps(session)
        item |= {
            "merged_into": ticket.merged_into,
            "step": step_of(steps, ticket.status, ticket.work_step).name,
            "allowed_statuses": list(allowed_next(ticket.status)),
            "source_priority": ticket.source_priority,
            "source_category": ticket.source_category,
            "source_data": ticket.source_data,
            "alert_data": await session.scalar(_ALERT, {"id": ticket.id}),
        }
    files = await list_visible_attachments(session, ticket.id, by)
    comments = await list_comments(session, ticket.id, by)
    changes = await list_state_changes(session, ticket.id)
    return item | {
        "ticket": item,
        "comments": [_comment(each, files) for each in comments],
        "state_history": [_change(each, for_agent) for each in changes],
        "attachments": [render_attachment(each, for_agent=for_agent) for each in files],
        # Answers from the knowledge base; there is none yet.
        "suggestions": [],
    }


async def list_events(
    session: AsyncSession, ticket: Ticket, by: Principal, *, after: int = 0, limit: int = 200
) -> list[dict[str, Any]]:
    """What happened to the ticket, oldest first; requesters see what concerns them."""
    for_agent = by.may("tickets:read")
    hidden = {"ticket_id"} if for_agent else {"ticket_id", "reason"}
    rows = await session.execute(
        _EVENTS,
        {"id": ticket.id, "after": after, "limit": limit, "for_agent": for_agent},
    )
    return [
        {
            "id": row.id,
            "type": row.type,
            "facts": {name: fact for name, fact in row.payload.items() if name not in hidden},
            "by": {"kind": row.by_kind, "id": row.by_id, "name": row.by_name},
            "happened_at": row.happened_at,
        }
        for row in rows
    ]


def render_attachment(file: Attachment, *, for_agent: bool) -> dict[str, Any]:
    """A file as the API shows it; where its bytes lie is nobody's business."""
    return {
        "id": file.id,
        "filename": file.filename,
        "content_type": file.content_type,
        "size_bytes": file.size_bytes,
        "file_size": file.size_bytes,
        "sha256": file.sha256,
        "comment_id": file.comment_id,
        "url": f"/api/tickets/{file.ticket_id}/attachments/{file.id}" if file.blob_key else None,
        "foreign_reference": file.foreign_reference if for_agent else None,
        "uploaded_at": file.created_at,
    }


def _comment(comment: Comment, files: list[Attachment]) -> dict[str, Any]:
    return {
        "id": comment.id,
        "comment": comment.body,
        "content": comment.body,
        "is_internal": comment.is_internal,
        "author_id": comment.author_id,
        "author_kind": comment.author_kind,
        "author_name": comment.author_name,
        "source": comment.source,
        "attachments": [file.id for file in files if file.comment_id == comment.id],
        "created_at": comment.created_at,
    }


def _change(change: StateChange, for_agent: bool) -> dict[str, Any]:
    return {
        "id": change.id,
        "from_status": change.from_status,
        "to_status": change.to_status,
        "old_status": change.from_status,
        "new_status": change.to_status,
        "changed_by_user_id": change.by_id if change.by_kind == "person" else None,
        "changed_by": change.by_name,
        "reason": change.reason if for_agent else None,
        "changed_at": change.changed_at,
    }


def _seconds(start: datetime, end: datetime | None) -> int | None:
    return None if end is None else max(0, int((end - start).total_seconds()))
