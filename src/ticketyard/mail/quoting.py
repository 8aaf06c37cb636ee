"""Pure: the new words of a mail, without what it quotes and without its signature."""

import re
from collections.abc import Sequence

from ticketyard.mail.quote_headers import (
    attribution_length,
    header_block_length,
    is_barred,
    is_initialled,
    is_quoted,
    is_reply_above,
    is_rule,
    separator_kind,
)
from ticketyard.mail.quote_marks import marked_lines
from ticketyard.mail.signatures import end_above_signature, is_app_line

# What lies further down is quoted where it bears ">" and text where it does not.
MOST_LINES_READ = 4_000
SHORTEST_BROKEN = 50

# What a line is: blank, text, quoted, introduction of a quote, block of headers (or the rule
# before it), announcement of a forwarded message, the line above which one was to write, and
# what the HTML marks as signature.
BLANK, TEXT, QUOTED, INTRO, BLOCK, FORWARD, ABOVE, SIGNATURE = " tqibfas"


def reply_text(body_text: str, body_html: str = "") -> str:
    """What the sender wrote anew, as whole lines of the body; the whole body rather than nothing.

    body_html: the HTML, whose marks show quotes that the text does not.
    """
    lines = body_text.splitlines()
    kinds = _kinds(lines)
    _rejoin(kinds, lines)
    _mark(kinds, lines, body_html)
    kept = _kept(lines, kinds)
    words = "\n".join(lines[at] for at in kept)
    return words.strip("\n") if words.strip() else body_text.strip("\r\n")


def _rejoin(kinds: list[str], lines: Sequence[str]) -> None:
    """Give back to the quote what a program broke off its long lines without a mark."""
    for at in range(1, len(kinds) - 1):
        if kinds[at - 1] == kinds[at + 1] == QUOTED and kinds[at] == TEXT:
            above = lines[at - 1].rstrip()
            if len(above) >= SHORTEST_BROKEN and above[-1] not in ".?!:;":
                kinds[at] = QUOTED


def _mark(kinds: list[str], lines: Sequence[str], html: str) -> None:
    """Put the marks of the HTML over what the text alone shows."""
    marked = marked_lines(lines, html) if html else None
    if marked is None:
        return
    for at in marked.signature:
        kinds[at] = SIGNATURE
    for at in marked.quoted:
        if kinds[at] == TEXT:
            kinds[at] = QUOTED


def _kept(lines: Sequence[str], kinds: list[str]) -> list[int]:
    """The numbers of the lines to keep."""
    end = _end_of_words(lines, kinds)
    # A signature may stand below the quote as well as above it.
    for _ in range(2):
        end = _end_above_quotes(kinds, _end_above_signature(lines, kinds, end))
    answered = _quotes_above(kinds[:end])
    return [
        at
        for at in range(end)
        if kinds[at] in (TEXT, BLANK) or (kinds[at] == QUOTED and answered > 1)
    ]


def _end_above_signature(lines: Sequence[str], kinds: Sequence[str], end: int) -> int:
    while end and kinds[end - 1] in (BLANK, SIGNATURE):
        end -= 1
    shorter = end_above_signature(lines[:end])
    return shorter if TEXT in kinds[:shorter] else end


def _end_above_quotes(kinds: Sequence[str], end: int) -> int:
    """Without the quotes at the end, as long as there are words above them."""
    last = max((at for at in range(end) if kinds[at] == TEXT), default=-1)
    return last + 1


def _kinds(lines: Sequence[str]) -> list[str]:
    """One letter for each line."""
    kinds: list[str] = []
    fences = _fenced(lines)
    while len(kinds) < len(lines):
        at = len(kinds)
        if at >= MOST_LINES_READ:
            kinds.extend(_simple_kind(line) for line in lines[at:])
            break
        if INTRO in kinds and is_initialled(lines[at]):
            kinds.append(QUOTED)
            continue
        if at in fences:
            kinds.extend(TEXT * (fences[at] - at))
            continue
        kind, length = _kind_at(lines, at)
        kinds.extend(kind * length)
    return kinds


def _fenced(lines: Sequence[str]) -> dict[int, int]:
    """Blocks between ``` and ```: the first line of each, and the line after it."""
    marks = [at for at, line in enumerate(lines[:MOST_LINES_READ]) if line.startswith("```")]
    return {first: last + 1 for first, last in zip(marks[::2], marks[1::2], strict=False)}


def _simple_kind(line: str) -> str:
    if not line.strip():
        return BLANK
    return QUOTED if is_quoted(line) else TEXT


def _kind_at(lines: Sequence[str], at: int) -> tuple[str, int]:
    kind = _simple_kind(lines[at])
    if kind != TEXT:
        return kind, 1
    if is_reply_above(lines[at]):
        return ABOVE, 1
    if announced := separator_kind(lines[at]):
        return (FORWARD if announced == "forwarded" else BLOCK), 1
    if is_rule(lines[at]):
        length = _announced_block(lines, at)
        return (BLOCK, length) if length else (TEXT, 1)
    if length := header_block_length(lines, at):
        return BLOCK, length
    if length := attribution_length(lines, at):
        return INTRO, length
    return _barred_kind(lines, at)


def _announced_block(lines: Sequence[str], at: int) -> int:
    """The rule at `at` and the block of headers that it announces, if it does."""
    for below in range(at + 1, min(at + 4, len(lines))):
        if lines[below].strip():
            length = header_block_length(lines, below, announced=True)
            return below - at + length if length else 0
    return 0


def _barred_kind(lines: Sequence[str], at: int) -> tuple[str, int]:
    end = at
    while end < len(lines) and is_barred(lines[end]) and lines[end].count("|") <= 1:
        end += 1
    return (QUOTED, end - at) if end - at >= 3 else (TEXT, 1)


def _end_of_words(lines: Sequence[str], kinds: list[str]) -> int:
    """Where the message below begins that bears no quoting marks."""
    written = False
    for at, kind in enumerate(kinds):
        if kind == ABOVE and written:
            return at
        if kind in (BLOCK, FORWARD) and written and not _answered_below(kinds, at):
            return at
        if kind == INTRO and written and not _marked_below(kinds, at):
            return at
        if kind == TEXT:
            if written and is_app_line(lines[at]):
                return at
            written = True
    return len(kinds)


def _answered_below(kinds: Sequence[str], at: int) -> bool:
    """Whether the block is followed by a marked quote, and that by words."""
    rest = "".join(kinds[at:]).replace(BLANK, "").lstrip(BLOCK + FORWARD)
    return rest.startswith(QUOTED) and TEXT in rest


def _marked_below(kinds: Sequence[str], at: int) -> bool:
    rest = "".join(kinds[at : at + 400]).replace(BLANK, "").lstrip(INTRO)
    return rest == "" or rest.startswith(QUOTED)


def _quotes_above(kinds: Sequence[str]) -> int:
    """How many runs of quoted lines there are: more than one and they are what is answered."""
    told = "".join(kinds).replace(BLANK, "").replace(INTRO, "")
    return len(re.findall(f"{QUOTED}+", told))
