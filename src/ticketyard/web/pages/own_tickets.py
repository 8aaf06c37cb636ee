"""A requester's own tickets: what they asked, where it is, what was answered."""

from typing import Annotated

from fastapi import APIRouter, File, Form, Response, UploadFile

from ticketyard.core.shapes import RowId
from ticketyard.insights.own_tickets import list_own_tickets
from ticketyard.people.queries import get_company
from ticketyard.tickets.attaching import attach_files
from ticketyard.tickets.commenting import add_comment, find_twin
from ticketyard.tickets.queries import (
    get_visible_attachment,
    list_comments,
    list_state_changes,
    list_visible_attachments,
)
from ticketyard.tickets.related.listing import find_survivor
from ticketyard.web.deps import Acting, Parts, Session, VisibleTicket, WebOptions, may
from ticketyard.web.pages import ticket_view
from ticketyard.web.pages.files import REPLY_MAX_BYTES, keep_uploads, send_file
from ticketyard.web.pages.frame import Flash, OwnFrame, back_to, page

router = APIRouter(prefix="/my", include_in_schema=False)


@router.get("", dependencies=[may("tickets:read_own")])
async def get_own(session: Session, by: Acting, frame: OwnFrame) -> Response:
    """All of them, the newest first."""
    company = await get_company(session)
    return page(
        "own/list.html",
        frame,
        home="/my",
        form=f"/form/{company.slug}",
        tickets=await list_own_tickets(session, by.person_id or 0),
    )


@router.get("/{ticket_id}", dependencies=[may("tickets:read_own")])
async def get_own_ticket(
    ticket: VisibleTicket, session: Session, by: Acting, frame: OwnFrame
) -> Response:
    """One of them, without what is only for the desk."""
    comments = await list_comments(session, ticket.id, by)
    files = await list_visible_attachments(session, ticket.id, by)
    changes = await list_state_changes(session, ticket.id)
    survivor = await find_survivor(session, ticket.id)
    return page(
        "own/ticket.html",
        frame,
        home="/my",
        ticket={
            "number": ticket.number,
            "title": ticket.title,
            "opened_at": ticket.created_at,
            "is_merged": survivor is not None,
            # Where it goes on may be somebody else's ticket, which is theirs to see.
            "goes_on_in": survivor.number
            if survivor and survivor.requester_id == by.person_id
            else None,
            "way": ticket_view.way(ticket.status, changes),
            # Internal notes are left out by the query; nobody's own words are left to a template.
            "comments": ticket_view.thread(
                ticket, [each for each in comments if not each.is_internal], files, "/my"
            ),
        },
    )


@router.get("/{ticket_id}/attachments/{attachment_id}", dependencies=[may("tickets:read_own")])
async def get_own_file(
    attachment_id: RowId, ticket: VisibleTicket, session: Session, by: Acting, resources: Parts
) -> Response:
    """A file they may see."""
    attachment = await get_visible_attachment(session, ticket.id, attachment_id, by)
    return await send_file(resources, attachment)


@router.post(
    "/{ticket_id}/comments",
    dependencies=[may("tickets:comment_own")],
    max_body_size=REPLY_MAX_BYTES,
)
async def post_own_comment(
    ticket: VisibleTicket,
    session: Session,
    resources: Parts,
    options: WebOptions,
    by: Acting,
    body: Annotated[str, Form()] = "",
    files: Annotated[list[UploadFile] | None, File()] = None,
) -> Response:
    """Write to the desk; a ticket that was resolved is taken up again."""
    kept = await keep_uploads(resources, by, files or [], options.max_upload_bytes)
    comment = await find_twin(session, ticket_id=ticket.id, body=body, by=by)
    if comment is None:
        comment = await add_comment(
            session, ticket_id=ticket.id, body=body, by=by, source="web_form"
        )
        await attach_files(session, ticket_id=ticket.id, files=kept, by=by, comment_id=comment.id)
    return back_to(f"/my/{ticket.number}#comment-{comment.id}", Flash("clear", "Sent."))
