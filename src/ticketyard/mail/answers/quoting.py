"""Pure: the new words of a mail, without what it quotes and without its signature."""

import re
from collections.abc import Sequence

from ticketyard.mail.answers.quote_headers import (
    attribution_length,
    header_block_length,
    is_barred,
    is_framed_introduction,
    is_initialled,
    is_quoted,
    is_reply_above,
    is_rule,
    named_block_length,
    separator_kind,
)
from ticketyard.mail.answers.quote_marks import marked_lines
from ticketyard.mail.answers.signatures import end_above_signature, is_app_line

# A text with more lines is a log or a whole thread: what lies further down goes the way of the
# last line that was looked at.
MOST_LINES_READ = 1_500
SHORTEST_BROKEN = 50

# What a line is: blank, text, quoted, introduction of a quote, block of headers (or the rule
# before it), announcement of a forwarded message, the line above which one was to write, and
# what the HTML marks as signature.
BLANK, TEXT, QUOTED, INTRO, BLOCK, FORWARD, ABOVE, SIGNATURE = " tqibfas"

_ANSWERED_QUOTE = re.compile("[bf ]*q")
_MARKED_QUOTE = re.compile("[i ]*(?:q|$)")
_RUN_OF_QUOTES = re.compile("q[qi ]*")


def reply_text(body_text: str, body_html: str = "") -> str:
    """What the sender wrote anew, as whole lines of the body; the whole body rather than nothing.

    body_html: the HTML, whose marks show quotes that the text does not.
    """
    lines = body_text.replace("\r\n", "\n").split("\n", MOST_LINES_READ)
    kinds = _marked(_rejoined(_kinds(lines), lines), lines, body_html)
    if _is_passed_on(kinds):
        return body_text.strip("\r\n")
    words = "\n".join(lines[at] for at in _kept(lines, kinds))
    return words.strip("\n") if words.strip() else body_text.strip("\r\n")


def _kinds(lines: Sequence[str]) -> str:
    """One letter for each line."""
    kinds: list[str] = []
    fences = _fenced(lines)
    is_introduced = False
    while len(kinds) < len(lines):
        at = len(kinds)
        if at >= MOST_LINES_READ:
            kinds.append(next((each for each in reversed(kinds) if each != BLANK), TEXT))
        elif is_introduced and is_initialled(lines[at]):
            kinds.append(QUOTED)
        elif at in fences:
            kinds.extend(TEXT * (fences[at] - at))
        else:
            kind, length = _kind_at(lines, at)
            is_introduced = is_introduced or kind == INTRO
            kinds.extend(kind * length)
    return "".join(kinds[: len(lines)])


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
        return (BLOCK if is_framed_introduction(lines[at]) else kind), 1
    if is_reply_above(lines[at]):
        return ABOVE, 1
    if announced := separator_kind(lines[at]):
        return (FORWARD if announced == "forwarded" else BLOCK), 1
    if is_rule(lines[at]):
        length = _announced_block(lines, at)
        return (BLOCK, length) if length else (TEXT, 1)
    if length := header_block_length(lines, at) or named_block_length(lines, at):
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


def _rejoined(kinds: str, lines: Sequence[str]) -> str:
    """Give back to the quote what a program broke off its long lines without a mark."""
    told = list(kinds)
    for at in range(1, len(told) - 1):
        is_between = told[at - 1 : at + 2] == [QUOTED, TEXT, QUOTED]
        if is_between and _is_broken_off(lines[at - 1].rstrip(), lines[at].lstrip()):
            told[at] = QUOTED
    return "".join(told)


def _is_broken_off(above: str, below: str) -> bool:
    if len(above) < SHORTEST_BROKEN or above[-1] in "?!:;":
        return False
    return above[-1] != "." or below[:1].islower()


def _marked(kinds: str, lines: Sequence[str], html: str) -> str:
    """Put the marks of the HTML over what the text alone shows."""
    marked = marked_lines(lines, html)
    told = list(kinds)
    for at in marked.signature:
        told[at] = SIGNATURE
    for at in marked.quoted:
        told[at] = QUOTED if told[at] == TEXT else told[at]
    return "".join(told)


def _is_passed_on(kinds: str) -> bool:
    """Whether the mail is a forwarded one from its first line on, which nobody answers in."""
    told = kinds.lstrip(BLANK)
    return told.startswith((BLOCK, FORWARD)) and not _is_answered(0, told)


def _kept(lines: Sequence[str], kinds: str) -> list[int]:
    """The numbers of the lines to keep."""
    end = _end_of_words(lines, kinds)
    # A signature may stand below the quote as well as above it.
    for _ in range(2):
        end = kinds.rfind(TEXT, 0, _end_above_signature(lines, kinds, end)) + 1
    kinds = kinds[:end]
    # One quote is what the answer is to; with more, each stands above its own answer.
    is_wanted = len(_RUN_OF_QUOTES.findall(kinds)) > 1 or _is_own_example(lines, kinds)
    wanted = {TEXT, BLANK, QUOTED} if is_wanted else {TEXT, BLANK}
    return [at for at, kind in enumerate(kinds) if kind in wanted]


def _is_own_example(lines: Sequence[str], kinds: str) -> bool:
    """Whether the only quote belongs to the words around it: "The log says:", and no more is told
    of where it is from.
    """
    first = kinds.find(QUOTED)
    if first < 0 or any(each in kinds for each in (INTRO, BLOCK, FORWARD)):
        return False
    above = kinds.rfind(TEXT, 0, first)
    return above >= 0 and lines[above].rstrip().endswith(":")


def _end_of_words(lines: Sequence[str], kinds: str) -> int:
    """Where the message below begins that bears no quoting marks."""
    first = kinds.find(TEXT)
    if first < 0:
        return len(kinds)
    below = range(first + 1, len(kinds))
    return next((at for at in below if _ends_at(at, lines, kinds)), len(kinds))


def _ends_at(at: int, lines: Sequence[str], kinds: str) -> bool:
    kind = kinds[at]
    if kind in (BLOCK, FORWARD):
        return not _is_answered(at, kinds)
    if kind == INTRO:
        return _MARKED_QUOTE.match(kinds, at) is None
    return kind == ABOVE or (kind == TEXT and is_app_line(lines[at]))


def _is_answered(at: int, kinds: str) -> bool:
    """Whether a marked quote follows the block of headers, and words follow that."""
    return _ANSWERED_QUOTE.match(kinds, at) is not None and kinds.rfind(TEXT) > at


def _end_above_signature(lines: Sequence[str], kinds: str, end: int) -> int:
    while end and kinds[end - 1] in (BLANK, SIGNATURE):
        end -= 1
    shorter = end_above_signature(lines[:end])
    return shorter if TEXT in kinds[:shorter] else end
