"""Read one document and make it findable.

It is claimed, read outside of any transaction, and written all in one. Attempts are counted when it
is claimed, so that one that kills its reader, or the whole worker, runs out of them and rests with a
sentence. Whatever is written replaces what was there: a second reading of the same bytes gives the
same chunks with the same ids.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import psycopg
from sqlalchemy import Select, func, insert, or_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.ai.language import identify_language
from ticketyard.core.auth import Principal
from ticketyard.core.db import company_of, is_database_away, now_of
from ticketyard.core.events import emit
from ticketyard.core.log import get_logger
from ticketyard.core.resources import Resources
from ticketyard.core.storage import BlobMissing, is_storage_away
from ticketyard.knowledge.changing import forget_chunks
from ticketyard.knowledge.events import DocumentRead, DocumentUnreadable
from ticketyard.knowledge.models import ChunkRow, Document, DocumentText
from ticketyard.knowledge.pieces import Piece
from ticketyard.knowledge.placing import context_of, place_of
from ticketyard.knowledge.reading.blocks import Part
from ticketyard.knowledge.reading.chunking import Chunk, cut
from ticketyard.knowledge.reading.extracted import Extracted, extract
from ticketyard.knowledge.reading.kinds import KINDS, SENTENCES, CannotRead, Problem
from ticketyard.knowledge.reading.running import Limits, ReaderDied, read_file
from ticketyard.knowledge.retrieving.indexing import PreparedPieces, index_pieces, prepare_pieces
from ticketyard.people.queries import get_company

log = get_logger(__name__)

ATTEMPTS_MAX = 3
LEASE_SECONDS = 60
# After a try that broke off, and while the storage is away.
REST_SECONDS = 10
AWAY_SECONDS = 30
_TOLD_EVERY_SECONDS = 1.0
_INSERTED_AT_ONCE = 500


@dataclass(frozen=True)
class _Claimed:
    id: int
    file_id: UUID
    claim: UUID
    kind: str
    blob_key: str | None
    size_bytes: int
    body: str | None
    title: str
    category: str | None
    visibility: str
    languages: tuple[str, ...]


@dataclass(frozen=True)
class _Found:
    extracted: Extracted
    chunks: list[Chunk]
    language: str
    prepared: PreparedPieces


async def index_document(
    resources: Resources, company_id: int, document_id: int, limits: Limits | None = None
) -> bool:
    """Read it, if it is due and nobody else reads it; gives whether there was anything to do."""
    claimed = await _claim(resources, company_id, document_id)
    if claimed is None:
        return False
    async with _lease(resources, company_id, claimed):
        await _read_and_write(resources, company_id, claimed, limits)
    return True


async def _claim(resources: Resources, company_id: int, document_id: int) -> _Claimed | None:
    async with resources.db.transaction(company_id) as session:
        document = await session.scalar(_due(session, document_id))
        if document is None:
            return None
        if document.attempts >= ATTEMPTS_MAX:
            # Its last reader never came back: the worker died with it, each time.
            await _give_up(session, document, "reader_died")
            return None
        document.state = "reading"
        document.attempts += 1
        document.parts_done = document.parts_total = 0
        document.claim = uuid4()
        document.claimed_until = now_of(session) + timedelta(seconds=LEASE_SECONDS)
        company = await get_company(session)
        return _Claimed(
            id=document.id,
            file_id=document.file_id,
            claim=document.claim,
            kind=document.kind,
            blob_key=document.blob_key,
            size_bytes=document.size_bytes,
            body=document.body,
            title=document.title,
            category=document.category,
            visibility=document.visibility,
            languages=tuple(company.languages) or ("en",),
        )


def _due(session: AsyncSession, document_id: int) -> Select[Document]:
    now = now_of(session)
    return (
        select(Document)
        .where(
            Document.company_id == company_of(session),
            Document.id == document_id,
            Document.state.in_(("waiting", "reading")),
            Document.publication == "published",
            Document.due_at <= now,
            or_(Document.claimed_until.is_(None), Document.claimed_until < now),
        )
        .with_for_update(skip_locked=True)
    )


async def _read_and_write(
    resources: Resources, company_id: int, claimed: _Claimed, limits: Limits | None
) -> None:
    try:
        found = await _read(resources, company_id, claimed, limits)
        await _write(resources, company_id, claimed, found)
    except CannotRead as refusal:
        await _settle_unread(resources, company_id, claimed, refusal.problem)
    except BlobMissing:
        await _settle_unread(resources, company_id, claimed, "bytes_missing")
    except ReaderDied as death:
        await _settle_unread(resources, company_id, claimed, death.problem, may_go_better=True)
    except Exception as error:
        if is_database_away(error):
            # The lease runs out, and another try begins then.
            raise
        if is_storage_away(error):
            log.warning("knowledge_storage_away", company_id=company_id)
            await _wait_for_storage(resources, company_id, claimed)
            return
        log.exception("knowledge_not_indexed", company_id=company_id, file_id=str(claimed.file_id))
        await _settle_unread(resources, company_id, claimed, "not_indexed", may_go_better=True)


async def _read(
    resources: Resources, company_id: int, claimed: _Claimed, limits: Limits | None
) -> _Found:
    kind = next(each for each in KINDS if each == claimed.kind)
    content, size = _bytes_of(resources, claimed)
    telling = _Telling(resources, company_id, claimed)
    blocks = await read_file(kind, content, size, on_part=telling, limits=limits)
    extracted = await asyncio.to_thread(extract, blocks)
    chunks = await asyncio.to_thread(cut, extracted)
    if not chunks:
        raise CannotRead("no_text")
    found = await asyncio.to_thread(identify_language, extracted.text, claimed.languages)
    language = found.code
    pieces = [
        Piece(
            document_id=claimed.id,
            number=chunk.number,
            text=chunk.text,
            context=context_of(claimed.title, chunk),
            category=claimed.category,
            visibility=claimed.visibility,
            language=language,
        )
        for chunk in chunks
    ]
    return _Found(extracted, chunks, language, await prepare_pieces(resources, company_id, pieces))


def _bytes_of(resources: Resources, claimed: _Claimed) -> tuple[AsyncIterator[bytes], int]:
    if claimed.body is None:
        return resources.blobs.stream(claimed.blob_key or ""), claimed.size_bytes
    content = claimed.body.encode()

    async def whole() -> AsyncIterator[bytes]:
        yield content

    return whole(), len(content)


class _Telling:
    """Says how far the reading is, once a second at most."""

    def __init__(self, resources: Resources, company_id: int, claimed: _Claimed) -> None:
        self._resources, self._company_id, self._claimed = resources, company_id, claimed
        self._told_at = time.monotonic()

    async def __call__(self, part: Part) -> None:
        if time.monotonic() - self._told_at < _TOLD_EVERY_SECONDS:
            return
        self._told_at = time.monotonic()
        async with self._resources.db.transaction(self._company_id) as session:
            await _set(session, self._claimed, parts_done=part.done, parts_total=part.total)


async def _write(resources: Resources, company_id: int, claimed: _Claimed, found: _Found) -> None:
    """All of it or nothing; nothing where the document has changed or is gone."""
    async with resources.db.transaction(company_id) as session:
        document = await _still_ours(session, claimed)
        if document is None:
            return
        await forget_chunks(session, document.id)
        session.add(
            DocumentText(
                company_id=company_id, document_id=document.id, content=found.extracted.text
            )
        )
        await session.flush()
        rows = [_row(company_id, claimed, found.language, each) for each in found.chunks]
        for start in range(0, len(rows), _INSERTED_AT_ONCE):
            await session.execute(insert(ChunkRow), rows[start : start + _INSERTED_AT_ONCE])
        await index_pieces(session, found.prepared)
        document.state, document.problem = "ready", None
        document.language = found.language
        document.read_at = now_of(session)
        document.claim = document.claimed_until = None
        document.parts_done = document.parts_total
        told = DocumentRead(
            ticket_id=document.ticket_id,
            file_id=str(document.file_id),
            source_type=document.source_type,
            title=document.title,
            chunks=len(found.chunks),
        )
        await emit(session, told, by=Principal.system(company_id))


def _row(company_id: int, claimed: _Claimed, language: str, chunk: Chunk) -> dict[str, object]:
    return {
        "company_id": company_id,
        "document_id": claimed.id,
        "number": chunk.number,
        "text": chunk.text,
        "starts_at": chunk.start,
        "ends_at": chunk.end,
        "context": context_of(claimed.title, chunk),
        "place": place_of(chunk),
        "category": claimed.category,
        "visibility": claimed.visibility,
        "language": language,
    }


async def _settle_unread(
    resources: Resources,
    company_id: int,
    claimed: _Claimed,
    problem: Problem,
    *,
    may_go_better: bool = False,
) -> None:
    async with resources.db.transaction(company_id) as session:
        document = await _still_ours(session, claimed)
        if document is None:
            return
        if may_go_better and document.attempts < ATTEMPTS_MAX:
            document.state = "waiting"
            document.claim = document.claimed_until = None
            rest = REST_SECONDS * 2 ** (document.attempts - 1)
            document.due_at = now_of(session) + timedelta(seconds=rest)
            return
        await _give_up(session, document, problem)


async def _wait_for_storage(resources: Resources, company_id: int, claimed: _Claimed) -> None:
    """That the storage is away is no fault of the document: this try is not counted."""
    async with resources.db.transaction(company_id) as session:
        await _set(
            session,
            claimed,
            state="waiting",
            attempts=func.greatest(Document.attempts - 1, 0),
            claim=None,
            claimed_until=None,
            due_at=now_of(session) + timedelta(seconds=AWAY_SECONDS),
        )


async def _give_up(session: AsyncSession, document: Document, problem: Problem) -> None:
    """What is not readable now must not answer with what it said before."""
    await forget_chunks(session, document.id)
    document.state, document.problem = "failed", SENTENCES[problem]
    document.claim = document.claimed_until = None
    told = DocumentUnreadable(
        ticket_id=document.ticket_id,
        file_id=str(document.file_id),
        source_type=document.source_type,
        title=document.title,
        problem=SENTENCES[problem],
    )
    await emit(session, told, by=Principal.system(document.company_id))


async def _still_ours(session: AsyncSession, claimed: _Claimed) -> Document | None:
    found: Document | None = await session.scalar(
        select(Document)
        .where(
            Document.company_id == company_of(session),
            Document.id == claimed.id,
            Document.claim == claimed.claim,
        )
        .with_for_update()
    )
    return found


async def _set(session: AsyncSession, claimed: _Claimed, **values: object) -> None:
    await session.execute(
        update(Document)
        .where(
            Document.company_id == company_of(session),
            Document.id == claimed.id,
            Document.claim == claimed.claim,
        )
        .values(**values)
    )


@asynccontextmanager
async def _lease(resources: Resources, company_id: int, claimed: _Claimed) -> AsyncIterator[None]:
    """While the work goes on, say every third of the lease that it is ours."""

    async def renew() -> None:
        while True:
            await asyncio.sleep(LEASE_SECONDS / 3)
            with suppress(SQLAlchemyError, psycopg.Error):
                async with resources.db.transaction(company_id) as session:
                    until = now_of(session) + timedelta(seconds=LEASE_SECONDS)
                    await _set(session, claimed, claimed_until=until)

    renewing = asyncio.create_task(renew())
    try:
        yield
    finally:
        renewing.cancel()
        with suppress(asyncio.CancelledError):
            await renewing
