"""What is said on a ticket: an answer or a note with its files, and the files to be saved again."""

from typing import Annotated

from fastapi import APIRouter, File, Form, Request, Response, UploadFile
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.shapes import RowId
from ticketyard.knowledge.answering.adopting import keep_sent_answer
from ticketyard.knowledge.answering.drafting import INTERNAL_MARK, is_marked_internal
from ticketyard.tickets.attaching import attach_files
from ticketyard.tickets.changing_status import change_status
from ticketyard.tickets.commenting import add_comment, find_twin
from ticketyard.tickets.drafts import KeptFile
from ticketyard.tickets.models import Comment, Ticket
from ticketyard.tickets.queries import get_visible_attachment
from ticketyard.web.deps import Acting, Parts, Session, VisibleTicket, WebOptions, may
from ticketyard.web.pages import wording
from ticketyard.web.pages.files import REPLY_MAX_BYTES, keep_uploads, send_file
from ticketyard.web.pages.frame import DeskFrame, Flash, back_to
from ticketyard.web.pages.ticket import RefusedReply, draw_ticket

router = APIRouter(prefix="/tickets", include_in_schema=False)

CHECK_FIRST = (
    "Words of an internal document are in it: check what stands behind"
    f" “{INTERNAL_MARK}”, and take the mark away."
)


@router.get("/{ticket_id}/attachments/{attachment_id}", dependencies=[may("tickets:read")])
async def get_file(
    attachment_id: RowId, ticket: VisibleTicket, session: Session, by: Acting, resources: Parts
) -> Response:
    """A file, to be saved: a browser is never to show or run what a stranger sent."""
    attachment = await get_visible_attachment(session, ticket.id, attachment_id, by)
    return await send_file(resources, attachment)


@router.post(
    "/{ticket_id}/comments", dependencies=[may("tickets:write")], max_body_size=REPLY_MAX_BYTES
)
async def post_comment(
    request: Request,
    ticket: VisibleTicket,
    session: Session,
    resources: Parts,
    options: WebOptions,
    by: Acting,
    frame: DeskFrame,
    body: Annotated[str, Form()] = "",
    kind: Annotated[str, Form()] = "reply",
    then: Annotated[str, Form()] = "",
    draft: Annotated[str, Form(max_length=10)] = "",
    files: Annotated[list[UploadFile] | None, File()] = None,
) -> Response:
    """Write on the ticket, and move it on when asked to. draft: said where the words began as the
    proposed answer."""
    is_internal = kind == "internal"
    if not is_internal and is_marked_internal(body):
        refused = RefusedReply(body, CHECK_FIRST, is_draft=bool(draft))
        return await draw_ticket(request, ticket, session, by, frame, resources, refused=refused)
    kept = await keep_uploads(resources, by, files or [], options.max_upload_bytes)
    if not body.strip() and kept:
        body = ", ".join(file.filename for file in kept)
    comment = await find_twin(
        session, ticket_id=ticket.id, body=body, by=by, is_internal=is_internal
    )
    if comment is None:
        comment = await _write(session, ticket, body, kept, by, is_internal=is_internal)
        if draft and not is_internal and by.may("knowledge:read"):
            await keep_sent_answer(session, ticket_id=ticket.id, text=comment.body, by=by)
    said = "Note kept." if is_internal else "Reply sent."
    if then:
        await change_status(session, ticket_id=ticket.id, status=then, by=by)
        said = f"{said} The ticket is {wording.word(wording.STATUS, then).lower()}."
    return back_to(f"/tickets/{ticket.number}#comment-{comment.id}", Flash("clear", said))


async def _write(
    session: AsyncSession,
    ticket: Ticket,
    body: str,
    kept: list[KeptFile],
    by: Principal,
    *,
    is_internal: bool,
) -> Comment:
    comment = await add_comment(
        session, ticket_id=ticket.id, body=body, by=by, is_internal=is_internal, source="api"
    )
    await attach_files(session, ticket_id=ticket.id, files=kept, by=by, comment_id=comment.id)
    return comment
