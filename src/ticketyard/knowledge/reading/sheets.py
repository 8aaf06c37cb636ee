"""Read an Excel workbook: each row that says something as one line, below the name of its sheet."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from io import BytesIO
from zipfile import BadZipFile

import openpyxl
from lxml import etree
from openpyxl.utils.exceptions import InvalidFileException

from ticketyard.knowledge.reading.blocks import Block, Part, blocks_of
from ticketyard.knowledge.reading.kinds import CannotRead

_BETWEEN = " | "
# Excel's own last column is the 16,384th; beyond some hundred a row is no sentence any more.
_CELLS_MAX = 1_000


def read(content: bytes) -> Iterator[Block | Part]:
    """The rows of every sheet that is not hidden. Formulas give the value they had when it was saved.

    Raises CannotRead: broken.
    """
    try:
        book = openpyxl.load_workbook(
            BytesIO(content), read_only=True, data_only=True, keep_links=False
        )
        sheets = [each for each in book.worksheets if each.sheet_state == "visible"]
        for done, sheet in enumerate(sheets, 1):
            # What a file says of its own size may be wrong, and is not believed.
            sheet.reset_dimensions()
            yield from _sheet(sheet.title, sheet.iter_rows(values_only=True, max_col=_CELLS_MAX))
            yield Part(done, len(sheets))
    except (
        *(BadZipFile, InvalidFileException, KeyError, ValueError, TypeError, AttributeError),
        *(IndexError, EOFError, etree.XMLSyntaxError),
    ):
        raise CannotRead("broken") from None


def _sheet(name: str, rows: Iterator[Sequence[object]]) -> Iterator[Block]:
    is_first = True
    for number, row in enumerate(rows, 1):
        cells = [words for value in row if (words := _words(value))]
        if not cells:
            continue
        if is_first:
            yield from blocks_of(f"# Sheet: {name}", level=1, sheet=name)
        # The first row is what the columns are called, where it is all words: it goes along with
        # the others as a heading.
        names_columns = is_first and len(cells) > 1 and all(isinstance(v, str | None) for v in row)
        yield from blocks_of(
            _BETWEEN.join(cells), level=2 if names_columns else 0, sheet=name, row=number
        )
        is_first = False


def _words(value: object) -> str:
    """A cell as one would say it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.12g}"
    if isinstance(value, datetime):
        whole_day = value.time() == time()
        return value.date().isoformat() if whole_day else value.isoformat(" ", "minutes")
    if isinstance(value, date | time):
        return value.isoformat()
    return " ".join(str(value).split())
