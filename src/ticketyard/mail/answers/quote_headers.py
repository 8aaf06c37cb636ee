"""Pure: the lines by which a quote is introduced: "On … wrote:", Outlook's block, rules between."""

import re
from collections.abc import Sequence
from itertools import islice

from ticketyard.mail.answers.quote_words import (
    ABOVE,
    FORWARDED,
    LABELS,
    ON,
    ORIGINAL,
    QUOTING,
    WROTE,
)

# A line longer than this introduces nothing; what is looked at of each line stays as short.
LONGEST_LINE = 400
LONGEST_ATTRIBUTION = 700
SHORT_LINE = 100
LONGEST_ENDING = 80
MOST_LABELS = 8
MOST_LINES = 7
MOST_HEADER_LINES = 24

# A pattern, for it passes over letters beyond ASCII ten times as fast as a table to translate by.
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202c\u2060\ufeff\u00ad]")
_QUOTED = re.compile(r"\s{0,8}(?:[>＞»›❯]|&gt;)")
_INITIALLED = re.compile(r"\s{0,4}[A-Z]{1,4}>(?:\s|$)")
_BARRED = re.compile(r"\s{0,4}[|│┃](?:\s|$)")

_DATE = re.compile(
    r"\b(?:19|20)\d\d\b|\b\d{1,2}[:.h]\d\d|\b\d{1,2}[./-]\d{1,2}[./-]\d|\d\s?[年月時时시월]|"
    r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?\s\d|"
    r"\b\d{1,2}\.?\s(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}.{0,6}\s\d{1,2}[:.]\d\d")
_TIME = re.compile(r"\b\d{1,2}[:.]\d\d\b")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_ADDRESS = re.compile(r"[\w.+'=/-]{1,80}@[\w-]{1,80}[\w.-]{0,80}", re.UNICODE)
_ANGLED = re.compile(r"(?:<|&lt;|\[)[^<>\[\]]{1,200}(?:>|&gt;|\])")
_ENDING_WROTE = re.compile(
    rf"(?:^|[\s,>\"'”’)\]:：;\d])(?:{WROTE})\s?(?:-{{2,6}})?\s?[:：]?\s?(?:-{{2,6}})?$",
    re.IGNORECASE,
)
_ANY_WROTE = re.compile(rf"(?:^|[\s,>\"'”’)\]])(?:{WROTE})(?=$|[\s:：,<])", re.IGNORECASE)
_WROTE_AT = re.compile(
    rf"(?!i\b|ich\b|je\b|я\b|we\b|"
    rf"wir\b)[^.!?:]{{2,60}}\s(?:{WROTE})\s[^!?]{{0,40}}\d\d?[.:]\d\d[^!?]{{0,12}}[:：]$",
    re.IGNORECASE,
)
_BEGINS_ON = re.compile(rf"(?:-{{2,6}}\s?)?(?:{ON})\s", re.IGNORECASE)
_BEGINS_DATED = re.compile(r"(?:\W{0,3})(?:\d|[^\W\d_]{2,14}[.,]{1,2}\s(?:\d|[^\W\d_]{3,12}\s\d))")
_QUOTING = re.compile(rf"(?:{QUOTING})\s.{{2,120}}[:：]", re.IGNORECASE)
# GroupWise: ">>> Ana <ana@desk.example> 11/9/2026 9:58 AM >>>".
_FRAMED = re.compile(r">>>\s.{3,200}\d.{0,40}\s>>>\s{0,3}")
_ENDS_OPEN = re.compile(r"[:：]\s?(?:-{2,6})?$")

_EDGES = " \t-–—_=*#~+<>|‐‑―─━\u3000:：.[]"
_RULED = re.compile(r"[\s*>]{0,4}[-–—_=*#~+‐―─━]{2}")
_ORIGINAL = re.compile(rf"(?:{ORIGINAL})(?: \(.{{1,40}}\))?", re.IGNORECASE)
_FORWARDED = re.compile(rf"(?:{FORWARDED})", re.IGNORECASE)
_ABOVE = re.compile(rf"\W{{0,12}}(?:{ABOVE})", re.IGNORECASE)
_RULE = re.compile(r"[\s*]{0,8}[-–—_=‐―─━⎯]{5,200}\s{0,8}")
_LABEL = re.compile(r"[\s*_>|]{0,6}([^:：\n]{1,34})[:：]")
_INNER_LABEL = re.compile(r"(?:^|\s)([^\W\d_][\w’'-]{0,24})\s?[:：]\s")

_ROLES: dict[str, set[str]] = {}
for _each, _words in LABELS.items():
    for _word in _words.split("|"):
        _ROLES.setdefault(_word.casefold(), set()).add(_each)


