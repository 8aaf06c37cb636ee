"""Pure: which parts of a message are its text, and that text.

Source: RFC 8621 section 4.1.4 (how a mail program sorts parts), with what real mailers do beyond it.
"""

import re
from dataclasses import dataclass, field

from ticketyard.mail.content.html import bare_text, clean_html, html_text
from ticketyard.mail.limits import MAX_HTML_CHARACTERS, MAX_TEXT_CHARACTERS
from ticketyard.mail.syntax.charsets import decode_text
from ticketyard.mail.syntax.parts import Part

_TEXTS = frozenset({"text/plain", "text/html"})
_NEVER_TEXT = frozenset(
    {"application", "audio", "chemical", "font", "image", "message", "model", "multipart", "video"}
)
_MARKED_UP = frozenset({"text/x-amp-html", "text/watch-html", "text/enriched", "text/richtext"})
_META_CHARSET = re.compile(
    rb"<meta[^<>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.IGNORECASE
)
_HTML_START = re.compile(r"\s*(?:<!doctype html|<html[\s>])", re.IGNORECASE)
_MARKUP = re.compile(r"<[^<>]{0,1000}>")
_BOILERPLATE = re.compile(r"multi-?part|\bmime\b|pgp", re.IGNORECASE)


@dataclass(slots=True)
class SortedParts:
    """The parts that are plain text, those that are the HTML text, and all others in order."""

    texts: list[Part] = field(default_factory=list)
    htmls: list[Part] = field(default_factory=list)
    files: list[Part] = field(default_factory=list)
    preamble: str = ""


@dataclass(frozen=True, slots=True)
class Body:
    """What an agent is shown, and the safe HTML where there is one."""

    text: str = ""
    html: str = ""
    is_cut: bool = False


def sort_parts(root: Part) -> SortedParts:
    """Say of every part what it is good for."""
    found = SortedParts()
    if root.children:
        _sort(root, found, in_alternative=False)
    else:
        _sort_leaf(root, found)
    if not found.texts and not found.htmls:
        _take_what_looks_like_text(root, found)
    return found


def _sort_leaf(root: Part, found: SortedParts) -> None:
    if root.kind.startswith("multipart/"):
        # Its boundary is nowhere: then it is a text, or nothing.
        found.texts.append(root)
    elif _is_text(root, 0, "mixed"):
        found.texts.append(root)
        found.htmls.append(root)
    elif root.end > root.start:
        found.files.append(root)


def _sort(parent: Part, found: SortedParts, *, in_alternative: bool) -> None:
    subtype = parent.kind.partition("/")[2]
    is_alternative = subtype == "alternative"
    texts_before, htmls_before = len(found.texts), len(found.htmls)
    for number, part in enumerate(parent.children):
        if part.children:
            _sort(part, found, in_alternative=in_alternative or is_alternative)
        elif part.kind.startswith("multipart/"):
            continue
        elif not _is_text(part, number, subtype):
            found.files.append(part)
        elif is_alternative or in_alternative:
            (found.htmls if part.kind == "text/html" else found.texts).append(part)
        else:
            found.texts.append(part)
            found.htmls.append(part)
    if is_alternative:
        _fill_the_other(found, texts_before, htmls_before)


def _fill_the_other(found: SortedParts, texts_before: int, htmls_before: int) -> None:
    """An alternative of one kind only stands for both."""
    if len(found.texts) == texts_before:
        found.texts += found.htmls[htmls_before:]
    elif len(found.htmls) == htmls_before:
        found.htmls += found.texts[texts_before:]


def _is_text(part: Part, number: int, subtype: str) -> bool:
    if part.kind not in _TEXTS or part.disposition.value == "attachment":
        return False
    is_named = bool(part.disposition.get("filename") or part.content_type.get("name"))
    return number == 0 or (subtype != "related" and not is_named)


