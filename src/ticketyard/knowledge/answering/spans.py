"""Pure: the sentences and list items of a piece, each where exactly it stands."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_CHARACTERS = 400
"""A longer run without an end is cut between words: nobody reads an answer of one breath."""

# A full stop ends a sentence before a capital, a digit or a bracket; not after "e.g", "1" or "т. е".
_ENDS = re.compile(
    r"(?<!\b[a-zA-Zа-яА-ЯёЁ])(?<!\be\.g)(?<!\bi\.e)(?<!\betc)(?<!\bNo)(?<!\bстр)(?<!\bул)"
    r"(?<!\bт\.е)(?<!\bт\.д)[.!?…][\"'»”)\]]*(?=\s+[\"'«“(\[]*[A-ZА-ЯЁӘҒҚҢӨҰҮІҺ\d•–-])"
    r"|\n+"
    r"|(?<=[.;:!?…\w)])\s+(?=(?:\d{1,2}[.)]|[•▪–*])\s+\S)"
)
_ITEM = re.compile(r"(?:(\d{1,2})[.)]|[•▪–*-])\s+")
_LONE_MARK = re.compile(r"\s*(?:\d{1,2}[.)]|[•▪–*-])\s*")
_SPACE = re.compile(r"\s*")


@dataclass(frozen=True)
class Span:
    """text == piece[start:end]. is_item: a numbered or bulleted point of a list."""

    start: int
    end: int
    text: str
    is_item: bool = False


def spans_of(text: str) -> list[Span]:
    """The sentences and items of a text in its order; together they hold every word of it."""
    spans: list[Span] = []
    start = 0
    for end in (*(match.end() for match in _ENDS.finditer(text)), len(text)):
        # "1." is not a sentence: it belongs to what follows.
        if end < len(text) and _LONE_MARK.fullmatch(text, start, end):
            continue
        spans.extend(_trimmed(text, start, end))
        start = end
    return spans


def _trimmed(text: str, start: int, end: int) -> Iterator[Span]:
    while start < end:
        leading = _SPACE.match(text, start, end)
        start = leading.end() if leading else start
        stop = _cut(text, start, end)
        written = text[start:stop].rstrip()
        if written:
            yield Span(start, start + len(written), written, bool(_ITEM.match(written)))
        start = stop


def _cut(text: str, start: int, end: int) -> int:
    if end - start <= MAX_CHARACTERS:
        return end
    gap = text.rfind(" ", start + 1, start + MAX_CHARACTERS)
    return gap if gap > start else start + MAX_CHARACTERS


def without_bullet(text: str) -> str:
    """An item without its number or bullet."""
    return _ITEM.sub("", text, count=1) if _ITEM.match(text) else text
