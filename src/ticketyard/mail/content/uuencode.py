"""Pure: files that old mailers put into the text between `begin` and `end`."""

import re
from dataclasses import dataclass

from ticketyard.mail.syntax.transfer import from_uuencoded_line

_BEGIN = re.compile(r"^begin [0-7]{3,4} (\S[^\n]{0,200})$", re.MULTILINE)
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
        data, at = _decoded(text, begin.end() + 1)
        if data:
            found.append(EncodedFile(begin[1].strip(), data, begin.start(), at))
    return found


def _decoded(text: str, at: int) -> tuple[bytes, int]:
    """The file whose lines begin here, and where they end; nothing where no `end` closes them."""
    pieces: list[bytes] = []
    while at < len(text):
        stop = text.find("\n", at)
        stop = len(text) if stop < 0 else stop
        line = text[at:stop].rstrip("\r")
        if line.rstrip() == "end":
            return b"".join(pieces), stop
        if line and not _LINE.match(line):
            break
        pieces.append(from_uuencoded_line(line.encode("ascii", "replace")) if line else b"")
        at = stop + 1
    return b"", at
