"""Names of files as strangers send them, made fit to be shown. Pure.

Files are stored under the hash of their content; a name is only ever text on a screen or in a
header, so it is cleaned once, when it arrives.
"""

from typing import Final
from urllib.parse import quote

from ticketyard.tickets.labels import clean

NAME_MAX: Final = 150
_EXTENSION_MAX: Final = 12
NO_NAME: Final = "file"
_ODD: Final = '<>:"|?*'


def safe_name(name: str | None) -> str:
    """The last part of a path, without control or direction marks, shortened in the middle so that
    the extension stays."""
    last = clean((name or "").replace("\x00", "")).replace("\\", "/").rsplit("/", 1)[-1]
    shown = "".join("_" if mark in _ODD else mark for mark in last)
    shown = " ".join(shown.split()).strip(". ")
    if not shown:
        return NO_NAME
    if len(shown) <= NAME_MAX:
        return shown
    stem, dot, extension = shown.rpartition(".")
    if not dot or len(extension) > _EXTENSION_MAX:
        return shown[:NAME_MAX]
    return f"{stem[: NAME_MAX - len(extension) - 2]}….{extension}"


def attachment_header(name: str) -> str:
    """`Content-Disposition` that makes a browser save the file under this name, never show it.

    Source: RFC 6266 with the extended notation of RFC 8187; the plain form is for old readers.
    """
    plain = "".join(
        mark if mark.isascii() and mark.isprintable() and mark not in '"\\%;' else "_"
        for mark in name
    )
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
