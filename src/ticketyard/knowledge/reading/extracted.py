"""Pure: blocks put together to one text, each knowing where in it it stands and below which headings."""

from collections.abc import Iterable
from dataclasses import dataclass

from ticketyard.knowledge.reading.blocks import Block


@dataclass(frozen=True)
class Mark:
    """One block's place in the text: text[start:end].

    headings: what it stands below, from the outermost; a heading's own are those above it.
    """

    start: int
    end: int
    headings: tuple[str, ...] = ()
    is_heading: bool = False
    page: int = 0
    sheet: str = ""
    row: int = 0


@dataclass(frozen=True)
class Extracted:
    """The text of a document: each block a line, in order; the marks cover all but the line ends."""

    text: str
    marks: tuple[Mark, ...]


_HEADING_MAX = 200


def extract(blocks: Iterable[Block]) -> Extracted:
    """Join the blocks."""
    lines: list[str] = []
    marks: list[Mark] = []
    path: list[tuple[int, str]] = []
    at = 0
    for block in blocks:
        if block.level:
            path = [each for each in path if each[0] < block.level]
        marks.append(
            Mark(
                start=at,
                end=at + len(block.text),
                headings=tuple(words for _, words in path),
                is_heading=block.level > 0,
                page=block.page,
                sheet=block.sheet,
                row=block.row,
            )
        )
        if block.level:
            path.append((block.level, block.text[:_HEADING_MAX]))
        lines.append(block.text)
        at += len(block.text) + 1
    return Extracted("\n".join(lines), tuple(marks))
