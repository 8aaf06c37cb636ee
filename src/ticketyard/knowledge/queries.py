"""Reading documents and their chunks."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of
from ticketyard.knowledge.errors import DocumentNotFound
from ticketyard.knowledge.models import ChunkRow, Document, DocumentText, DocumentVersion, Vote
from ticketyard.people.queries import get_company

AGENTS_PUBLISH = "agents_publish"


@dataclass(frozen=True)
class Wanted:
    """Which documents are asked for; what is empty says nothing."""

    sources: Sequence[str] = ()
    publication: str = ""
    state: str = ""
    visibility: str = ""
    category: str = ""
    words: str = ""
    limit: int = 50
    offset: int = 0


async def get_document(
    session: AsyncSession, file_id: UUID | str, *, lock: bool = False
) -> Document:
    """One document. Raises DocumentNotFound.

    lock: hold it until the end of the transaction, for a change.
    """
    query = select(Document).where(
        Document.company_id == company_of(session), Document.file_id == _uuid(file_id)
    )
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    found = await session.scalar(query)
    if found is None:
        raise DocumentNotFound("There is no such document.")
    return found


async def get_visible_document(
    session: AsyncSession, file_id: UUID | str, by: Principal, sources: Sequence[str] = ()
) -> Document:
    """The same, if `by` may see it: agents all, others what is published for the public."""
    document = await get_document(session, file_id)
    is_open = document.publication == "published" and document.visibility == "public"
    if (sources and document.source_type not in sources) or not (
        by.may("knowledge:read") or (is_open and by.may("knowledge:read_public"))
    ):
        raise DocumentNotFound("There is no such document.")
    return document


def _uuid(file_id: UUID | str) -> UUID:
    if isinstance(file_id, UUID):
        return file_id
    try:
        return UUID(file_id)
    except ValueError:
        raise DocumentNotFound("There is no such document.") from None


async def list_documents(session: AsyncSession, wanted: Wanted, by: Principal) -> list[Document]:
    """The documents that `by` may see, those changed last first."""
    query = select(Document).where(*_tests(session, wanted, by))
    query = query.order_by(Document.updated_at.desc(), Document.id.desc())
    return list(await session.scalars(query.limit(wanted.limit).offset(wanted.offset)))


async def count_documents(session: AsyncSession, wanted: Wanted, by: Principal) -> int:
    """How many there are, on all pages."""
    query = select(func.count()).select_from(Document).where(*_tests(session, wanted, by))
    return int(await session.scalar(query) or 0)


def _tests(session: AsyncSession, wanted: Wanted, by: Principal) -> list[ColumnElement[bool]]:
    tests: list[ColumnElement[bool]] = [Document.company_id == company_of(session)]
    if not by.may("knowledge:read"):
        tests += [Document.publication == "published", Document.visibility == "public"]
    for column, value in (
        (Document.publication, wanted.publication),
        (Document.state, wanted.state),
        (Document.visibility, wanted.visibility),
        (Document.category, wanted.category),
    ):
        if value:
            tests.append(column == value)
    if wanted.sources:
        tests.append(Document.source_type.in_(wanted.sources))
    tests += [
        Document.title.icontains(word, autoescape=True)
        | Document.original_name.icontains(word, autoescape=True)
        for word in wanted.words.split()[:10]
    ]
    return tests


async def count_chunks(session: AsyncSession, document_ids: Sequence[int]) -> dict[int, int]:
    """How many chunks each of these documents has."""
    rows = await session.execute(
        select(ChunkRow.document_id, func.count())
        .where(ChunkRow.company_id == company_of(session), ChunkRow.document_id.in_(document_ids))
        .group_by(ChunkRow.document_id)
    )
    return {row[0]: row[1] for row in rows}


async def list_chunks(
    session: AsyncSession, document_id: int, *, limit: int = 50, offset: int = 0
) -> list[ChunkRow]:
    """A document's chunks in their order."""
    return list(
        await session.scalars(
            select(ChunkRow)
            .where(ChunkRow.company_id == company_of(session), ChunkRow.document_id == document_id)
            .order_by(ChunkRow.number)
            .limit(limit)
            .offset(offset)
        )
    )


async def get_text(session: AsyncSession, document_id: int) -> str:
    """What was read of a document; nothing where it was not read yet."""
    found = await session.scalar(
        select(DocumentText.content).where(
            DocumentText.company_id == company_of(session), DocumentText.document_id == document_id
        )
    )
    return found or ""


async def list_versions(session: AsyncSession, document_id: int) -> list[DocumentVersion]:
    """What an article said, the newest first."""
    return list(
        await session.scalars(
            select(DocumentVersion)
            .where(
                DocumentVersion.company_id == company_of(session),
                DocumentVersion.document_id == document_id,
            )
            .order_by(DocumentVersion.version.desc())
        )
    )


async def find_ticket_article(session: AsyncSession, ticket_id: int) -> Document | None:
    """The article that was made of this ticket."""
    found: Document | None = await session.scalar(
        select(Document).where(
            Document.company_id == company_of(session),
            Document.source_type == "ticket",
            Document.ticket_id == ticket_id,
        )
    )
    return found


async def find_same_bytes(session: AsyncSession, sha256: str) -> Document | None:
    """The file that holds these very bytes."""
    found: Document | None = await session.scalar(
        select(Document).where(
            Document.company_id == company_of(session),
            Document.source_type == "file",
            Document.sha256 == sha256,
        )
    )
    return found


async def find_vote(session: AsyncSession, document_id: int, person_id: int) -> Vote | None:
    """What somebody said of a document."""
    return await session.get(Vote, (company_of(session), document_id, person_id))


async def may_publish(session: AsyncSession, by: Principal) -> bool:
    """Admins, and agents where their company lets them."""
    if by.may("knowledge:publish"):
        return True
    company = await get_company(session)
    return by.may("knowledge:write") and company.settings.get(AGENTS_PUBLISH) is True
