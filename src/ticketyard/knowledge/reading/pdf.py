"""Read a PDF: its pages' text in the order in which it was drawn."""

from collections.abc import Iterator

import pypdfium2
import pypdfium2.raw

from ticketyard.knowledge.reading.blocks import (
    PARTS_MAX,
    Block,
    Part,
    blocks_of,
    paragraphs,
)
from ticketyard.knowledge.reading.kinds import CannotRead

# What PDFium writes where a word was divided at the end of a line.
_DIVIDED = ("\ufffe\r\n", "\ufffe\n", "\u0002\r\n", "\u0002\n", "\xad\r\n", "\ufffe", "\u0002")


def read(content: bytes) -> Iterator[Block | Part]:
    """Its paragraphs, page by page. Raises CannotRead: encrypted, broken, too_long."""
    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        locked = (pypdfium2.raw.FPDF_ERR_PASSWORD, pypdfium2.raw.FPDF_ERR_SECURITY)
        raise CannotRead(
            "encrypted" if getattr(error, "err_code", None) in locked else "broken"
        ) from None
    pages = len(document)
    if pages > PARTS_MAX:
        raise CannotRead("too_long")
    for number in range(1, pages + 1):
        for paragraph in paragraphs(_lines(document, number - 1)):
            yield from blocks_of(paragraph, page=number)
        yield Part(number, pages)


def _lines(document: pypdfium2.PdfDocument, index: int) -> list[str]:
    """A page that is damaged has none; the others count."""
    try:
        page = document[index]
        text: str = page.get_textpage().get_text_bounded()
        page.close()
    except pypdfium2.PdfiumError:
        return []
    for mark in _DIVIDED:
        text = text.replace(mark, "")
    return text.splitlines()
