"""Pure: undoes base64 and quoted-printable, also where they are broken, in slices."""

import binascii
import io
import re

_SLICE = 1 << 20
_NO_ESCAPE = re.compile(rb"=(?![0-9A-Fa-f]{2}|\r?\n|\Z)")
_SPACED_BREAK = re.compile(rb"=[ \t]+(?=\r?\n|\Z)")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=]+")
_MAX_JOINED = 1_000


def decoded(data: bytes, encoding: str) -> bytes:
    """The content behind a Content-Transfer-Encoding; unknown ones are taken as they are."""
    kind = kind_of(encoding)
    if kind == "base64":
        return from_base64(data)
    if kind == "quoted-printable":
        return from_quoted_printable(data)
    return data


def kind_of(encoding: str) -> str:
    """`base64`, `quoted-printable` or nothing, of a value as people write it."""
    words = encoding.lower().strip(" \t\"';").replace("_", "-")
    if words.startswith(("base64", "base-64", "b64")) or words.endswith("base64"):
        return "base64"
    if words.startswith(("quoted", "qp")):
        return "quoted-printable"
    return ""


def from_base64(data: bytes) -> bytes:
    """Decode what there is: wrong padding, foreign signs and several pieces in a row are borne."""
    try:
        end = data.find(b"=")
        if end < 0 or not data[end : end + _SLICE].strip(b"=\r\n \t-"):
            return binascii.a2b_base64(data)
    except binascii.Error:
        pass
    return _in_pieces(data)


def _in_pieces(data: bytes) -> bytes:
    out = io.BytesIO()
    for piece in data.split(b"=", _MAX_JOINED):
        _append_piece(out, piece)
    return out.getvalue()


def _append_piece(out: io.BytesIO, piece: bytes) -> None:
    rest = b""
    for start in range(0, len(piece), _SLICE):
        letters = rest + _NOT_BASE64.sub(b"", piece[start : start + _SLICE])
        whole = len(letters) - len(letters) % 4
        out.write(binascii.a2b_base64(letters[:whole].replace(b"=", b"A")))
        rest = letters[whole:]
    if len(rest) > 1:
        out.write(binascii.a2b_base64(rest.replace(b"=", b"A") + b"=" * (4 - len(rest))))


def from_quoted_printable(data: bytes) -> bytes:
    """Decode what there is: an `=` that begins no escape stays one."""
    if len(data) <= _SLICE:
        return _printable_slice(data)
    out = io.BytesIO()
    start = 0
    while start < len(data):
        cut = data.find(b"\n", start + _SLICE)
        end = len(data) if cut < 0 else cut + 1
        out.write(_printable_slice(data[start:end]))
        start = end
    return out.getvalue()


def _printable_slice(data: bytes) -> bytes:
    if b"=" not in data:
        return data
    return binascii.a2b_qp(_NO_ESCAPE.sub(b"=3D", _SPACED_BREAK.sub(b"=", data)))
