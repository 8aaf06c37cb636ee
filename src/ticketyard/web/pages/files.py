"""Files that come with a reply, and files that go out again."""

from collections.abc import AsyncIterator, Sequence

from fastapi import Response, UploadFile
from fastapi.responses import StreamingResponse

from ticketyard.core.auth import Principal
from ticketyard.core.resources import Resources
from ticketyard.core.storage import BlobMissing
from ticketyard.tickets.attaching import keep_file
from ticketyard.tickets.drafts import KeptFile
from ticketyard.tickets.errors import AttachmentNotFound
from ticketyard.tickets.filenames import attachment_header
from ticketyard.tickets.models import Attachment

# All files of one reply together; each one is held to the setting besides.
REPLY_MAX_BYTES = 64 * 1024 * 1024


async def keep_uploads(
    resources: Resources, by: Principal, files: Sequence[UploadFile], max_bytes: int
) -> list[KeptFile]:
    """Store what was sent; the empty part of a box in which nothing was chosen is none.

    Raises TooLarge, BadField.
    """
    return [
        await keep_file(
            resources.blobs,
            by.company_id,
            filename=file.filename,
            content=await file.read(),
            content_type=file.content_type,
            max_bytes=max_bytes,
        )
        for file in files
        if file.filename
    ]


async def send_file(resources: Resources, attachment: Attachment) -> Response:
    """The file, to be saved: a browser is never to show or run what a stranger sent.

    Raises AttachmentNotFound when only its name is known, or the storage lost it.
    """
    if attachment.blob_key is None:
        raise AttachmentNotFound("Only the name of this file is known here.")
    pieces = resources.blobs.stream(attachment.blob_key)
    try:
        first = await anext(pieces, b"")
    except BlobMissing as error:
        raise AttachmentNotFound("The storage does not hold this file any more.") from error
    return StreamingResponse(
        _joined(first, pieces),
        media_type="application/octet-stream",
        headers={"Content-Disposition": attachment_header(attachment.filename)},
    )


async def _joined(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece
