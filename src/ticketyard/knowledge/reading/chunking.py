"""Pure: a document's text cut into chunks that can be found and cited.

About 800 characters each, of which up to 120 are told again in the next one, but cut
where the text itself pauses: before a heading, after a paragraph or a row, after a sentence, between
words; in the middle of a word only where there is nothing else. No character of the text is lost, and
every chunk is exactly text[start:end].
"""

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cached_property

from ticketyard.knowledge.reading.extracted import Extracted, Mark

SIZE = 800
OVERLAP = 120
# Below this a chunk says too little to be ended by a heading.
LEAST = 200

_SENTENCE_END = re.compile(r"[.!?…][\"'»”’)\]]*(?=\s)|[。！？]")
_SPACE = re.compile(r"\s")
_NO_SPACE = re.compile(r"\S")


@dataclass(frozen=True)
class Chunk:
    """One chunk: text == extracted.text[start:end].

    headings: what its words stand below, not counted as span.  page to to_page, row to to_row: from
    where to where; 0 where it has none.
    """

    number: int
    text: str
    start: int
    end: int
    headings: tuple[str, ...] = ()
    page: int = 0
    to_page: int = 0
    sheet: str = ""
    row: int = 0
    to_row: int = 0


def cut(
    extracted: Extracted, *, size: int = SIZE, overlap: int = OVERLAP, least: int = LEAST
) -> list[Chunk]:
    """The chunks in order; a text without words has none.

    size > least > overlap >= 0, and size >= 2 * overlap + 2: else chunks would not move on.
    """
    cutter = _Cutter(extracted, size, overlap, least)
    return [cutter.chunk(number, *span) for number, span in enumerate(cutter.spans())]


class _Cutter:
    def __init__(self, extracted: Extracted, size: int, overlap: int, least: int) -> None:
        self._text = extracted.text
        self._marks = extracted.marks
        self._size, self._overlap, self._least = size, overlap, least

    @cached_property
    def _starts(self) -> list[int]:
        return [mark.start for mark in self._marks]

    @cached_property
    def _ends(self) -> list[int]:
        return [mark.end for mark in self._marks]

    @cached_property
    def _headings(self) -> list[int]:
        """Where sections begin: of headings that follow each other, the first one."""
        return [
            mark.start
            for place, mark in enumerate(self._marks)
            if mark.is_heading and not (place and self._marks[place - 1].is_heading)
        ]

    def spans(self) -> list[tuple[int, int]]:
        """From where to where each chunk goes."""
        found: list[tuple[int, int]] = []
        start = self._skip_space(0)
        while start < len(self._text):
            stop, is_section_end = self._stop(start)
            end = start + len(self._text[start:stop].rstrip())
            found.append((start, end))
            if stop >= len(self._text):
                break
            again = end if is_section_end else self._again_from(start, end)
            start = self._skip_space(again)
        return found

    def _stop(self, start: int) -> tuple[int, bool]:
        """Where the chunk that begins here stops, and whether that is where a section does."""
        limit = start + self._size
        section = self._first(self._headings, start + self._least, limit)
        if section is not None:
            return section, True
        if limit >= len(self._text):
            return len(self._text), True
        for stop in (
            self._last(self._ends, start + self._size // 2, limit),
            self._sentence_end(start + self._size // 2, limit),
            self._word_end(start + self._size // 2, limit),
        ):
            if stop is not None:
                return stop, False
        return limit, False

    def _again_from(self, start: int, end: int) -> int:
        """Where the next chunk begins: at a block, a sentence or a word of the last one's end."""
        low = max(end - self._overlap, start + 1)
        block = self._first(self._starts, low, end - 1)
        if block is not None:
            return block
        sentence = _SENTENCE_END.search(self._text, low, end)
        if sentence and sentence.end() < end:
            return sentence.end()
        word = _SPACE.search(self._text, low, end)
        return word.end() if word else end

    @staticmethod
    def _first(places: list[int], low: int, high: int) -> int | None:
        at = bisect_left(places, low)
        return places[at] if at < len(places) and places[at] <= high else None

    @staticmethod
    def _last(places: list[int], low: int, high: int) -> int | None:
        at = bisect_right(places, high) - 1
        return places[at] if at >= 0 and places[at] >= low else None

    def _sentence_end(self, low: int, high: int) -> int | None:
        found = _SENTENCE_END.finditer(self._text, low, high + 1)
        return max((match.end() for match in found if match.end() <= high), default=None)

    def _word_end(self, low: int, high: int) -> int | None:
        spaces = [match.start() for match in _SPACE.finditer(self._text, low, high + 1)]
        return spaces[-1] if spaces else None

    def _skip_space(self, at: int) -> int:
        match = _NO_SPACE.search(self._text, at)
        return match.start() if match else len(self._text)

    def chunk(self, number: int, start: int, end: int) -> Chunk:
        """The chunk that goes from here to there."""
        first = max(bisect_right(self._starts, start) - 1, 0)
        marks = self._marks[first : bisect_left(self._starts, end)]
        # What it is about stands below its headings, not above them.
        told = next((each for each in marks if not each.is_heading), marks[0])
        pages = [each.page for each in marks if each.page]
        rows = _rows(marks)
        return Chunk(
            number=number,
            text=self._text[start:end],
            start=start,
            end=end,
            headings=told.headings,
            page=min(pages, default=0),
            to_page=max(pages, default=0),
            sheet=told.sheet,
            row=min(rows, default=0),
            to_row=max(rows, default=0),
        )


def _rows(marks: tuple[Mark, ...]) -> list[int]:
    """Rows of a sheet; of a table in a text they say little."""
    return [each.row for each in marks if each.row and each.sheet == marks[-1].sheet != ""]
