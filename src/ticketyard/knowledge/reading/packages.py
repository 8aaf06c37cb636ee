"""Pure: what a zip says is in it, read by hand: nothing is unpacked, and a lie costs nothing.

Word and Excel files are zips. Before a library is let at one, its list of contents is looked at: how
many entries, how large, how tightly packed.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from ticketyard.knowledge.reading.kinds import CannotRead

ENTRIES_MAX = 10_000
# A list of ten thousand entries is a megabyte; this leaves room for long names.
_LIST_MAX_BYTES = 4 * 1024 * 1024
UNPACKED_MAX_BYTES = 192 * 1024 * 1024
# What is small may be packed as tightly as it likes: sixty kilobytes of blanks harm nobody.
RATIO_MAX = 200
_RATIO_COUNTS_FROM_BYTES = 4 * 1024 * 1024

_END = struct.Struct("<4s4H2LH")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_END_MARK = b"PK\x05\x06"
_ENTRY_MARK = b"PK\x01\x02"
_COMMENT_MAX_BYTES = 65_535
_ENCRYPTED = 0x1


@dataclass(frozen=True)
class Entry:
    """One file in it, as the list says."""

    name: str
    packed_bytes: int
    bytes: int
    is_encrypted: bool


def list_entries(file: BinaryIO) -> list[Entry]:
    """The list of contents. Raises CannotRead: broken, encrypted, packed_too_tightly."""
    entries = list(_read_list(file))
    if not entries:
        raise CannotRead("broken")
    if any(each.is_encrypted for each in entries):
        raise CannotRead("encrypted")
    unpacked = sum(each.bytes for each in entries)
    if unpacked > UNPACKED_MAX_BYTES or any(map(_is_too_tight, entries)):
        raise CannotRead("packed_too_tightly")
    return entries


def _is_too_tight(entry: Entry) -> bool:
    return (
        entry.bytes > _RATIO_COUNTS_FROM_BYTES
        and entry.bytes > max(entry.packed_bytes, 1) * RATIO_MAX
    )


def _read_list(file: BinaryIO) -> Iterator[Entry]:
    count, size, at = _find_list(file)
    if count > ENTRIES_MAX or size > _LIST_MAX_BYTES:
        raise CannotRead("packed_too_tightly")
    file.seek(at)
    listed = file.read(size)
    place = 0
    for _ in range(count):
        if place + _ENTRY.size > len(listed):
            raise CannotRead("broken")
        fields = _ENTRY.unpack_from(listed, place)
        mark, flags, packed, unpacked = fields[0], fields[3], fields[8], fields[9]
        name_length, extra_length, comment_length = fields[10:13]
        if mark != _ENTRY_MARK:
            raise CannotRead("broken")
        start = place + _ENTRY.size
        name = listed[start : start + name_length].decode("utf-8", "replace")
        yield Entry(name, packed, unpacked, bool(flags & _ENCRYPTED))
        place = start + name_length + extra_length + comment_length


def _find_list(file: BinaryIO) -> tuple[int, int, int]:
    """How many entries, how long their list is and where it stands. Source: PKWARE APPNOTE 4.3.16."""
    end = file.seek(0, 2)
    start = max(0, end - _END.size - _COMMENT_MAX_BYTES)
    file.seek(start)
    tail = file.read(end - start)
    place = tail.rfind(_END_MARK)
    if place < 0 or place + _END.size > len(tail):
        raise CannotRead("broken")
    _, disk, _, here, count, size, at, _ = _END.unpack_from(tail, place)
    # A list on several disks, or one that the zip64 record alone describes: no document has these.
    if disk or here != count or at + size > end:
        raise CannotRead("broken")
    return count, size, at