def bare(line: str) -> str:
    """The words of a line, without what is not seen and without emphasis around them."""
    short = _INVISIBLE.sub("", line[: LONGEST_LINE + 100]).replace("\u00a0", " ")
    return " ".join(short.split()).strip("*")


def is_quoted(line: str) -> bool:
    """Whether the line bears a quoting mark: ">", "> >", "»"."""
    return _QUOTED.match(_INVISIBLE.sub("", line) if line[:1] > "\u007f" else line) is not None


def is_framed_introduction(line: str) -> bool:
    """Whether the line says between arrows whose words stand below it, without any mark."""
    return line.startswith(">>>") and _FRAMED.fullmatch(line[:LONGEST_LINE]) is not None


def is_initialled(line: str) -> bool:
    """Whether the line begins as some programs quote, with the writer's initials: "AB> "."""
    return _INITIALLED.match(line) is not None


def is_barred(line: str) -> bool:
    """Whether the line begins with a bar, as some programs quote (and as tables do)."""
    return _BARRED.match(line) is not None


def is_rule(line: str) -> bool:
    """Whether the line is nothing but a long stroke."""
    return _RULE.fullmatch(line[:LONGEST_LINE]) is not None


def is_reply_above(line: str) -> bool:
    """Whether the line asks to write above it."""
    text = bare(line)
    if not 8 <= len(text) <= 160:
        return False
    framed = not (text[0].isalnum() and text[-1].isalnum())
    found = _ABOVE.match(text)
    return found is not None and (framed or len(text) <= 70) and not text.endswith("?")


def separator_kind(line: str) -> str:
    """ "original" or "forwarded" where the line announces the message below it, else nothing."""
    text = bare(line)
    if len(text) > 160:
        return ""
    words = text.strip(_EDGES)
    ruled = _RULED.match(text) is not None
    if _FORWARDED.fullmatch(words) and (ruled or _ENDS_OPEN.search(text) is not None):
        return "forwarded"
    return "original" if ruled and _ORIGINAL.fullmatch(words) else ""


def attribution_length(lines: Sequence[str], at: int) -> int:
    """How many lines from `at` on say who wrote what follows and when; 0 where none does."""
    if not _may_begin(bare(lines[at])):
        return 0
    if _goes_on_as_quote(lines[at]):
        return 1
    joined = ""
    for count, line in enumerate(lines[at : at + MOST_LINES]):
        text = bare(line)
        if text:
            if count and not _may_go_on(joined, text, line, count):
                return 0
            joined = f"{joined} {text}".lstrip()
            if _introduces(joined, lines, at + count + 1):
                return count + 1
        elif not _goes_on_after_blank(joined):
            return 0
    return 0


def _goes_on_as_quote(line: str) -> bool:
    """Whether the quote begins after a gap in the line that introduces it, as Yahoo's app writes."""
    head, gap, _ = line[: LONGEST_LINE + 100].partition(":   ")
    joined = f"{bare(head)}:"
    is_told = _DATE.search(joined) is not None and _has_address(joined)
    return bool(gap) and is_told and _ends_in_wrote(joined)


def _may_go_on(joined: str, text: str, line: str, count: int) -> bool:
    if len(joined) + len(text) > LONGEST_ATTRIBUTION or _begins_another(text, joined):
        return False
    if is_quoted(line) and not _is_torn(joined):
        return False
    if count < 2 or _DATE.search(joined):
        return True
    return _ANY_WROTE.search(text) is not None and _ANY_WROTE.search(joined) is None


def _may_begin(first: str) -> bool:
    if not 2 <= len(first) <= LONGEST_LINE:
        return False
    return (
        _BEGINS_ON.match(first) is not None
        or _BEGINS_DATED.match(first) is not None
        or _ENDS_OPEN.search(first) is not None
        or "<" in first
        or "@" in first
        or _ends_in_wrote(first)
    )


def _ends_in_wrote(text: str) -> bool:
    return _ENDING_WROTE.search(text[-LONGEST_ENDING:]) is not None


def _has_address(text: str) -> bool:
    return "@" in text and _ADDRESS.search(text) is not None


def _goes_on_after_blank(joined: str) -> bool:
    return _BEGINS_ON.match(joined) is not None and _DATE.search(joined) is not None


def _is_torn(joined: str) -> bool:
    """Whether an address was opened and not closed: a ">" then is no quoting mark."""
    return joined.count("<") > joined.count(">")


def _begins_another(text: str, joined: str) -> bool:
    if _BEGINS_ON.match(text) and _DATE.search(text[:60]) and len(text) > 16:
        return True
    return _YEAR.search(text[:40]) is not None and _YEAR.search(joined) is not None


