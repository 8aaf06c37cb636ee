"""Pure: the mark that says where a sentence comes from, `[file:<id>#<id>-3]` (contracts 4.5)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_MARK = re.compile(r"\[(file|article|ticket):([\w-]{1,64})#([\w-]{1,80})\]")


@dataclass(frozen=True)
class Citation:
    """One piece of one source. source_id: the document's id outside; chunk_id: `<source_id>-<n>`."""

    source_type: str
    source_id: str
    chunk_id: str

    def __str__(self) -> str:
        return f"[{self.source_type}:{self.source_id}#{self.chunk_id}]"


def find_citations(text: str) -> Iterator[Citation]:
    """The citations in a text, in its order; what only looks like one is none."""
    for source_type, source_id, chunk_id in _MARK.findall(text):
        yield Citation(source_type, source_id, chunk_id)


def unmarked(text: str) -> str:
    """The text without anything that looks like a citation: whoever wrote it, it proves nothing."""
    while (rest := _MARK.sub("", text)) != text:
        # What stood around one mark may be another.
        text = rest
    return text


def without_citations(text: str) -> str:
    """The text as people would say it."""
    return " ".join(_MARK.sub(" ", text).split()).replace(" .", ".")
