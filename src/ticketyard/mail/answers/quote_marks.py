"""Pure: which lines of a mail's text its HTML marks as quoted, or as signature."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import unescape

MOST_HTML_CHARACTERS = 300_000
NEEDLE = 24

_TOKEN = re.compile(r'<(/?)([a-zA-Z][a-zA-Z0-9:]{0,20})((?:[^<>"]|"[^"]*")*)>|([^<]+)|<')
_NAMES = re.compile(r'\b(?:class|id)="([^"]{1,400})"')
_OUTLOOK_LINE = re.compile(
    r"border-top:\s?(?:solid #(?:e1e1e1|b5c4df) 1(?:\.0)?pt|1(?:\.0)?pt solid (?:#(?:e1e1e1|b5c4df)|rgb\(22))",
    re.IGNORECASE,
)
_CITED = re.compile(r'\btype="cite"|\bcite="(?:mid|cid)')
_VOID = frozenset({"br", "hr", "img", "input", "meta", "link", "col", "wbr", "area", "base"})

# By name of class or id: the quote ends with the element, or only with the message.
_QUOTES = frozenset(
    {
        *(
            "gmail_attr",
            "yahoo_quoted",
            "moz-cite-prefix",
            "moz-forward-container",
            "protonmail_quote",
        ),
        *("tutanota_quote", "zmail_extra", "zm_blockquote", "freshdesk_quote", "front-blockquote"),
        *(
            "outlookmessageheader",
            "mail_quote",
            "mail-quote",
            "mailquote",
            "reply-intro",
            "replybody",
        ),
        *("hs_reply", "quoted-text", "quotedtext", "quoted_text", "replied-message", "ntes_reply"),
        *(
            "isreplycontent",
            "isforwardcontent",
            "mail_ru_quote",
            "mailru-blockquote",
            "kmail_quote",
        ),
        *("airmail_on", "bloop_original_html", "cloudhq__gmail_quote", "mb_quote", "skiff_quote"),
        *(
            "olk_src_body_section",
            "mail-app-auto-quote",
            "reply_quote",
            "email_quote",
            "sh-quoted-content",
        ),
    }
)
_QUOTES_TO_THE_END = frozenset(
    {
        "divrplyfwdmsg",
        "appendonsend",
        "ms-outlook-mobile-reference-message",
        "stopspelling",
        "replysplit",
    }
)
_LOOSE_QUOTES = frozenset({"gmail_quote", "gmail_quote_container"})
_SIGNATURES = frozenset(
    {
        *(
            "gmail_signature",
            "moz-signature",
            "ms-outlook-mobile-signature",
            "ymail_android_signature",
        ),
        *("protonmail_signature_block", "applemailsignature", "signature", "tutanota_signature"),
        *("yahoo_signature", "mail-signature", "email-signature", "sig-block", "bloop_sign"),
    }
)

_SIGNS = ("border-top:", "cite", *_QUOTES, *_QUOTES_TO_THE_END, *_LOOSE_QUOTES, *_SIGNATURES)

_TEXT, _QUOTE, _SIGNATURE = "", "q", "s"


@dataclass(frozen=True, slots=True)
class MarkedLines:
    """Numbers of the lines that the HTML shows as quoted and as signature."""

    quoted: frozenset[int] = frozenset()
    signature: frozenset[int] = frozenset()


def marked_lines(lines: Sequence[str], html: str) -> MarkedLines:
    """Find the marked elements' words again among the lines of the text."""
    html = html[:MOST_HTML_CHARACTERS]
    lowered = html.lower()
    if not any(sign in lowered for sign in _SIGNS):
        return MarkedLines()
    runs = list(_runs(html))
    if all(kind == _TEXT for kind, _ in runs):
        return MarkedLines()
    starts, squeezed = _squeezed_lines(lines)
    found: dict[str, set[int]] = {_QUOTE: set(), _SIGNATURE: set()}
    for kind, begin, end in _places(runs, squeezed):
        if kind != _TEXT:
            found[kind].update(_lines_between(starts, begin, end))
    return MarkedLines(frozenset(found[_QUOTE]), frozenset(found[_SIGNATURE]))


def _runs(html: str) -> Iterator[tuple[str, str]]:
    """The words of the HTML in runs of one kind, squeezed to letters and digits."""
    has_blocks = "<blockquote" in html
    kind, opened, depth, words = _TEXT, "", 0, [""]
    for token in _TOKEN.finditer(html):
        closing, name, attributes, text = token.groups()
        if text is not None:
            words.append(text)
        elif not name:
            continue
        elif kind == _TEXT and not closing:
            mark, to_the_end = _mark_of(name.lower(), attributes, has_blocks)
            if mark:
                yield _TEXT, _squeezed("".join(words))
                kind, words = mark, [""]
                opened, depth = ("", 0) if to_the_end else (name.lower(), 1)
        elif opened and name.lower() == opened:
            depth += -1 if closing else 1
            if depth == 0:
                yield kind, _squeezed("".join(words))
                kind, opened, words = _TEXT, "", [""]
    yield kind, _squeezed("".join(words))


def _mark_of(name: str, attributes: str, has_blocks: bool) -> tuple[str, bool]:
    """What the element marks, and whether for the whole rest."""
    found = _NAMES.findall(attributes)
    names = {each.removeprefix("x_") for text in found for each in text.lower().split()}
    if names & _QUOTES_TO_THE_END or (name == "div" and _OUTLOOK_LINE.search(attributes)):
        return _QUOTE, True
    if name in _VOID:
        return _TEXT, False
    if name == "blockquote" and (names & _LOOSE_QUOTES or _CITED.search(attributes)):
        return _QUOTE, False
    if names & _QUOTES or (names & _LOOSE_QUOTES and not has_blocks):
        return _QUOTE, False
    return (_SIGNATURE if names & _SIGNATURES else _TEXT), False


def _squeezed(text: str) -> str:
    return "".join(filter(str.isalnum, unescape(text).lower()))


def _squeezed_lines(lines: Sequence[str]) -> tuple[list[int], str]:
    """Where each line begins in the text of letters and digits, and that text."""
    starts: list[int] = []
    pieces: list[str] = []
    length = 0
    for line in lines:
        starts.append(length)
        piece = "".join(filter(str.isalnum, line.lower()))
        pieces.append(piece)
        length += len(piece)
    return starts, "".join(pieces)


def _places(runs: Sequence[tuple[str, str]], squeezed: str) -> Iterator[tuple[str, int, int]]:
    """Where each run that can be found again begins and ends."""
    found: list[tuple[str, int]] = []
    at = 0
    for kind, words in runs[:500]:
        begin = squeezed.find(words[:NEEDLE], at) if words else -1
        if begin >= 0:
            found.append((kind, begin))
            at = begin + min(len(words), NEEDLE)
    for number, (kind, begin) in enumerate(found):
        end = found[number + 1][1] if number + 1 < len(found) else len(squeezed)
        yield kind, begin, end


def _lines_between(starts: Sequence[int], begin: int, end: int) -> Iterator[int]:
    """The lines that lie wholly in the stretch."""
    for number, start in enumerate(starts):
        after = starts[number + 1] if number + 1 < len(starts) else end
        if start >= begin and after <= end and after > start:
            yield number
