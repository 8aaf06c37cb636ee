"""Pure: what the readers of foreign objects share: files only named, and saying anything at all."""

import re

from ticketyard.core.shapes import unreadable
from ticketyard.intake.arrivals import ArrivedFile

FILENAME_MAX = 200
NO_NAME = "file"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_TYPE = re.compile(r"[\w.+-]{1,80}/[\w.+-]{1,80}")
DEFAULT_TYPE = "application/octet-stream"


def shown_name(name: str | None) -> str:
    """A file name that is safe to show: its last part, without control characters and characters
    that turn the direction of writing, cut in the middle to 200 characters.

    It names nothing on disk: bytes are kept under their hash.
    """
    last = re.split(r"[/\\]", _CONTROL.sub("", name or ""))[-1].strip(" .")
    last = last.encode("utf-8", "replace").decode()
    if len(last) > FILENAME_MAX:
        stem, dot, ending = last.rpartition(".")
        ending = f".{ending}" if dot and len(ending) <= 10 else ""
        last = (stem or last)[: FILENAME_MAX - len(ending) - 1] + "…" + ending
    return last or NO_NAME


def shown_type(content_type: str | None) -> str:
    """A media type without parameters, or the one that promises nothing."""
    plain = (content_type or "").partition(";")[0].strip().lower()
    return plain if plain.isascii() and _TYPE.fullmatch(plain) else DEFAULT_TYPE


def file_of(
    filename: str | None, path: str | None, size_bytes: int | None, content_type: str | None
) -> ArrivedFile:
    """A file of another system: the path is kept as its sender's word and never opened."""
    return ArrivedFile(
        filename=shown_name(filename or path),
        content_type=shown_type(content_type),
        size_bytes=size_bytes or 0,
        foreign_reference=(path or "")[:2000] or None,
    )


def something_said(at: str, *parts: str | None) -> None:
    """Raises Unreadable when title, text and reference are all missing: then there is no ticket."""
    if not any(part and part.strip() for part in parts):
        raise unreadable(f"{at}.title" if at else "title", "Field required, or a description")
