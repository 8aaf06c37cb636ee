"""One ticket changed over HTTP: fields, status, assignee, comments, feedback."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Response

from ticketyard.core.errors import NotAllowed
from ticketyard.insights.ticket_detail import read_ticket
from ticketyard.tickets.assigning import assign_ticket, release_ticket
from ticketyard.tickets.changing_status import (
    REASON_MAX,
    acknowledge_ticket,
    change_status,
    check_status,
)
from ticketyard.tickets.commenting import add_comment
from ticketyard.tickets.errors import BadField, BadStatus, MissingComment
from ticketyard.tickets.holding import hold_ticket
from ticketyard.tickets.labelling import Changes, change_ticket
from ticketyard.tickets.models import Ticket
from ticketyard.tickets.rating import rate_ticket
from ticketyard.web.api.ticket_shapes import (
    AssigneeIn,
    AssignIn,
    CommentIn,
    FeedbackIn,
    FieldsIn,
    StatusIn,
    TagsIn,
    UpdateIn,
)
from ticketyard.web.deps import Acting, Session, VisibleTicket, may

router = APIRouter(prefix="/api/tickets", tags=["tickets"])

IfMatch = Annotated[str | None, Header(description='The version seen, as in `"v7"`.')]


def seen_version(version: int | None, if_match: str | None) -> int | None:
    """The version the caller saw: said in the body, else in If-Match. Raises BadField."""
    if version is not None or if_match is None or if_match.strip() == "*":
        return version
    word = if_match.strip().removeprefix("W/").strip('"').removeprefix("v")
    if not (word.isascii() and word.isdigit() and len(word) < 10):
        raise BadField('If-Match holds a version, as in "v7".')
    return int(word)


# -- its fields ------------------------------------------------------------------------------------


@router.put("/{ticket_id}", dependencies=[may("tickets:write")])
async def put_ticket(
    ticket: VisibleTicket,
    body: UpdateIn,
    session: Session,
    by: Acting,
    response: Response,
    if_match: IfMatch = None,
) -> dict[str, Any]:
    """Spec 1's update: status, priority, assignee and a note, all or nothing."""
    version = seen_version(body.version, if_match)
    if body.status is not None:
        check_status(body.status)
    if body.assigned_to_id is not None and not by.may("tickets:assign"):
        raise NotAllowed("You may not give tickets to anybody.")
    await hold_ticket(session, ticket.id, version=version)
    if body.priority is not None:
        changes = Changes.of({"priority": body.priority})
        await change_ticket(session, ticket_id=ticket.id, changes=changes, by=by)
    if body.assigned_to_id is not None:
        await assign_ticket(session, ticket_id=ticket.id, agent_id=body.assigned_to_id, by=by)
    if body.notes and body.notes.strip():
        await add_comment(session, ticket_id=ticket.id, body=body.notes, is_internal=True, by=by)
    if body.status is not None:
        await change_status(session, ticket_id=ticket.id, status=body.status, by=by)
    response.headers["ETag"] = f'"v{ticket.version}"'
    return await read_ticket(session, ticket, by)


@router.patch("/{ticket_id}", dependencies=[may("tickets:write")])
async def patch_ticket(
    ticket: VisibleTicket,
    body: FieldsIn,
    session: Session,
    by: Acting,
    response: Response,
    if_match: IfMatch = None,
) -> dict[str, Any]:
    """Change fields: title, priority, severity, urgency, category, team, tags, custom fields."""
    await change_ticket(
        session,
        ticket_id=ticket.id,
        changes=body.changes(),
        by=by,
        version=seen_version(body.version, if_match),
    )
    response.headers["ETag"] = f'"v{ticket.version}"'
    return await read_ticket(session, ticket, by)


@router.put("/{ticket_id}/tags", dependencies=[may("tickets:write")])
async def put_tags(
    ticket: VisibleTicket, body: TagsIn, session: Session, by: Acting, if_match: IfMatch = None
) -> dict[str, Any]:
    """Replace the tags, written in one way: lower case, single blanks, each once, 20 at most."""
    changed = await change_ticket(
        session,
        ticket_id=ticket.id,
        changes=Changes.of({"tags": body.tags}),
        by=by,
        version=seen_version(body.version, if_match),
    )
    return {"ticket_id": changed.id, "tags": changed.tags, "version": changed.version}


# -- its status ------------------------------------------------------------------------------------


