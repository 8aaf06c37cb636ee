"""Files of knowledge that go out again."""

from collections.abc import AsyncIterator

from fastapi import Response
from fastapi.responses import StreamingResponse

from ticketyard.core.auth import Principal
from ticketyard.core.resources import Resources
from ticketyard.core.storage import BlobMissing
from ticketyard.knowledge.errors import DocumentNotFound
from ticketyard.knowledge.queries import get_visible_document
from ticketyard.tickets.filenames import attachment_header


async def send_content(resources: Resources, file_id: str, by: Principal) -> Response:
    """The file, only ever to be saved: no browser is to show or run it. Raises DocumentNotFound."""
    async with resources.db.transaction(by.company_id) as session:
        document = await get_visible_document(session, file_id, by, ("file",))
    pieces = resources.blobs.stream(document.blob_key or "")
    try:
        first = await anext(pieces, b"")
    except BlobMissing as error:
        raise DocumentNotFound("The storage does not hold this file any more.") from error

    async def whole() -> AsyncIterator[bytes]:
        yield first
        async for piece in pieces:
            yield piece

    return StreamingResponse(
        whole(),
        media_type="application/octet-stream",
        headers={"Content-Disposition": attachment_header(document.original_name)},
    )
