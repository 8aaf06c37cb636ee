"""Files on tickets over HTTP: put there, listed, and only ever saved, never shown by a browser."""

from typing import Annotated, Any

from fastapi import APIRouter, File, Response, UploadFile

from ticketyard.core.errors import TooLarge
from ticketyard.core.shapes import RowId
from ticketyard.core.storage import BlobMissing
from ticketyard.insights.ticket_detail import render_attachment
from ticketyard.tickets.attaching import ATTACHMENTS_MAX, attach_files, keep_file
from ticketyard.tickets.errors import AttachmentNotFound, BadField
from ticketyard.tickets.filenames import attachment_header
from ticketyard.tickets.queries import (
    get_visible_attachment,
    get_visible_ticket,
    list_visible_attachments,
)
from ticketyard.web.deps import Acting, Parts, Session, VisibleTicket, WebOptions, may

router = APIRouter(prefix="/api/tickets", tags=["tickets"])

# Of all files of one request together; a single one is held to MAX_UPLOAD_SIZE.
UPLOAD_MAX_BYTES = 64 * 1024 * 1024


@router.get("/{ticket_id}/attachments", dependencies=[may("tickets:read_own")])
async def get_attachments(ticket: VisibleTicket, session: Session, by: Acting) -> dict[str, Any]:
    """The files on a ticket."""
    files = await list_visible_attachments(session, ticket.id, by)
    for_agent = by.may("tickets:read")
    return {"attachments": [render_attachment(each, for_agent=for_agent) for each in files]}


@router.post(
    "/{ticket_id}/attachments",
    dependencies=[may("tickets:comment_own")],
    status_code=201,
    max_body_size=UPLOAD_MAX_BYTES,
)
async def post_attachments(
    ticket_id: str,
    files: Annotated[
        list[UploadFile], File(description="One to twenty files.", examples=[["photo.png"]])
    ],
    parts: Parts,
    options: WebOptions,
    by: Acting,
) -> dict[str, Any]:
    """Put files on a ticket. Their names are cleaned, their bytes stored under their hash."""
    if len(files) > ATTACHMENTS_MAX:
        raise BadField(f"{ATTACHMENTS_MAX} files at a time, please.")
    async with parts.db.transaction(by.company_id) as session:
        await get_visible_ticket(session, ticket_id, by)
    limit = options.max_upload_bytes
    if any((file.size or 0) > limit for file in files):
        raise TooLarge(f"A file has {limit:,} bytes at most.")
    # Stored before the transaction that names them: the storage may be far away. Bytes that no
    # ticket comes to name are found by their hash when they are sent again.
    kept = [
        await keep_file(
            parts.blobs,
            by.company_id,
            filename=file.filename,
            content=await file.read(limit + 1),
            content_type=file.content_type,
            max_bytes=limit,
        )
        for file in files
    ]
    async with parts.db.transaction(by.company_id) as session:
        ticket = await get_visible_ticket(session, ticket_id, by)
        attached = await attach_files(session, ticket_id=ticket.id, files=kept, by=by)
        for_agent = by.may("tickets:read")
        return {
            "ticket_id": ticket.id,
            "attachments": [render_attachment(each, for_agent=for_agent) for each in attached],
        }


@router.get(
    "/{ticket_id}/attachments/{attachment_id}",
    dependencies=[may("tickets:read_own")],
    response_class=Response,
)
async def get_attachment(
    ticket_id: str,
    attachment_id: RowId,
    parts: Parts,
    by: Acting,
) -> Response:
    """The bytes of a file, to be saved."""
    async with parts.db.transaction(by.company_id) as session:
        ticket = await get_visible_ticket(session, ticket_id, by)
        file = await get_visible_attachment(session, ticket.id, attachment_id, by)
    if file.blob_key is None:
        raise AttachmentNotFound("Only the name of this file is known here.")
    try:
        content = await parts.blobs.get(file.blob_key)
    except BlobMissing as error:
        raise AttachmentNotFound("The storage has lost this file.") from error
    return Response(
        content,
        media_type=file.content_type,
        headers={
            "Content-Disposition": attachment_header(file.filename),
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
        },
    )
