"""Pure: unpacks winmail.dat, in which Outlook hides text and files from everybody else.

Source: [MS-OXTNEF] (the stream of attributes), [MS-OXCDATA] (MAPI property types).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from ticketyard.mail.limits import MAX_TNEF_ITEMS
from ticketyard.mail.syntax.charsets import decode_text

_SIGNATURE = b"\x78\x9f\x3e\x22"
_BODY, _TITLE, _DATA, _START, _PROPERTIES, _MESSAGE, _CODEPAGE = (
    *(0x800C, 0x8010, 0x800F, 0x9002, 0x9005, 0x9003, 0x9007),
)
_LONG_NAME, _SHORT_NAME, _SHOWN_NAME = 0x3707, 0x3704, 0x3001
_CONTENT, _MIME_TYPE, _CONTENT_ID = 0x3701, 0x370E, 0x3712
_PLAIN, _HTML, _SUBJECT, _INTERNET_CODEPAGE = 0x1000, 0x1013, 0x0037, 0x3FDE
_FIXED = {2: 4, 3: 4, 4: 4, 5: 8, 6: 8, 7: 8, 10: 4, 11: 4, 20: 8, 64: 8, 72: 16, 1: 0}
_VARIABLE = frozenset({13, 30, 31, 258})
_MULTIPLE, _NAMED = 0x1000, 0x8000
_OBJECT = 13
_OBJECT_ID_BYTES = 16


@dataclass(slots=True)
class TnefFile:
    """A file out of winmail.dat."""

    name: str = ""
    content_type: str = ""
    content_id: str = ""
    data: bytes = b""


@dataclass(slots=True)
class Tnef:
    """What winmail.dat holds: files and, where Outlook put it only there, the text."""

    files: list[TnefFile] = field(default_factory=list)
    text: str = ""
    html: str = ""


def read_tnef(data: bytes) -> Tnef:
    """Unpack it as far as it goes; what is cut off or senseless ends the reading."""
    found = Tnef()
    current: TnefFile | None = None
    codepage = ""
    for name, value in _attributes(data):
        if name == _CODEPAGE and len(value) >= 4:
            codepage = f"cp{struct.unpack_from('<I', value)[0]}"
        elif name == _START:
            current = TnefFile()
            found.files.append(current)
        elif name == _BODY:
            found.text = _string(value, codepage)
        elif name == _MESSAGE:
            _read_message(found, value, codepage)
        elif current is not None:
            _read_file(current, name, value, codepage)
    found.files = [each for each in found.files if each.name or each.data]
    return found


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    if not data.startswith(_SIGNATURE):
        return
    at = 6
    for _ in range(MAX_TNEF_ITEMS):
        if at + 9 > len(data):
            return
        level, name, _kind, size = struct.unpack_from("<BHHI", data, at)
        if level not in (1, 2):
            return
        at += 9
        yield name, data[at : at + size]
        at += size + 2


def _read_file(file: TnefFile, name: int, value: bytes, codepage: str) -> None:
    if name == _TITLE:
        file.name = file.name or _string(value, codepage)
    elif name == _DATA:
        file.data = value
    elif name == _PROPERTIES:
        _read_properties(file, dict(_properties(value)), codepage)


def _read_properties(file: TnefFile, found: dict[int, tuple[int, bytes]], codepage: str) -> None:
    for each in (_LONG_NAME, _SHOWN_NAME, _SHORT_NAME):
        if text := _text_of(found, each, codepage):
            file.name = text
            break
    file.content_type = _text_of(found, _MIME_TYPE, codepage).lower()
    file.content_id = _text_of(found, _CONTENT_ID, codepage).strip("<>")
    kind, content = found.get(_CONTENT, (0, b""))
    if content and not file.data:
        file.data = content[_OBJECT_ID_BYTES:] if kind == _OBJECT else content


def _read_message(found: Tnef, value: bytes, codepage: str) -> None:
    properties = dict(_properties(value))
    found.text = found.text or _text_of(properties, _PLAIN, codepage)
    kind, content = properties.get(_HTML, (0, b""))
    _, number = properties.get(_INTERNET_CODEPAGE, (0, b""))
    label = f"cp{struct.unpack('<I', number)[0]}" if len(number) == 4 else codepage
    if content:
        found.html = _string(
            content, "utf-16-le" if kind == 31 else label.replace("cp65001", "utf-8")
        )


def _properties(data: bytes) -> Iterator[tuple[int, tuple[int, bytes]]]:
    """Every property: its number, its type and its first value."""
    if len(data) < 4:
        return
    at = 4
    for _ in range(min(struct.unpack_from("<I", data)[0], MAX_TNEF_ITEMS)):
        if at + 4 > len(data):
            return
        kind, number = struct.unpack_from("<HH", data, at)
        at += 4
        if number >= _NAMED:
            at = _after_name(data, at)
        value, at = _value(data, at, kind)
        if at < 0:
            return
        yield number, (kind & ~_MULTIPLE, value)


def _after_name(data: bytes, at: int) -> int:
    if at + 24 > len(data):
        return len(data)
    is_string, size = struct.unpack_from("<II", data, at + 16)
    return at + 24 + (_padded(size) if is_string else 0)


def _value(data: bytes, at: int, kind: int) -> tuple[bytes, int]:
    """The first value and where the next property begins; -1 where nobody can say."""
    plain = kind & ~_MULTIPLE
    count = 1
    if kind & _MULTIPLE or plain in _VARIABLE:
        if at + 4 > len(data):
            return b"", -1
        (count,) = struct.unpack_from("<I", data, at)
        at += 4
    first = b""
    for number in range(min(count, MAX_TNEF_ITEMS)):
        if plain in _VARIABLE:
            if at + 4 > len(data):
                return first, -1
            (size,) = struct.unpack_from("<I", data, at)
            at += 4
            step = _padded(size)
        elif plain in _FIXED:
            size = step = _FIXED[plain]
        else:
            return first, -1
        if number == 0:
            first = data[at : at + size]
        at += step
    return first, at


def _padded(size: int) -> int:
    return (size + 3) & ~3


def _text_of(found: dict[int, tuple[int, bytes]], number: int, codepage: str) -> str:
    kind, value = found.get(number, (0, b""))
    return _string(value, "utf-16-le" if kind == 31 else codepage)


def _string(value: bytes, codepage: str) -> str:
    if codepage == "utf-16-le":
        return value.decode("utf-16-le", "replace").replace("\x00", "")
    return decode_text(value.rstrip(b"\x00"), codepage).replace("\x00", "")
