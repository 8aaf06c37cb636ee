"""Pure: a message as a tree of parts, each a stretch of the bytes it came in.

Nothing is copied but headers: the body of a part is two offsets until somebody wants it. One pass
looks at every line that begins with `--` against all boundaries that are open, the innermost first,
so that an inner part that was never closed ends where the outer one goes on.
"""

import re
from dataclasses import dataclass, field

from ticketyard.mail import limits
from ticketyard.mail.syntax.parameters import Parameterised, parse_parameterised
from ticketyard.mail.syntax.transfer import decoded, kind_of
from ticketyard.mail.syntax.words import decode_words, header_text, raw_text

_FIELD = re.compile(rb"([!-9;-~]{1,100})[ \t]*:")
_KNOWN_FIELD = re.compile(
    rb"\n(?:from|to|subject|date|message-id|mime-version|content-type|return-path)[ \t]*:", re.I
)
_MBOX_LINE = re.compile(rb">?From \S")
_LOST_BOUNDARY = re.compile(rb"\n--([^\r\n]{1,200})\r?\n(?=Content-[A-Za-z-]{1,40}:)", re.I)
_LONGEST_BOUNDARY = 8_000
_MAX_GUESSES = 10
_LOOK_AHEAD = 20_000
_BLANK = b" \t\r\n"


@dataclass(slots=True)
class Part:
    """A part: its headers as bytes (names in lower case) and where its body lies."""

    raw: bytes
    fields: list[tuple[str, bytes]] = field(default_factory=list)
    start: int = 0
    end: int = 0
    children: list["Part"] = field(default_factory=list)
    preamble: tuple[int, int] = (0, 0)
    is_digest: bool = False
    _type: Parameterised | None = None
    _disposition: Parameterised | None = None

    def first(self, name: str) -> bytes:
        """The first header of this name, unfolded bytes, or nothing."""
        return next((value for each, value in self.fields if each == name), b"")

    def text_of(self, name: str) -> str:
        """The first header of this name, decoded, or nothing."""
        return header_text(self.first(name), self.content_type.get("charset"))

    @property
    def content_type(self) -> Parameterised:
        """The type and its parameters; a missing or senseless one is what RFC 2045 5.2 says."""
        if self._type is None:
            self._type = self._read_type()
        return self._type

    @property
    def kind(self) -> str:
        """`text/plain` and such, always with a slash."""
        return self.content_type.value

    @property
    def disposition(self) -> Parameterised:
        """`attachment`, `inline` or nothing, and the parameters."""
        if self._disposition is None:
            raw = raw_text(self.first("content-disposition"))
            self._disposition = parse_parameterised(raw)
        return self._disposition

    @property
    def encoding(self) -> str:
        """The Content-Transfer-Encoding as written."""
        return raw_text(self.first("content-transfer-encoding")[:200]).strip()

    def content(self, most: int | None = None) -> bytes:
        """The decoded body; with `most`, only so many of the encoded bytes are looked at."""
        end = self.end if most is None else min(self.end, self.start + most)
        return decoded(self.raw, self.encoding, self.start, end)

    def _read_type(self) -> Parameterised:
        all_found = [_parsed_type(value) for name, value in self.fields if name == "content-type"]
        found = all_found[0] if all_found else Parameterised("")
        if not found.value.startswith("multipart/"):
            # Of two types the one that explains the boundary lines is the true one.
            found = next((each for each in all_found if _is_multipart(each)), found)
        main, _, rest = found.value.partition("/")
        if main and rest:
            return found
        return Parameterised(self._type_for(found), found.parameters)

    def _type_for(self, found: Parameterised) -> str:
        """What is meant by a value that is no type."""
        if found.value == "multipart" or (not found.value and found.get("boundary")):
            return "multipart/mixed"
        if found.value in ("", "text", "plain"):
            return "message/rfc822" if self.is_digest and not found.value else "text/plain"
        return "text/html" if found.value == "html" else "application/octet-stream"


def _parsed_type(value: bytes) -> Parameterised:
    raw = raw_text(value)
    return parse_parameterised(decode_words(raw) if "=?" in raw.partition(";")[0] else raw)


def _is_multipart(found: Parameterised) -> bool:
    return found.value.startswith("multipart/") and bool(found.get("boundary"))


def parse_parts(raw: bytes, problems: list[str]) -> Part:
    """The tree of a whole message. What had to be given up is named in `problems`."""
    if b"\n" not in raw and b"\r" in raw:
        raw = raw.replace(b"\r", b"\n")
    return _Splitter(raw, problems).whole()


