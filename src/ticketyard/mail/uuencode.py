"""Pure: files that old mailers put into the text between `begin` and `end`."""

import re
from dataclasses import dataclass

from ticketyard.mail.transfer import from_uuencoded_line

_BEGIN = re.compile(r"^begin [0-7]{3,4} (\S[^\n]{0,200})$", re.MULTILINE)
_END = re.compile(r"^end[ \t]*$", re.MULTILINE)
_LINE = re.compile(r"[\x20-\x60]{1,90}")
_MAX_FILES = 50


@dataclass(frozen=True, slots=True)
class EncodedFile:
    """A file found in a text: its name, its bytes, and from where to where it stands."""

    name: str
    data: bytes
    start: int
    end: int


def find_encoded_files(text: str) -> list[EncodedFile]:
    """The files in it, in order; what only looks like one is left alone."""
    found: list[EncodedFile] = []
    at = 0
    while len(found) < _MAX_FILES and (begin := _BEGIN.search(text, at)) is not None:
        end = _END.search(text, begin.end())
        if end is None:
            break
        data = _decoded(text[begin.end() + 1 : end.start()])
        if data:
            found.append(EncodedFile(begin[1].strip(), data, begin.start(), end.end()))
        at = end.end() if data else begin.end()
    return found


def _decoded(text: str) -> bytes:
    pieces: list[bytes] = []
    for line in text.split("\n"):
        if not line.rstrip("\r"):
            continue
        if not _LINE.match(line):
            return b""
        pieces.append(from_uuencoded_line(line.rstrip("\r").encode("ascii", "replace")))
    return b"".join(pieces)
