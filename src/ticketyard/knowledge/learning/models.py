"""Questions without an answer, grouped into gaps; articles drafted of solved tickets."""

from datetime import datetime

from sqlalchemy import DateTime, FetchedValue, ForeignKey, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from ticketyard.core.db import Table

_INSTANT = DateTime(timezone=True)


class Gap(Table):
    """A question that comes again and again without an answer.

    document_id: the article that is written because of it. tried_at: when the knowledge was last asked.
    people: how many different people asked. words, vector: what the next question is compared by.
    """

    __tablename__ = "knowledge_gap"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    title: Mapped[str]
    state: Mapped[str] = mapped_column(server_default=FetchedValue())
    asked: Mapped[int] = mapped_column(default=0)
    people: Mapped[int] = mapped_column(default=0)
    languages: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    first_asked_at: Mapped[datetime] = mapped_column(_INSTANT)
    last_asked_at: Mapped[datetime] = mapped_column(_INSTANT)
    words: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    embedder: Mapped[str] = mapped_column(default="")
    vector: Mapped[bytes | None]
    document_id: Mapped[int | None]
    tried_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    answered_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    answered_by_id: Mapped[int | None]
    reopened: Mapped[int] = mapped_column(default=0)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decided_by_name: Mapped[str] = mapped_column(default="")
    decided_at: Mapped[datetime | None] = mapped_column(_INSTANT)


class UnansweredQuestion(Table):
    """One time that somebody asked in vain. origin_id: the row that it came from; a search has none."""

    __tablename__ = "unanswered_question"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    origin: Mapped[str]
    origin_id: Mapped[int | None]
    asker: Mapped[str]
    question: Mapped[str]
    language: Mapped[str]
    is_public: Mapped[bool]
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"))
    asked_at: Mapped[datetime] = mapped_column(_INSTANT)
    gap_id: Mapped[int | None]


class ArticleProposal(Table):
    """An article drafted of solved tickets that ask the same. What became of it is what became of its
    document: put away or deleted, it was not wanted, and does not come back."""

    __tablename__ = "article_proposal"

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int]
    document_id: Mapped[int | None]
    title: Mapped[str]
    words: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    embedder: Mapped[str] = mapped_column(default="")
    vector: Mapped[bytes | None]
    proposed_at: Mapped[datetime] = mapped_column(_INSTANT)
