"""What is done about files that a broker tells of: the same verbs as for those sent over HTTP."""

import asyncio
from uuid import UUID

from sqlalchemy import func, select

from ticketyard.core.auth import Principal
from ticketyard.core.errors import Invalid
from ticketyard.core.resources import Resources
from ticketyard.knowledge.errors import DocumentNotFound
from ticketyard.knowledge.filing import delete_document
from ticketyard.knowledge.indexing import index_document
from ticketyard.knowledge.models import ChunkRow, Document
from ticketyard.knowledge.queries import get_document
from ticketyard.knowledge.reading.kinds import KINDS
from ticketyard.knowledge.uploading import Upload, take_file
from ticketyard.outlet.consuming.messages import FileDeleted, FileUploaded
from ticketyard.outlet.locating import FilesAt

NAME = "Celery"
LOOK_SECONDS = 0.5


class FileUnread(Invalid):
    """The file is here, and cannot be read; the text is the document's own."""


async def take_told_file(resources: Resources, company_id: int, message: FileUploaded) -> int:
    """Have the file read, and give how many pieces it has. One that is another system's is taken in under
    the id it has there; one of ours is known already.

    Raises PathRefused, FileRefused, TooLarge, FileUnread.
    """
    document_id = await _known(resources, company_id, message.file_id)
    if document_id is None:
        document_id = await _take_in(resources, company_id, message)
    while True:
        # A lane of ours may be reading it; then this does nothing, and its result is waited for.
        await index_document(resources, company_id, document_id)
        chunks = await _chunks(resources, company_id, document_id)
        if chunks is not None:
            return chunks
        await asyncio.sleep(LOOK_SECONDS)


async def forget_told_file(resources: Resources, company_id: int, message: FileDeleted) -> None:
    """Delete the file with its pieces; one that is gone already stays so."""
    async with resources.db.transaction(company_id) as session:
        try:
            by = Principal.system(company_id, NAME)
            await delete_document(session, file_id=message.file_id, sources=("file",), by=by)
        except DocumentNotFound:
            return


async def _known(resources: Resources, company_id: int, file_id: str) -> int | None:
    async with resources.db.transaction(company_id) as session:
        try:
            return (await get_document(session, file_id)).id
        except DocumentNotFound:
            return None


async def _take_in(resources: Resources, company_id: int, message: FileUploaded) -> int:
    files = resources.part(FilesAt)
    path = files.find(message.path, message.relative_path)
    kind = next(each for each in KINDS if each == message.kind)
    with await asyncio.to_thread(path.open, "rb") as file:
        upload = Upload(
            filename=message.original_name or path.name,
            kind=kind,
            file=file,
            file_id=UUID(message.file_id),
        )
        by = Principal.system(company_id, NAME)
        document, _ = await take_file(resources, upload, max_bytes=files.max_bytes, by=by)
    return document.id


async def _chunks(resources: Resources, company_id: int, document_id: int) -> int | None:
    """How many pieces it has; None while it is not read. Raises FileUnread, DocumentNotFound."""
    async with resources.db.transaction(company_id) as session:
        document = await session.get(Document, document_id)
        if document is None:
            raise DocumentNotFound("The file was deleted.")
        if document.state == "failed":
            raise FileUnread(document.problem or "The file cannot be read.")
        if document.state != "ready":
            return None
        count = select(func.count()).where(
            ChunkRow.company_id == company_id, ChunkRow.document_id == document_id
        )
        return int(await session.scalar(count) or 0)
