"""Pure: what the answers to FETCH and SEARCH say."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

# As imaplib gives them: a line, or what stands before a literal with the literal itself.
Answer = Sequence[bytes | tuple[bytes, bytes] | None]

_UID = re.compile(rb"\bUID (\d+)", re.I)
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)", re.I)
_ARRIVED = re.compile(rb'\bINTERNALDATE "\s*([^"]+)"', re.I)
_BEGINS = re.compile(rb"^\d+ \(")
_BODY = re.compile(rb'\bBODY\[\](?:<0>)? (?:~?\{\d+\}|"(?P<quoted>(?:[^"\\]|\\.)*)"|NIL)', re.I)


@dataclass(frozen=True, slots=True)
class Listed:
    """One message of a folder: its size as the server counts, and when it came there."""

    uid: int
    size: int
    arrived_at: datetime | None


def read_listing(answer: Answer) -> list[Listed]:
    """The messages of `FETCH … (UID RFC822.SIZE INTERNALDATE)`, by UID. Whatever else the server
    says in between is passed over."""
    found = {}
    for head, _ in _messages(answer):
        if uid := _UID.search(head):
            size, arrived = _SIZE.search(head), _ARRIVED.search(head)
            found[int(uid[1])] = Listed(
                int(uid[1]), int(size[1]) if size else 0, _instant(arrived[1]) if arrived else None
            )
    return [found[uid] for uid in sorted(found)]


def read_bodies(answer: Answer) -> dict[int, bytes]:
    """UID to message of `FETCH … (UID BODY.PEEK[])`. A UID may stand before its literal or after."""
    bodies = {}
    for head, literal in _messages(answer):
        uid, body = _UID.search(head), _BODY.search(head)
        if not uid or not body:
            continue
        if literal is not None:
            bodies[int(uid[1])] = literal
        elif body["quoted"] is not None:
            bodies[int(uid[1])] = re.sub(rb"\\(.)", rb"\1", body["quoted"])
    return bodies


def read_uids(answer: Answer) -> list[int]:
    """The UIDs of a SEARCH."""
    words = b" ".join(line for line in answer if isinstance(line, bytes)).split()
    return sorted({int(word) for word in words})


def _messages(answer: Answer) -> Iterator[tuple[bytes, bytes | None]]:
    """What belongs to one message: all its words, and its literal where it has one."""
    head: bytes = b""
    literal: bytes | None = None
    for part in answer:
        words, bulk = part if isinstance(part, tuple) else (part or b"", None)
        if _BEGINS.match(words):
            if head:
                yield head, literal
            head, literal = b"", None
        head += words
        literal = bulk if bulk is not None else literal
    if head:
        yield head, literal


def _instant(words: bytes) -> datetime | None:
    try:
        found = datetime.strptime(words.decode("ascii").strip(), "%d-%b-%Y %H:%M:%S %z")
        return found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
