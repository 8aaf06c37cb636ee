"""Pure: which encoding a table file was saved in."""

import codecs
from typing import BinaryIO

_CHUNK_BYTES = 1 << 20
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
# Letters that no Windows text holds; a file with them is a picture or a program.
_NEVER_IN_CP1251 = frozenset(b"\x98" + bytes(range(0x09)) + bytes(range(0x0E, 0x1B)))
# One broken byte does not make a Windows file: so many well-formed letters must stand against it.
_LETTERS_PER_FAULT = 10


class NotText(ValueError):
    """The file is no text; the message says what it is, as the end of a sentence."""


def find_encoding(stream: BinaryIO) -> tuple[str, str]:
    """The (encoding, error handler) to read the whole stream with; leaves it at its start.

    Reads everything once, since a Windows letter may come after a megabyte of plain Latin.
    Raises NotText.
    """
    start = stream.read(4_096)
    stream.seek(0)
    if start.startswith(_WORKBOOKS):
        raise NotText("this is an Excel workbook; save it as CSV first")
    for bom, encoding in _BOMS:
        if start.startswith(bom):
            return encoding, "replace"
    for encoding, half in (("utf-16-le", start[1::2]), ("utf-16-be", start[::2])):
        if _is_upper_half(half):
            return encoding, "replace"
    fault = _first_fault(stream)
    if fault is None:
        return "utf-8", "strict"
    if _is_mostly_utf8(fault):
        return "utf-8", "replace"
    if _NEVER_IN_CP1251.isdisjoint(fault):
        return "cp1251", "strict"
    raise NotText("this is not a text file")


def _is_upper_half(half: bytes) -> bool:
    """Whether these are the upper bytes of UTF-16: Latin letters have 0 there, Cyrillic ones 4."""
    return 0 in half and (half.count(0) + half.count(4)) * 10 > len(half) * 8


def _first_fault(stream: BinaryIO) -> bytes | None:
    """The first chunk that is no UTF-8, or None."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while chunk := stream.read(_CHUNK_BYTES):
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                return chunk
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return decoder.getstate()[0]
        return None
    finally:
        stream.seek(0)


def _is_mostly_utf8(chunk: bytes) -> bool:
    text = chunk.decode("utf-8", errors="replace")
    faults = text.count("\ufffd")
    letters = sum(1 for letter in text if letter > "\x7f") - faults
    return letters > faults * _LETTERS_PER_FAULT
