"""Documents, their text, the chunks they are found by; what articles said before; who was helped."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, FetchedValue, ForeignKey
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, deferred, mapped_column

from ticketyard.core.db import Table

_INSTANT = DateTime(timezone=True)


class Document(Table):
    """A file, an article, or a solved ticket that somebody approved.

    file_id: its name outside.  publication: draft, published or archived; only what is published is
    read and found.  state: waiting, reading, ready or failed; `problem` is then a sentence.
    version: rises with each change of what is read or of who may find it.
    claim: whoever reads it now; taken away when it changes meanwhile.
    """

    __tablename__ = "knowledge_document"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    file_id: Mapped[UUID] = mapped_column(server_default=FetchedValue())
    source_type: Mapped[str]
    kind: Mapped[str]
    title: Mapped[str]
    original_name: Mapped[str] = mapped_column(server_default=FetchedValue())
    content_type: Mapped[str] = mapped_column(server_default=FetchedValue())
    size_bytes: Mapped[int] = mapped_column(server_default=FetchedValue())
    sha256: Mapped[str] = mapped_column(server_default=FetchedValue())
    blob_key: Mapped[str | None]
    body: Mapped[str | None]
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"))
    category: Mapped[str | None]
    visibility: Mapped[str] = mapped_column(server_default=FetchedValue())
    publication: Mapped[str] = mapped_column(server_default=FetchedValue())
    state: Mapped[str] = mapped_column(server_default=FetchedValue())
    problem: Mapped[str | None]
    parts_done: Mapped[int] = mapped_column(server_default=FetchedValue())
    parts_total: Mapped[int] = mapped_column(server_default=FetchedValue())
    language: Mapped[str | None]
    version: Mapped[int] = mapped_column(server_default=FetchedValue())
    attempts: Mapped[int] = mapped_column(server_default=FetchedValue())
    due_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())
    claimed_until: Mapped[datetime | None] = mapped_column(_INSTANT)
    claim: Mapped[UUID | None]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    author_name: Mapped[str] = mapped_column(server_default=FetchedValue())
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    approved_by_name: Mapped[str] = mapped_column(server_default=FetchedValue())
    helpful: Mapped[int] = mapped_column(server_default=FetchedValue())
    unhelpful: Mapped[int] = mapped_column(server_default=FetchedValue())
    created_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())
    updated_at: Mapped[datetime] = mapped_column(_INSTANT, server_default=FetchedValue())
    published_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    read_at: Mapped[datetime | None] = mapped_column(_INSTANT)


class DocumentText(Table):
    """What was read of a document; the chunks' offsets count its characters."""

    __tablename__ = "knowledge_text"

    company_id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[int] = mapped_column(primary_key=True)
    # Up to megabytes: fetched only by whoever names it.
    content: Mapped[str] = deferred(mapped_column())


class ChunkRow(Table):
    """One chunk: text == content[starts_at:ends_at]. place: {page, to_page}, {sheet, row, to_row},
    {headings}."""

    __tablename__ = "knowledge_chunk"

    company_id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    starts_at: Mapped[int]
    ends_at: Mapped[int]
    context: Mapped[str]
    place: Mapped[dict[str, Any]] = mapped_column(JSONB)
    category: Mapped[str | None]
    visibility: Mapped[str]
    language: Mapped[str | None]


class DocumentVersion(Table):
    """What an article said, from when on, by whom."""

    __tablename__ = "knowledge_version"

    company_id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    body: Mapped[str]
    category: Mapped[str | None]
    visibility: Mapped[str]
    publication: Mapped[str]
    by_id: Mapped[int | None]
    by_name: Mapped[str]
    saved_at: Mapped[datetime] = mapped_column(_INSTANT)


class Vote(Table):
    """Whether a document helped somebody."""

    __tablename__ = "knowledge_vote"

    company_id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(primary_key=True)
    is_helpful: Mapped[bool]
    voted_at: Mapped[datetime] = mapped_column(_INSTANT)
