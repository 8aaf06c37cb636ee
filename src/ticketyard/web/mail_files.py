"""The bytes of a mail as it came: to be saved, or to be read again."""

from collections.abc import AsyncIterator

from fastapi import Response
from fastapi.responses import StreamingResponse
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.errors import Conflict
from ticketyard.core.resources import Resources
from ticketyard.core.storage import BlobMissing
from ticketyard.insights.mails import MailRow, get_mail
from ticketyard.intake.models import InboundMessage
from ticketyard.intake.queries import get_message
from ticketyard.mailboxes.errors import MailNotFound
from ticketyard.mailboxes.filing import ATTEMPTS_MAX
from ticketyard.mailboxes.keeping import raw_of

SHOWN_MAX_BYTES = 30 * 1024 * 1024
_LOST = "The storage does not hold this mail any more."


async def readable_raw(session: AsyncSession, resources: Resources, inbound_id: int) -> bytes:
    """The bytes of a mail that can be shown.

    Raises MailNotFound; Conflict for one that is too large, or that broke its reader.
    """
    row = await get_mail(session, inbound_id)
    refuse_to_read(row)
    message = await get_message(session, inbound_id)
    try:
        return await raw_of(resources, message)
    except BlobMissing as error:
        raise MailNotFound(_LOST) from error


def refuse_to_read(row: MailRow) -> None:
    """Raises Conflict for a mail that is too large to be shown, or that broke its reader."""
    if row.size_bytes > SHOWN_MAX_BYTES:
        raise Conflict("This mail is too large to be shown; download it.")
    if row.outcome == "waiting" and row.attempts >= ATTEMPTS_MAX:
        raise Conflict("This mail could not be read; download it.")


async def raw_answer(session: AsyncSession, resources: Resources, inbound_id: int) -> Response:
    """A mail as it came, to be saved. Raises MailNotFound."""
    await get_mail(session, inbound_id)
    message = await get_message(session, inbound_id)
    headers = {
        "Content-Disposition": f'attachment; filename="mail-{inbound_id}.eml"',
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    if message.raw_key is None:
        return Response(message.raw, media_type="message/rfc822", headers=headers)
    pieces = await _begun(resources, message)
    return StreamingResponse(pieces, media_type="message/rfc822", headers=headers)


async def _begun(resources: Resources, message: InboundMessage) -> AsyncIterator[bytes]:
    """The stored bytes, of which the first are there, so that what is missing is said in time."""
    pieces = resources.blobs.stream(message.raw_key or "")
    try:
        first = await anext(pieces, b"")
    except BlobMissing as error:
        raise MailNotFound(_LOST) from error
    return _joined(first, pieces)


async def _joined(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece
