"""Pure: a piece of a document as whatever finds it again is told of it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Piece:
    """One chunk.

    number: from 0 in its document; outside it is called `<file_id>-<number>`.
    context: the headings above it, for finding alone: what is cited is `text`.
    """

    document_id: int
    number: int
    text: str
    context: str
    category: str | None
    visibility: str
    language: str | None
