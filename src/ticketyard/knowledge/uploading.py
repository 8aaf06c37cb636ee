"""Take a file in: looked at, kept, told of. The same bytes are one document, however often sent."""

import asyncio
import hashlib
from dataclasses import dataclass
from typing import BinaryIO
from uuid import UUID, uuid4

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of, now_of
from ticketyard.core.errors import TooLarge
from ticketyard.core.events import emit
from ticketyard.core.resources import Resources
from ticketyard.knowledge.categories import known_category
from ticketyard.knowledge.drafts import Visibility, normal_title, title_of_file
from ticketyard.knowledge.errors import FileRefused, MayNotPublish
from ticketyard.knowledge.events import FileUploaded
from ticketyard.knowledge.models import Document
from ticketyard.knowledge.queries import find_same_bytes, may_publish
from ticketyard.knowledge.reading.kinds import CONTENT_TYPES, SENTENCES, CannotRead, Kind
from ticketyard.knowledge.reading.sniffing import check_file
from ticketyard.tickets.filenames import safe_name

_PIECE_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Upload:
    """A file as it is sent, and what its sender says of it. file_id: as it is known elsewhere, if so."""

    filename: str
    kind: Kind
    file: BinaryIO
    title: str = ""
    category: str | None = None
    visibility: Visibility = "internal"
    file_id: UUID | None = None


@dataclass(frozen=True)
class _Kept:
    file_id: UUID
    size_bytes: int
    sha256: str
    blob_key: str


async def take_file(
    resources: Resources, upload: Upload, *, max_bytes: int, by: Principal
) -> tuple[Document, bool]:
    """The document, and whether it is new; one that was there stays as it is.

    Opens its own transactions: the storage may be far away.
    Raises FileRefused, TooLarge, BadArticle, MayNotPublish.
    """
    size, sha256 = await asyncio.to_thread(_look_at, upload, max_bytes)
    async with resources.db.transaction(by.company_id) as session:
        await _check(session, upload, by)
        if known := await find_same_bytes(session, sha256):
            return known, False
    file_id = upload.file_id or uuid4()
    key = await resources.blobs.put_file(by.company_id, str(file_id), upload.file)
    kept = _Kept(file_id, size, sha256, key)
    try:
        async with resources.db.transaction(by.company_id) as session:
            return await _add(session, upload, kept, by), True
    except IntegrityError:
        # Somebody else sent the same bytes in the same moment, and was first.
        await resources.blobs.delete(key)
        async with resources.db.transaction(by.company_id) as session:
            if known := await find_same_bytes(session, sha256):
                return known, False
        raise


def _look_at(upload: Upload, max_bytes: int) -> tuple[int, str]:
    """Its size and digest. Raises TooLarge, FileRefused."""
    size = upload.file.seek(0, 2)
    if size > max_bytes:
        raise TooLarge(f"A file has {max_bytes:,} bytes at most.")
    try:
        check_file(safe_name(upload.filename), upload.kind, upload.file)
    except CannotRead as refusal:
        raise FileRefused(SENTENCES[refusal.problem], problem=refusal.problem) from None
    upload.file.seek(0)
    digest = hashlib.sha256()
    while piece := upload.file.read(_PIECE_BYTES):
        digest.update(piece)
    return size, digest.hexdigest()


async def _check(session: AsyncSession, upload: Upload, by: Principal) -> None:
    if upload.title:
        normal_title(upload.title)
    await known_category(session, upload.category)
    if upload.visibility == "public" and not await may_publish(session, by):
        raise MayNotPublish("Files for the public are sent by those who publish.")


async def _add(session: AsyncSession, upload: Upload, kept: _Kept, by: Principal) -> Document:
    name, at = safe_name(upload.filename), now_of(session)
    document = Document(
        company_id=company_of(session),
        file_id=kept.file_id,
        source_type="file",
        kind=upload.kind,
        title=normal_title(upload.title) if upload.title else title_of_file(name),
        original_name=name,
        content_type=CONTENT_TYPES[upload.kind],
        size_bytes=kept.size_bytes,
        sha256=kept.sha256,
        blob_key=kept.blob_key,
        category=await known_category(session, upload.category),
        visibility=upload.visibility,
        author_id=by.person_id,
        author_name=by.name,
        created_at=at,
        updated_at=at,
        published_at=at,
        due_at=at,
    )
    session.add(document)
    await session.flush()
    await session.refresh(document)
    event = FileUploaded(
        event_id=str(uuid4()),
        file_id=str(kept.file_id),
        company_id=document.company_id,
        file_relative_path=kept.blob_key,
        original_name=name,
        kind=upload.kind,
        size_bytes=kept.size_bytes,
        content_type=document.content_type,
        uploaded_at=at.isoformat(),
    )
    await emit(session, event, by=by)
    return document