def _introduces(joined: str, lines: Sequence[str], after: int) -> bool:
    open_end = _ENDS_OPEN.search(joined) is not None
    dated = _DATE.search(joined) is not None
    addressed = _has_address(joined)
    if _ends_in_wrote(joined) and (dated or addressed):
        return _is_short_of_sentences(joined)
    begins = _BEGINS_ON.match(joined) is not None or _BEGINS_DATED.match(joined) is not None
    if open_end and dated and _ANY_WROTE.search(joined) and (begins or addressed):
        return _is_short_of_sentences(joined)
    if open_end and dated and addressed and _ANGLED.search(joined):
        return True
    if open_end and _WROTE_AT.match(joined):
        return True
    if _is_torn(joined) or not _quote_follows(lines, after):
        return False
    if open_end and len(joined) <= 120 and _ends_in_wrote(joined):
        return True
    if _QUOTING.fullmatch(joined):
        return True
    # A year, a time, a colon and a quote below need no word that is known.
    if open_end and len(joined) <= 160 and _YEAR.search(joined) and _TIME.search(joined):
        return True
    return dated and (addressed or (begins and open_end)) and len(joined) <= 240


def _is_short_of_sentences(joined: str) -> bool:
    """An introduction holds no whole sentence: "I asked. On Monday he wrote:" is a person's."""
    return re.search(r"[a-zа-я]{3}[!?]\s", joined) is None


def _quote_follows(lines: Sequence[str], after: int) -> bool:
    for line in lines[after : after + 6]:
        if line.strip():
            return is_quoted(line) or is_barred(line)
    return False


def header_block_length(lines: Sequence[str], at: int, *, announced: bool = False) -> int:
    """How many lines from `at` on are Outlook's From, Sent, To, Subject; 0 where they are not.

    announced: a rule or "Original message" stands before, so that less is proof enough.
    """
    seen: set[str] = set()
    words: list[str] = []
    end, strangers, blanks = at, 0, 0
    for index in range(at, min(at + MOST_HEADER_LINES, len(lines))):
        line = lines[index]
        if not line.strip():
            blanks += 1
            if blanks > 1 or "subject" in seen:
                break
            continue
        roles = _roles_of(line, seen)
        if roles - seen:
            seen |= roles
            words.append(line[:LONGEST_LINE])
            end, strangers, blanks = index + 1, 0, 0
            continue
        strangers += 1
        if not seen or strangers > 3 or blanks or (strangers > 1 and len(seen) < 2):
            break
        words.append(line[:LONGEST_LINE])
    return end - at if _is_header_block(seen, "\n".join(words), announced) else 0


def named_block_length(lines: Sequence[str], at: int) -> int:
    """How many lines from `at` on are a name, a date, and To and Subject in lines below: Notes."""
    if at + 2 >= len(lines) or not _CLOCK.search(lines[at + 1][:SHORT_LINE]):
        return 0
    if not 2 <= len(bare(lines[at])) <= SHORT_LINE or len(bare(lines[at + 1])) > SHORT_LINE:
        return 0
    seen: set[str] = set()
    for index in range(at + 2, min(at + MOST_HEADER_LINES, len(lines))):
        label, colon, _ = bare(lines[index]).partition(":")
        role = _role(label, seen)
        seen |= {role} & {"to", "subject"}
        if role == "subject" and "to" in seen:
            return min(index + (1 if colon else 2), len(lines)) - at
    return 0


def _roles_of(line: str, seen: set[str]) -> set[str]:
    found = _LABEL.match(line)
    first = _role(found[1], seen) if found else ""
    if not first or found is None:
        return set()
    roles = {first}
    if line.count(":", 0, LONGEST_LINE) > 1:
        inner_labels = _INNER_LABEL.finditer(line[:LONGEST_LINE], found.end())
        for inner in islice(inner_labels, MOST_LABELS):
            roles.add(_role(inner[1], seen | roles) or first)
    return roles


def _role(label: str, seen: set[str]) -> str:
    roles = _ROLES.get(" ".join(_INVISIBLE.sub("", label).split()).strip(" *_").casefold(), set())
    fresh = sorted(roles - seen)
    return fresh[0] if fresh else next(iter(sorted(roles)), "")


def _is_header_block(seen: set[str], words: str, announced: bool) -> bool:
    known = seen - {"other"}
    if "from" not in known:
        return announced and len(known) >= 2
    if len(known) >= 3:
        return "subject" in known or "@" in words or announced
    return len(known) == 2 and (announced or ("@" in words and _DATE.search(words) is not None))