def parse_fields(raw: bytes) -> Part:
    """The headers of a message alone."""
    part = Part(raw)
    splitter = _Splitter(raw, [])
    splitter.at = _skip_leading(raw)
    splitter._read_fields(part)
    return part


@dataclass(slots=True)
class _Delimiter:
    """A boundary line: whose it is (its depth), where it begins and ends, and if it closes."""

    depth: int
    start: int
    end: int
    closes: bool


@dataclass(slots=True)
class _Splitter:
    raw: bytes
    problems: list[str]
    at: int = 0
    parts: int = 0
    guesses: int = 0
    headers_until: int = 0
    open: dict[bytes, list[int]] = field(default_factory=dict)

    def whole(self) -> Part:
        self.at = _skip_leading(self.raw)
        part, _ = self._part(0, is_digest=False)
        return part

    def _part(self, depth: int, *, is_digest: bool) -> tuple[Part, _Delimiter | None]:
        """The part that begins here, and the boundary line that ended it."""
        self.parts += 1
        part = Part(self.raw, is_digest=is_digest)
        ended = self._read_fields(part)
        part.start = part.end = self.at
        if ended is not None:
            part.start = part.end = min(ended.start, part.start)
            return part, ended
        boundary = self._boundary_of(part, depth)
        if boundary is None:
            ended = self._next_delimiter()
            part.end = len(self.raw) if ended is None else self._before(ended, part.start)
            self._open_encoded(part, depth)
            return part, ended
        return part, self._read_children(part, boundary, depth)

    def _boundary_of(self, part: Part, depth: int) -> bytes | None:
        if not part.kind.startswith("multipart/") or kind_of(part.encoding):
            return None
        if depth >= limits.MAX_DEPTH:
            self._give_up("nested too deeply")
            return None
        boundary = part.content_type.get("boundary").encode("utf-8", "replace")[:_LONGEST_BOUNDARY]
        if boundary and self.raw.find(b"--" + boundary, part.start) >= 0:
            return boundary
        self.guesses += 1
        if self.guesses > _MAX_GUESSES:
            return None
        lost = _LOST_BOUNDARY.search(self.raw, max(0, part.start - 1))
        guess = lost[1].rstrip(_BLANK) if lost is not None else b""
        if guess and guess not in self.open:
            self._give_up("boundary guessed")
            return guess
        return None

    def _read_children(self, part: Part, boundary: bytes, depth: int) -> _Delimiter | None:
        self.open.setdefault(boundary, []).append(depth)
        is_digest = part.kind == "multipart/digest"
        ended = self._next_delimiter()
        part.preamble = (part.start, len(self.raw) if ended is None else ended.start)
        while ended is not None and ended.depth == depth:
            if ended.closes:
                ended = self._next_delimiter()
                continue
            if self.parts >= limits.MAX_PARTS:
                self._give_up("too many parts")
                ended = None
                break
            child, ended = self._part(depth + 1, is_digest=is_digest)
            part.children.append(child)
        self._close(boundary)
        part.end = len(self.raw) if ended is None else self._before(ended, part.start)
        return ended

    def _close(self, boundary: bytes) -> None:
        depths = self.open[boundary]
        depths.pop()
        if not depths:
            del self.open[boundary]

    def _give_up(self, why: str) -> None:
        if len(self.problems) < limits.MAX_PROBLEMS:
            self.problems.append(f"parts: {why}")

    def _before(self, ended: _Delimiter, floor: int) -> int:
        """Where the content before a boundary line ends: its line break belongs to the boundary."""
        end = ended.start
        if end > floor and self.raw[end - 1] == 10:
            end -= 1
            if end > floor and self.raw[end - 1] == 13:
                end -= 1
        return end

    def _open_encoded(self, part: Part, depth: int) -> None:
        """A multipart that was encoded as a whole, which it must not be, is read all the same."""
        if not part.kind.startswith("multipart/") or not kind_of(part.encoding):
            return
        if depth >= limits.MAX_DEPTH:
            return
        inside = _Splitter(part.content(), self.problems, parts=self.parts)
        header = b"Content-Type: " + part.first("content-type") + b"\n\n"
        inside.raw = header + inside.raw
        found, _ = inside._part(depth + 1, is_digest=False)
        self.parts = inside.parts
        part.children = found.children

    def _next_delimiter(self) -> _Delimiter | None:
        """The next boundary line of any open multipart; reading goes on behind it."""
        if not self.open:
            return None
        at = self.at
        while True:
            at = self.raw.find(b"--", at)
            if at < 0:
                return None
            if at == 0 or self.raw[at - 1] == 10:
                found, line_end = self._delimiter_at(at)
                if found is not None:
                    self.at = found.end
                    return found
                at = line_end
            else:
                skip = self.raw.find(b"\n--", at)
                if skip < 0:
                    return None
                at = skip + 1

    def _delimiter_at(self, start: int) -> tuple[_Delimiter | None, int]:
        end = self.raw.find(b"\n", start)
        end = len(self.raw) if end < 0 else end
        line = self.raw[start + 2 : min(end, start + _LONGEST_BOUNDARY + 8)].rstrip(b"\r")
        after = min(end + 1, len(self.raw))
        for name in (line, line.rstrip(b" \t\r")):
            if name in self.open:
                return _Delimiter(self.open[name][-1], start, after, closes=False), end
            if name.endswith(b"--") and name[:-2] in self.open:
                return _Delimiter(self.open[name[:-2]][-1], start, after, closes=True), end
        return None, end

    def _read_fields(self, part: Part) -> _Delimiter | None:
        """Read the headers; the body begins at `self.at`. A boundary line ends them too."""
        raw, fields = self.raw, part.fields
        stop = min(len(raw), self.at + limits.MAX_HEADER_BYTES)
        while self.at < len(raw):
            start = self.at
            if start > stop:
                self._give_up("headers too long")
                self.at = _after_blank_line(raw, start)
                return None
            end = raw.find(b"\n", start)
            end = len(raw) if end < 0 else end
            line = raw[start:end].rstrip(b"\r")
            if not line.strip(b" \t") and not (line and self._headers_go_on(end)):
                self.at = min(end + 1, len(raw))
                return None
            if line.startswith(b"--") and self.open:
                delimiter, _ = self._delimiter_at(start)
                if delimiter is not None:
                    self.at = delimiter.end
                    return delimiter
            if not self._take_line(fields, line, end):
                return None
            self.at = min(end + 1, len(raw))
        return None

    def _take_line(self, fields: list[tuple[str, bytes]], line: bytes, end: int) -> bool:
        """False where the line cannot belong to the headers any more."""
        if line[:1] in (b" ", b"\t"):
            _append(fields, line)
            return True
        match = _FIELD.match(line)
        if match is not None:
            if len(fields) < limits.MAX_FIELDS:
                name = match[1].decode("ascii").lower()
                fields.append((name, line[match.end() :].strip(_BLANK)))
            elif len(fields) == limits.MAX_FIELDS:
                fields.append(("x-more-headers", b""))
                self._give_up("too many headers")
            return True
        if _MBOX_LINE.match(line):
            return True
        if not self._headers_go_on(end):
            return False
        if fields and fields[-1][0].startswith("content-"):
            _append(fields, line)
        return True

    def _headers_go_on(self, end: int) -> bool:
        """A line that is no header may be a fold that lost its blank: look at what follows."""
        if end < self.headers_until or _FIELD.match(self.raw, end + 1):
            return True
        stop = min(len(self.raw), end + _LOOK_AHEAD)
        blank = min(
            (at for sign in (b"\n\n", b"\n\r\n") if (at := self.raw.find(sign, end, stop)) >= 0),
            default=stop,
        )
        known = _KNOWN_FIELD.search(self.raw, end, blank)
        self.headers_until = known.start() if known else self.headers_until
        return known is not None


def _append(fields: list[tuple[str, bytes]], line: bytes) -> None:
    if fields:
        name, value = fields[-1]
        if len(value) < limits.MAX_FIELD_CHARACTERS:
            fields[-1] = (name, value + b" " + line.strip(_BLANK) if value else line.strip(_BLANK))


def _skip_leading(raw: bytes) -> int:
    """Past a byte order mark, blank lines and the separator line of a mailbox file."""
    at = 3 if raw.startswith(b"\xef\xbb\xbf") else 0
    while raw[at : at + 1] in (b"\r", b"\n"):
        at += 1
    return at


def _after_blank_line(raw: bytes, start: int) -> int:
    ends = [at + len(sign) for sign in (b"\n\n", b"\n\r\n") if (at := raw.find(sign, start)) >= 0]
    return min(ends, default=len(raw))
