"""Read a Word document: paragraphs and tables in their order, headings by their styles.

The package is opened by python-docx; its text is walked by ourselves, because that library passes
over content controls, inserted words and text boxes.
"""

import re
from collections.abc import Iterator
from io import BytesIO

import docx
from docx.document import Document
from docx.opc.exceptions import PackageNotFoundError
from docx.oxml.ns import qn
from lxml import etree

from ticketyard.knowledge.reading.blocks import Block, Part, blocks_of
from ticketyard.knowledge.reading.kinds import CannotRead

_PARAGRAPH, _TABLE, _ROW, _CELL = qn("w:p"), qn("w:tbl"), qn("w:tr"), qn("w:tc")
_TEXT = qn("w:t")
_BLANKS = frozenset({qn("w:tab"), qn("w:br"), qn("w:cr"), _PARAGRAPH})
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
# What is not read: what was struck out, and the second telling of a drawing.
_PASSED_OVER = frozenset({qn("w:del"), qn("w:moveFrom"), _FALLBACK})
_HEADING = re.compile(r"heading (\d)", re.IGNORECASE)


def read(content: bytes) -> Iterator[Block | Part]:
    """Its paragraphs, headings and rows. Raises CannotRead: broken."""
    try:
        document = docx.Document(BytesIO(content))
    except (PackageNotFoundError, KeyError, ValueError, etree.XMLSyntaxError):
        raise CannotRead("broken") from None
    levels = _heading_levels(document)
    yield from _walk(document.element.body, levels)
    yield Part(1, 1)


def _heading_levels(document: Document) -> dict[str, int]:
    """The level of each style that is a heading's, by the style's id."""
    levels = {}
    for style in document.styles:
        name = style.name or ""
        if name.lower() == "title":
            levels[style.style_id] = 1
        elif match := _HEADING.fullmatch(name):
            levels[style.style_id] = int(match[1])
    return levels


def _walk(parent: etree._Element, levels: dict[str, int]) -> Iterator[Block]:
    for child in parent.iterchildren(etree.Element):
        if child.tag in _PASSED_OVER:
            continue
        if child.tag == _PARAGRAPH:
            yield from blocks_of(_text(child), level=_level(child, levels))
        elif child.tag == _TABLE:
            yield from _rows(child)
        else:
            # Content controls and the like lie around paragraphs and are none themselves.
            yield from _walk(child, levels)


def _rows(table: etree._Element) -> Iterator[Block]:
    for number, row in enumerate(table.iter(_ROW), 1):
        cells = [" ".join(_text(cell).split()) for cell in row.iterchildren(_CELL)]
        yield from blocks_of(" | ".join(cell for cell in cells if cell), row=number)


def _level(paragraph: etree._Element, levels: dict[str, int]) -> int:
    style = paragraph.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
    if style is not None and (level := levels.get(style.get(qn("w:val"), ""))):
        return level
    outline = paragraph.find(f"{qn('w:pPr')}/{qn('w:outlineLvl')}")
    value = outline.get(qn("w:val"), "9") if outline is not None else "9"
    return int(value) + 1 if value in "012345678" else 0


def _text(element: etree._Element) -> str:
    """All words below it, without what is passed over. Never recurses: a stranger chose its depth."""
    words: list[str] = []
    waiting = list(element)[::-1]
    while waiting:
        each = waiting.pop()
        if each.tag in _PASSED_OVER:
            continue
        if each.tag == _TEXT:
            words.append(each.text or "")
        elif each.tag in _BLANKS:
            words.append(" ")
        waiting.extend(list(each)[::-1])
    return "".join(words)
