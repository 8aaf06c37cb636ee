"""Pure: the new words of a mail, without what it quotes and without its signature."""

from collections.abc import Sequence

from ticketyard.mail.quote_headers import (
    attribution_length,
    header_block_length,
    is_barred,
    is_quoted,
    is_reply_above,
    is_rule,
    separator_kind,
)
from ticketyard.mail.signatures import is_app_line, without_signature

# What lies further down is quoted where it bears ">" and text where it does not.
MOST_LINES_READ = 4_000

# What a line is: blank, text, quoted, introduction of a quote, block of headers (or the rule
# before it), announcement of a forwarded message, and the line above which one was to write.
BLANK, TEXT, QUOTED, INTRO, BLOCK, FORWARD, ABOVE = " tqibfa"


def reply_text(body_text: str, body_html: str = "", *, subject: str = "") -> str:
    """What the sender wrote anew, as whole lines of the body; the whole body rather than nothing.

    body_html: the HTML as it came, whose marks show quotes that the text does not.
    """
    lines = body_text.splitlines()
    kinds = _kinds(lines)
    kept = without_signature(_without_quotes(lines, kinds))
    words = "\n".join(kept)
    return words if words.strip() else body_text.strip("\r\n")


def _kinds(lines: Sequence[str]) -> list[str]:
    """One letter for each line."""
    kinds: list[str] = []
    fences = _fenced(lines)
    while len(kinds) < len(lines):
        at = len(kinds)
        if at >= MOST_LINES_READ:
            kinds.extend(_simple_kind(line) for line in lines[at:])
            break
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


def _without_quotes(lines: Sequence[str], kinds: list[str]) -> list[str]:
    end = _end_of_words(lines, kinds)
    kinds = kinds[:end]
    kept = _kept(kinds)
    return [lines[at] for at in kept]


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


def _kept(kinds: Sequence[str]) -> list[int]:
    """The lines to keep: words, and the quotes between two answers that they belong to."""
    last = max((at for at, kind in enumerate(kinds) if kind == TEXT), default=-1)
    answered = _answered_quotes(kinds[: last + 1])
    keep_quotes = len(answered) > 1
    return [
        at
        for at in range(last + 1)
        if kinds[at] in (TEXT, BLANK) or (kinds[at] == QUOTED and keep_quotes)
    ]


def _answered_quotes(kinds: Sequence[str]) -> list[int]:
    """Where each run of quoted lines begins."""
    starts: list[int] = []
    before = BLANK
    for at, kind in enumerate(kinds):
        if kind == QUOTED and before != QUOTED:
            starts.append(at)
        if kind != BLANK:
            before = kind
    return starts
