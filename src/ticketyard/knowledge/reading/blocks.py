"""Pure: a paragraph, a heading or a row, and where it stands; as a child process tells of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

# A document beyond these is a book or a database, and is to be divided.
TEXT_MAX = 3_000_000
BLOCKS_MAX = 300_000
PARTS_MAX = 2_000

LEVEL_MAX = 9
BLOCK_MAX = 100_000
_SHEET_MAX = 200


class BadBlock(ValueError):
    """What was told is no block."""


@dataclass(frozen=True)
class Block:
    """text: on one line, blanks collapsed.  level: of a heading, from 1; 0 where it is none.

    page: from 1.  sheet, row: where it is a row of a table; rows count from 1 as Excel shows them.
    """

    text: str
    level: int = 0
    page: int = 0
    sheet: str = ""
    row: int = 0

    def told(self) -> list[Any]:
        """As it travels."""
        return [self.text, self.level, self.page, self.sheet, self.row]


@dataclass(frozen=True)
class Part:
    """So much of it has been read: pages or sheets or one whole."""

    done: int
    total: int


def block_of(told: object) -> Block:
    """The block that was told. Raises BadBlock: whoever told it may be in a stranger's hand."""
    match told:
        case [str(text), int(level), int(page), str(sheet), int(row)]:
            block = Block(text, level, page, sheet, row)
        case _:
            raise BadBlock
    if not text or len(text) > BLOCK_MAX or "\n" in text or text != text.strip():
        raise BadBlock
    if not (0 <= level <= LEVEL_MAX and 0 <= page <= PARTS_MAX and 0 <= row <= 2**21):
        raise BadBlock
    if len(sheet) > _SHEET_MAX:
        raise BadBlock
    return block


def blocks_of(
    text: str, *, level: int = 0, page: int = 0, sheet: str = "", row: int = 0
) -> Iterator[Block]:
    """The text as a block; none where it is blank, several where it is endless."""
    line = " ".join(storable_line(text).split())
    for start in range(0, len(line), BLOCK_MAX):
        if piece := line[start : start + BLOCK_MAX].strip():
            yield Block(piece, min(level, LEVEL_MAX), page, sheet[:_SHEET_MAX], row)


def storable_line(text: str) -> str:
    """Without what no database keeps: NUL, halves of letters, marks that are no letters."""
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.translate(_NO_LETTERS)


_NO_LETTERS = {
    **dict.fromkeys(range(0x20), " "),
    **dict.fromkeys(range(0x7F, 0xA0), " "),
    # Joined and broken words: a soft hyphen, zero-width blanks, a byte order mark, no characters.
    **dict.fromkeys((0xAD, 0x200B, 0x2060, 0xFEFF, 0xFFFE, 0xFFFF)),
}

_LONG_LINE = 60
_ENDS = (".", "!", "?", ":", ";", "…", "。", "！", "？", "|")
_ITEM = ("- ", "* ", "• ", "· ", "– ", "— ")


def paragraphs(lines: Sequence[str]) -> Iterator[str]:
    """Lines as they were broken for paper, put together: a long line that ends in the middle of a
    sentence goes on in the next one."""
    held: list[str] = []
    for line in (each.strip() for each in lines):
        if held and not (line and _is_unfinished(held[-1]) and not _begins_anew(line)):
            yield " ".join(held)
            held = []
        if line:
            held.append(line)
    if held:
        yield " ".join(held)


def _is_unfinished(line: str) -> bool:
    return len(line) >= _LONG_LINE and not line.endswith(_ENDS)


def _begins_anew(line: str) -> bool:
    first = line.split(None, 1)[0]
    return line.startswith(_ITEM) or (first[:-1].isdigit() and first[-1] in ".)")
