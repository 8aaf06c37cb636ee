"""Pure: whether the bytes are what their name says, by their first look and their list of contents.

It is quick, for the sender waits; a file that is let in here is still a stranger's, and is read in a
child process alone.
"""

from typing import BinaryIO, Final

from ticketyard.knowledge.reading.kinds import CannotRead, Kind, check_name
from ticketyard.knowledge.reading.packages import list_entries

_HEAD_BYTES: Final = 4096
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP: Final = b"PK\x03\x04"
# An encrypted .docx is an OLE file that holds this stream; names there are UTF-16.
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_OLE_LOOK_BYTES: Final = 1024 * 1024
_MAIN_PART: Final = {"word": "word/document.xml", "excel": "xl/workbook.xml"}
_BINARY: Final = (b"%PDF-", _OLE, _ZIP, b"\x7fELF", b"MZ", b"\x89PNG", b"\xff\xd8\xff", b"GIF8",
                  b"Rar!", b"\x1f\x8b", b"7z\xbc\xaf")  # fmt: skip
_WIDE: Final = (b"\xff\xfe", b"\xfe\xff")
_NUL: Final = b"\x00"


def check_file(filename: str, kind: Kind, file: BinaryIO) -> None:
    """Raises CannotRead where name, kind and bytes do not belong together, or where one can see from
    outside that it cannot be read. The file is left somewhere in its middle."""
    check_name(filename, kind)
    file.seek(0)
    head = file.read(_HEAD_BYTES)
    if not head:
        raise CannotRead("empty")
    if kind == "pdf":
        # Source: Adobe's implementation notes (H.3): the mark may stand within the first kilobyte.
        if b"%PDF-" not in head[:1024]:
            raise CannotRead("not_this_kind")
    elif kind in _MAIN_PART:
        _check_office(kind, head, file)
    elif head.startswith(_BINARY) or (_NUL in head and not head.startswith(_WIDE)):
        raise CannotRead("not_this_kind")


def _check_office(kind: Kind, head: bytes, file: BinaryIO) -> None:
    if head.startswith(_OLE):
        file.seek(0)
        if _ENCRYPTED in file.read(_OLE_LOOK_BYTES):
            raise CannotRead("encrypted")
        raise CannotRead("old_word" if kind == "word" else "old_excel")
    if not head.startswith(_ZIP):
        raise CannotRead("not_this_kind")
    names = {entry.name.lower() for entry in list_entries(file)}
    if _MAIN_PART[kind] not in names:
        raise CannotRead("not_this_kind")
    if any(name.endswith("vbaproject.bin") for name in names):
        raise CannotRead("macros")
