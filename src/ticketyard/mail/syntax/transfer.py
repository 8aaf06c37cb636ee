"""Pure: undoes base64 and quoted-printable, also where they are broken, in slices."""

import binascii
import io
import re

_SLICE = 1 << 20
_NO_ESCAPE = re.compile(rb"=(?![0-9A-Fa-f]{2}|\r?\n|\Z)")
_SPACED_BREAK = re.compile(rb"=[ \t]+(?=\r?\n|\Z)")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
_UUENCODE = frozenset({"uuencode", "x-uuencode", "x-uue", "uue"})
# Words between blanks, as no encoder writes them.
_PROSE = re.compile(rb"(?:[^\r\n\t ]{2,76}[ \t]){3,}[^\r\n\t ]")
_MAX_JOINED = 1_000


def decoded(raw: bytes, encoding: str, start: int = 0, end: int | None = None) -> bytes:
    """The content behind a Content-Transfer-Encoding; unknown ones are taken as they are.

    start, end: where in `raw` it lies, so that a large one is not copied before it is decoded.
    """
    end = len(raw) if end is None else end
    kind = kind_of(encoding)
    if kind == "base64":
        return from_base64(raw, start, end)
    if kind == "quoted-printable":
        return from_quoted_printable(raw, start, end)
    if kind == "uuencode":
        return from_uuencode(raw[start:end])
    return raw[start:end]


def kind_of(encoding: str) -> str:
    """`base64`, `quoted-printable`, `uuencode` or nothing, of a value as people write it."""
    words = encoding.lower().strip(" \t\"';").replace("_", "-")
    if words.startswith(("base64", "base-64", "b64")) or words.endswith("base64"):
        return "base64"
    if words.startswith(("quoted", "qp")):
        return "quoted-printable"
    if words in _UUENCODE:
        return "uuencode"
    return ""


def from_base64(raw: bytes, start: int = 0, end: int | None = None) -> bytes:
    """Decode what there is: wrong padding, foreign signs and several pieces in a row are borne."""
    end = len(raw) if end is None else end
    if _PROSE.match(raw, start, end):
        return raw[start:end]
    try:
        padding = raw.find(b"=", start, end)
        if padding < 0 or not raw[padding : min(end, padding + _SLICE)].strip(b"=\r\n \t-"):
            return binascii.a2b_base64(memoryview(raw)[start:end])
    except binascii.Error:
        pass
    return _in_pieces(raw, start, end)


def _in_pieces(raw: bytes, start: int, end: int) -> bytes:
    out = io.BytesIO()
    for _ in range(_MAX_JOINED):
        padding = raw.find(b"=", start, end)
        if padding < 0:
            break
        _append_piece(out, raw, start, padding)
        start = padding + 1
    _append_piece(out, raw, start, end)
    return out.getvalue()


def _append_piece(out: io.BytesIO, raw: bytes, start: int, end: int) -> None:
    rest = b""
    for at in range(start, end, _SLICE):
        letters = rest + _NOT_BASE64.sub(b"", raw[at : min(end, at + _SLICE)])
        whole = len(letters) - len(letters) % 4
        out.write(binascii.a2b_base64(letters[:whole]))
        rest = letters[whole:]
    if len(rest) > 1:
        out.write(binascii.a2b_base64(rest + b"=" * (4 - len(rest))))


def from_quoted_printable(raw: bytes, start: int = 0, end: int | None = None) -> bytes:
    """Decode what there is: an `=` that begins no escape stays one."""
    end = len(raw) if end is None else end
    if end - start <= _SLICE:
        return _printable_slice(raw[start:end])
    out = io.BytesIO()
    while start < end:
        cut = raw.find(b"\n", min(start + _SLICE, end), end)
        stop = end if cut < 0 else cut + 1
        out.write(_printable_slice(raw[start:stop]))
        start = stop
    return out.getvalue()


def from_uuencode(data: bytes) -> bytes:
    """Decode the lines between `begin` and `end`, or all of them where neither is."""
    out = io.BytesIO()
    for line in data.splitlines():
        if line.startswith(b"begin ") or not line.strip():
            continue
        if line.strip() == b"end":
            break
        out.write(from_uuencoded_line(line))
    return out.getvalue()


def from_uuencoded_line(line: bytes) -> bytes:
    """One line, also where it was padded wrongly: its first sign says how long it is."""
    wanted = (((line[0] - 32) & 63) * 4 + 5) // 3
    for attempt in (line, line[:wanted], line[: wanted + 1]):
        try:
            return binascii.a2b_uu(attempt)
        except binascii.Error:
            continue
    return b""


def _printable_slice(data: bytes) -> bytes:
    if b"=" not in data:
        return data
    return binascii.a2b_qp(_NO_ESCAPE.sub(b"=3D", _SPACED_BREAK.sub(b"=", data)))
