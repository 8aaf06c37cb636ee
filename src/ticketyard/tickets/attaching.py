"""Put files on a ticket: bytes that we keep, or a reference that its sender named."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of, now_of
from ticketyard.core.errors import TooLarge
from ticketyard.core.events import emit
from ticketyard.core.storage import Blobs
from ticketyard.tickets.drafts import KeptFile, normal_type
from ticketyard.tickets.errors import BadField
from ticketyard.tickets.events import FileAttached
from ticketyard.tickets.filenames import safe_name
from ticketyard.tickets.holding import hold_ticket, touch
from ticketyard.tickets.models import Attachment

ATTACHMENTS_MAX = 20


async def keep_file(
    blobs: Blobs,
    company_id: int,
    *,
    filename: str | None,
    content: bytes,
    content_type: str | None = None,
    max_bytes: int | None = None,
) -> KeptFile:
    """Store the bytes. To be called outside of a transaction: the storage may be far away.

    Raises TooLarge; BadField for an empty file.
    """
    if max_bytes is not None and len(content) > max_bytes:
        raise TooLarge(f"A file has {max_bytes:,} bytes at most.")
    if not content:
        raise BadField("That file is empty.")
    return KeptFile(
        filename=safe_name(filename),
        content_type=normal_type(content_type),
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        blob_key=await blobs.put(company_id, content),
    )


async def attach_to_new(session: AsyncSession, files: Mapping[int, Sequence[KeptFile]]) -> None:
    """Put files on tickets opened in this very transaction: they came with the ticket, so they are
    no change to it."""
    session.add_all(
        Attachment(
            company_id=company_of(session),
            ticket_id=ticket_id,
            created_at=now_of(session),
            **asdict(file),
        )
        for ticket_id, kept in files.items()
        for file in kept
    )
    await session.flush()


async def attach_files(
    session: AsyncSession,
    *,
    ticket_id: int | str,
    files: Sequence[KeptFile],
    by: Principal,
    comment_id: int | None = None,
    version: int | None = None,
) -> list[Attachment]:
    """Put files on a ticket; flushes, so that they have their ids.

    Raises TicketNotFound, TicketChangedMeanwhile; BadField for too many at once.
    """
    if len(files) > ATTACHMENTS_MAX:
        raise BadField(f"{ATTACHMENTS_MAX} files at a time, please.")
    ticket = await hold_ticket(session, ticket_id, version=version)
    if not files:
        return []
    at = touch(session, ticket)
    attached = [
        Attachment(
            company_id=ticket.company_id,
            ticket_id=ticket.id,
            comment_id=comment_id,
            filename=file.filename,
            content_type=file.content_type,
            size_bytes=file.size_bytes,
            sha256=file.sha256,
            blob_key=file.blob_key,
            foreign_reference=file.foreign_reference,
            created_at=at,
        )
        for file in files
    ]
    session.add_all(attached)
    await session.flush()
    events = [
        FileAttached(ticket_id=ticket.id, attachment_id=each.id, filename=each.filename)
        for each in attached
    ]
    await emit(session, *events, by=by)
    return attached