def _take_what_looks_like_text(root: Part, found: SortedParts) -> None:
    """Nothing is a text by the rules: a text of another kind, or what stands before the parts."""
    for part in found.files:
        is_named = part.disposition.get("filename") or part.content_type.get("name")
        main = part.kind.partition("/")[0]
        if main not in _NEVER_TEXT and part.disposition.value != "attachment" and not is_named:
            if part.kind in ("text/calendar", "text/rfc822-headers", "text/x-vcard", "text/vcard"):
                continue
            found.files.remove(part)
            found.texts.append(part)
            found.htmls.append(part)
            return
    start, end = root.preamble
    preamble = _plain(decode_text(root.raw[start : min(end, start + MAX_TEXT_CHARACTERS)])).strip()
    if preamble and not _BOILERPLATE.search(preamble[:2_000]):
        found.preamble = preamble


def read_body(found: SortedParts, hint: str = "") -> Body:
    """The text and the HTML of a message. hint: the charset its headers are in."""
    sources = {id(part): _source(part, hint) for part in [*found.texts, *found.htmls]}
    html_parts = [part for part in found.htmls if _is_html(part, sources[id(part)])]
    cleaned = {id(part): clean_html(sources[id(part)]) for part in html_parts}
    text = _joined(
        [_as_text(part, sources[id(part)], cleaned.get(id(part))) for part in found.texts]
    )
    if not text.strip() and html_parts:
        text = _joined([_html_as_text(sources[id(part)], cleaned[id(part)]) for part in html_parts])
    html = ""
    if any(cleaned.values()):
        html = "\n".join(
            cleaned.get(id(part)) or _as_html(sources[id(part)])
            for part in found.htmls
            if sources[id(part)].strip()
        )
    text = text or found.preamble
    is_cut = len(text) > MAX_TEXT_CHARACTERS or any(
        part.end - part.start > MAX_HTML_CHARACTERS * 4 for part in found.texts
    )
    return Body(text[:MAX_TEXT_CHARACTERS], html[: MAX_HTML_CHARACTERS * 5], is_cut)


def _is_html(part: Part, source: str) -> bool:
    return part.kind == "text/html" or bool(_HTML_START.match(source[:2_000]))


def _joined(texts: list[str]) -> str:
    return "\n".join(text.rstrip("\n") + "\n" for text in texts if text.strip())


def _source(part: Part, hint: str) -> str:
    """A part's text as its sender wrote it, with plain line ends."""
    data = part.content(most=MAX_TEXT_CHARACTERS * 4)
    charset = part.content_type.get("charset")
    if part.kind == "text/html" and not charset:
        meta = _META_CHARSET.search(data[:4_000])
        charset = meta[1].decode("ascii", "replace") if meta else ""
    text = decode_text(data, charset, hint)[: MAX_TEXT_CHARACTERS * 2]
    return _plain(text)


def _plain(text: str) -> str:
    """With one kind of line end, and nothing that a database cannot hold."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")


def _as_text(part: Part, source: str, cleaned: str | None) -> str:
    if cleaned is not None or part.kind == "text/html":
        cleaned = clean_html(source) if cleaned is None else cleaned
        return _html_as_text(source, cleaned)
    if part.kind in _MARKED_UP:
        return _MARKUP.sub("", source)
    if part.content_type.get("format").lower() == "flowed":
        return unflow(source, delete_space=part.content_type.get("delsp").lower() == "yes")
    return source


def _html_as_text(source: str, cleaned: str) -> str:
    return html_text(cleaned) if cleaned or not source.strip() else bare_text(source)


def _as_html(text: str) -> str:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"<pre>{escaped}</pre>"


def unflow(text: str, *, delete_space: bool = False) -> str:
    """Lines of `format=flowed` joined to paragraphs again (RFC 3676)."""
    out: list[str] = []
    current: list[str] = []
    depth = 0
    for line in text.split("\n"):
        body = line.lstrip(">")
        quotes = len(line) - len(body)
        body = body.removeprefix(" ")
        # A blank line is meant as one, though the line before promises to go on.
        if current and (quotes != depth or not body):
            out.append(_paragraph(depth, current))
            current = []
        depth = quotes
        is_flowed = body.endswith(" ") and body != "-- "
        current.append(body[:-1] if is_flowed and delete_space else body)
        if not is_flowed:
            out.append(_paragraph(depth, current))
            current = []
    if current:
        out.append(_paragraph(depth, current))
    return "\n".join(out)


def _paragraph(depth: int, pieces: list[str]) -> str:
    return (">" * depth + " " if depth else "") + "".join(pieces)
