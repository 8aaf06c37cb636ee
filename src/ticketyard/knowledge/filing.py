"""Change what is said of a file, read it once more, and delete documents of any kind."""

from collections.abc import Sequence
from uuid import UUID, uuid4

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of, now_of
from ticketyard.core.events import emit
from ticketyard.core.log import get_logger
from ticketyard.knowledge.categories import known_category
from ticketyard.knowledge.changing import forget_chunks, read_again, touch
from ticketyard.knowledge.drafts import Visibility, normal_title
from ticketyard.knowledge.errors import DocumentNotFound, MayNotPublish
from ticketyard.knowledge.events import ArticleDeleted, FileDeleted
from ticketyard.knowledge.models import Document
from ticketyard.knowledge.queries import get_document, may_publish

log = get_logger(__name__)


async def describe_file(
    session: AsyncSession,
    *,
    file_id: UUID | str,
    title: str,
    category: str | None,
    visibility: Visibility,
    by: Principal,
) -> Document:
    """Say otherwise what a file is called, what it is about, and who may find it.

    Raises DocumentNotFound, BadArticle, MayNotPublish.
    """
    document = await get_document(session, file_id, lock=True)
    if document.source_type != "file":
        raise DocumentNotFound("There is no such file.")
    if "public" in (document.visibility, visibility) and not await may_publish(session, by):
        raise MayNotPublish("What the public finds is changed by those who publish.")
    wanted = (normal_title(title), await known_category(session, category), visibility)
    if wanted == (document.title, document.category, document.visibility):
        return document
    if (document.visibility, visibility) == ("public", "internal"):
        await forget_chunks(session, document.id)
    document.title, document.category, document.visibility = wanted
    touch(session, document)
    # Who may find a chunk, and what it is about, stands with the chunk.
    read_again(session, document)
    return document


async def request_reading(session: AsyncSession, *, file_id: UUID | str, by: Principal) -> Document:
    """Let a document be read once more; one that is being read is left in peace.

    Raises DocumentNotFound.
    """
    document = await get_document(session, file_id, lock=True)
    if document.state in ("ready", "failed"):
        read_again(session, document)
        log.info("reading_requested", file_id=str(document.file_id), by=by.name)
    return document


async def read_all_again(session: AsyncSession, *, states: Sequence[str]) -> int:
    """Let every published document in one of these states be read once more; gives how many.

    What is found of them meanwhile stays until each is read.
    """
    result = await session.execute(
        update(Document)
        .where(
            Document.company_id == company_of(session),
            Document.publication == "published",
            Document.state.in_(states),
        )
        .values(
            state="waiting",
            problem=None,
            attempts=0,
            parts_done=0,
            parts_total=0,
            due_at=now_of(session),
            claim=None,
            claimed_until=None,
        )
        .returning(Document.id)
    )
    return len(result.all())


async def delete_document(
    session: AsyncSession, *, file_id: UUID | str, sources: Sequence[str], by: Principal
) -> None:
    """Delete a document with all that was found of it, in this transaction; its bytes follow.

    sources: of which kinds it may be.  Raises DocumentNotFound; MayNotPublish for the public's.
    """
    document = await get_document(session, file_id, lock=True)
    if document.source_type not in sources:
        raise DocumentNotFound("There is no such document.")
    is_open = document.publication == "published" and (
        document.visibility == "public" or document.source_type != "file"
    )
    if is_open and not await may_publish(session, by):
        raise MayNotPublish("What is published is deleted by those who publish.")
    await forget_chunks(session, document.id)
    await session.delete(document)
    await emit(session, _deleted(document), by=by)


def _deleted(document: Document) -> FileDeleted | ArticleDeleted:
    name = str(document.file_id)
    if document.source_type != "file":
        return ArticleDeleted(ticket_id=document.ticket_id, file_id=name, title=document.title)
    return FileDeleted(
        event_id=str(uuid4()),
        file_id=name,
        company_id=document.company_id,
        file_relative_path=document.blob_key or "",
    )