@router.patch("/{ticket_id}/status", dependencies=[may("tickets:write")])
async def patch_status(
    ticket: VisibleTicket, body: StatusIn, session: Session, by: Acting, if_match: IfMatch = None
) -> dict[str, Any]:
    """Move the ticket to another status. 400 for none or an unknown one; 409, with what is
    allowed, for a move that is not."""
    if not isinstance(body.status, str) or not body.status.strip():
        raise BadStatus("Missing required field: status")
    status = body.status.strip().lower()
    check_status(status)
    version = seen_version(body.version, if_match)
    before = (await hold_ticket(session, ticket.id, version=version)).status
    if body.comment and body.comment.strip():
        await add_comment(
            session, ticket_id=ticket.id, body=body.comment, is_internal=body.is_internal, by=by
        )
    changed = await change_status(
        session,
        ticket_id=ticket.id,
        status=status,
        # What is blank says nothing, so the other is the reason.
        reason=((body.reason or "").strip() or (body.comment or "").strip())[:REASON_MAX],
        resolution=body.resolution,
        by=by,
    )
    return {"message": "Status updated", "old_status": before, **_state(changed)}


@router.post("/{ticket_id}/acknowledge", dependencies=[may("tickets:write")])
async def post_acknowledge(
    ticket: VisibleTicket, session: Session, by: Acting, if_match: IfMatch = None
) -> dict[str, Any]:
    """Say that somebody looks at it: the first response, and into progress."""
    version = seen_version(None, if_match)
    before = (await hold_ticket(session, ticket.id, version=version)).status
    changed = await acknowledge_ticket(session, ticket_id=ticket.id, by=by)
    return {"message": "Acknowledged", "old_status": before, **_state(changed)}


@router.put("/{ticket_id}/assignee", dependencies=[may("tickets:assign")])
async def put_assignee(
    ticket: VisibleTicket, body: AssigneeIn, session: Session, by: Acting, if_match: IfMatch = None
) -> dict[str, Any]:
    """Give the ticket to an agent."""
    changed = await assign_ticket(
        session,
        ticket_id=ticket.id,
        agent_id=body.agent_id,
        reason=body.reason,
        by=by,
        version=seen_version(body.version, if_match),
    )
    return {"message": "Assigned", **_state(changed)}


@router.delete("/{ticket_id}/assignee", dependencies=[may("tickets:assign")])
async def delete_assignee(
    ticket: VisibleTicket, session: Session, by: Acting, if_match: IfMatch = None
) -> dict[str, Any]:
    """Take the ticket from its agent."""
    changed = await release_ticket(
        session, ticket_id=ticket.id, by=by, version=seen_version(None, if_match)
    )
    return {"message": "Released", **_state(changed)}


@router.post("/{ticket_id}/assign", dependencies=[may("tickets:assign")])
async def post_assign(
    ticket: VisibleTicket, body: AssignIn, session: Session, by: Acting, if_match: IfMatch = None
) -> dict[str, Any]:
    """Give the ticket to an agent, in the words of spec 2."""
    changed = await assign_ticket(
        session,
        ticket_id=ticket.id,
        agent_id=body.assigned_to_user_id,
        by=by,
        version=seen_version(body.version, if_match),
    )
    return {"message": "Assigned", **_state(changed)}


def _state(ticket: Ticket) -> dict[str, Any]:
    return {
        "ticket_id": ticket.id,
        "ticket_number": ticket.number,
        "status": ticket.status,
        "new_status": ticket.status,
        "assigned_to_id": ticket.assignee_id,
        "version": ticket.version,
    }


# -- what is said on it ----------------------------------------------------------------------------


@router.post("/{ticket_id}/comments", dependencies=[may("tickets:comment_own")])
async def post_comment(
    ticket: VisibleTicket, body: CommentIn, session: Session, by: Acting, if_match: IfMatch = None
) -> dict[str, Any]:
    """Write on the ticket. A requester's reply takes up again what was finished."""
    if not isinstance(body.comment, str) or not body.comment.strip():
        raise MissingComment("Missing required field: comment")
    comment = await add_comment(
        session,
        ticket_id=ticket.id,
        body=body.comment,
        is_internal=body.is_internal,
        by=by,
        version=seen_version(body.version, if_match),
    )
    return {
        "message": "Comment added",
        "comment_id": comment.id,
        "ticket_id": ticket.id,
        "version": ticket.version,
    }


@router.post("/{ticket_id}/feedback", dependencies=[may("tickets:comment_own")])
async def post_feedback(
    ticket: VisibleTicket, body: FeedbackIn, session: Session, by: Acting
) -> dict[str, Any]:
    """Say how it went: stars, whether it helped, and words."""
    if body.ticket_id is not None and str(body.ticket_id).upper() not in (
        str(ticket.id),
        ticket.number,
    ):
        raise BadField("The ticket in the body is not the one in the path.")
    rated = await rate_ticket(
        session,
        ticket_id=ticket.id,
        rating=body.rating,
        helpful=body.helpful,
        feedback=body.feedback,
        by=by,
    )
    return {
        "status": "success",
        "message": "Thank you.",
        "ticket_id": rated.id,
        "satisfaction_rating": rated.satisfaction_rating,
    }
