"""Pure: the text of a header: folded, raw 8-bit, RFC 2047 words, and the usual mistakes in them."""

import binascii
import re
from dataclasses import dataclass

from ticketyard.mail.limits import MAX_FIELD_CHARACTERS
from ticketyard.mail.syntax.charsets import decode_text
from ticketyard.mail.syntax.transfer import from_base64

_FOLD = re.compile(r"[\r\n]+[ \t]*|[\x00-\x08\x0b-\x1f\x7f]+")
_WORD_HEAD = re.compile(r"=\?([^?\s=]{0,60})\?[ \t]*([bBqQ])[ \t]*\?")
_SPACE = re.compile(r"\s+")
_BARE_EQUALS = re.compile(rb"=(?![0-9A-Fa-f]{2})")


@dataclass(slots=True)
class _Word:
    """An encoded word: where it stands, its charset, B or Q, and what is encoded."""

    start: int
    end: int
    charset: str
    kind: str
    content: str


def raw_text(value: bytes, hint: str = "") -> str:
    """A header's bytes as text, encoded words left as they are."""
    return decode_text(value[: MAX_FIELD_CHARACTERS * 4], "", hint)[:MAX_FIELD_CHARACTERS]


def header_text(value: bytes, hint: str = "") -> str:
    """What a header says, in one line."""
    return decode_words(raw_text(value, hint))


def one_line(text: str) -> str:
    """Without breaks and control signs, so that nothing can hide or add a header of its own."""
    return _FOLD.sub(" ", text).strip()


def decode_words(text: str) -> str:
    """Text with its encoded words decoded; blanks between two of them are no blanks."""
    if "=?" not in text:
        return one_line(text)
    out: list[str] = []
    at = 0
    run: list[_Word] = []
    for word in _words(text):
        between = text[at : word.start]
        if not run or between.strip():
            out.append(_run_text(run))
            out.append(between)
            run = []
        run.append(word)
        at = word.end
    out.append(_run_text(run))
    out.append(text[at:])
    return one_line("".join(out))


def _words(text: str) -> list[_Word]:
    found: list[_Word] = []
    at = text.find("=?")
    while at >= 0:
        head = _WORD_HEAD.match(text, at)
        if head is None:
            at = text.find("=?", at + 2)
            continue
        end = text.find("?=", head.end())
        if end < 0:
            # Cut off by somebody: what is there is still better than its code.
            end = len(text)
        found.append(_Word(at, end + 2, head[1], head[2].lower(), text[head.end() : end]))
        at = text.find("=?", end + 2)
    return found


def _run_text(run: list[_Word]) -> str:
    """Neighbours of one charset are decoded as one: mailers cut letters in two."""
    out: list[str] = []
    group: list[_Word] = []
    for word in run:
        if group and word.charset.lower() != group[0].charset.lower():
            out.append(_group_text(group))
            group = []
        group.append(word)
    if group:
        out.append(_group_text(group))
    return "".join(out)


def _group_text(group: list[_Word]) -> str:
    pieces: list[bytes] = []
    pending = ""
    for word in group:
        if word.kind == "q":
            pieces += [from_base64(pending.encode("ascii", "ignore")), _from_q(word.content)]
            pending = ""
            continue
        pending += _SPACE.sub("", word.content)
        if len(pending) % 4 == 0 or pending.endswith("="):
            pieces.append(from_base64(pending.encode("ascii", "ignore")))
            pending = ""
    pieces.append(from_base64(pending.encode("ascii", "ignore")))
    return decode_text(b"".join(pieces), group[0].charset)


def _from_q(content: str) -> bytes:
    data = content.replace("_", " ").encode("utf-8", "replace")
    return binascii.a2b_qp(_BARE_EQUALS.sub(b"=3D", data))
