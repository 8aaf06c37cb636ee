"""Pure: what is asked of the index, and what it gives."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

INTERNAL = "internal"
PUBLIC = "public"

# What a question says, it says at its beginning; a log that somebody pasted may follow.
QUERY_READ = 8_000


class Key(NamedTuple):
    """Which piece: the document's id and the number of the piece in it."""

    document_id: int
    number: int


@dataclass(frozen=True)
class Narrow:
    """What may be found at all; everything else is as if it were not there.

    visibilities: a requester sees what is public, an agent what is internal as well.
    but_document_id: what is asked about is no answer to itself.
    """

    visibilities: tuple[str, ...]
    category: str | None = None
    source_type: str | None = None
    document_id: int | None = None
    but_document_id: int | None = None

    def as_json(self) -> dict[str, object]:
        """What the database's functions take."""
        named = {
            "category": self.category,
            "source_type": self.source_type,
            "document_id": self.document_id,
            "but_document_id": self.but_document_id,
        }
        given = {name: value for name, value in named.items() if value is not None}
        return {"visibilities": list(self.visibilities), **given}


@dataclass(frozen=True)
class Asked:
    """One question.

    likely_category: what it is probably about; better ranked, not narrowed to.
    min_score: below it nothing is given; 0 gives whatever comes nearest.
    collapse: of pieces that say nearly the same give the best only.
    """

    query: str
    narrow: Narrow
    limit: int = 5
    min_score: float = 0.0
    likely_category: str | None = None
    collapse: bool = True

    @property
    def read(self) -> str:
        """As much of the question as is read."""
        return self.query[:QUERY_READ].strip()


@dataclass(frozen=True)
class Candidate:
    """A piece that may be an answer, with what is known of it and how the engines see it."""

    key: Key
    text: str
    context: str
    title: str
    title_words: frozenset[str]
    category: str | None
    visibility: str
    source_type: str
    file_id: UUID
    ticket_id: int | None
    original_name: str
    kind: str
    content_type: str
    language: str | None
    place: Mapping[str, object]
    updated_at: datetime
    helpful: int
    unhelpful: int
    length: int
    bm25: float
    coverage: float
    cosine: float | None


@dataclass(frozen=True)
class Found:
    """A piece in the answer. score: how likely it is that it helps, 0 to 1.

    features: what the score was made of, by name.
    """

    candidate: Candidate
    score: float
    features: Mapping[str, float] = field(default_factory=dict)

    @property
    def chunk_id(self) -> str:
        """What the piece is called outside."""
        return f"{self.candidate.file_id}-{self.candidate.key.number}"

    @property
    def source_id(self) -> str:
        """What its source is called outside: a ticket by its id, else the file's."""
        if self.candidate.source_type == "ticket" and self.candidate.ticket_id is not None:
            return str(self.candidate.ticket_id)
        return str(self.candidate.file_id)


@dataclass(frozen=True)
class Retrieval:
    """Pieces, the likeliest first. notes: what could not be used, in words for the log and the caller."""

    found: list[Found]
    notes: tuple[str, ...] = ()
