"""Read Markdown: what a reader of the rendered page would read, with its headings."""

from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from ticketyard.knowledge.reading.blocks import Block, Part, blocks_of
from ticketyard.knowledge.reading.hypertext import read_markup
from ticketyard.mail.syntax.charsets import decode_text

# Deeper nesting than anybody writes; beyond it the rest is taken as it stands.
_NESTED_MAX = 40


def read(content: bytes) -> Iterator[Block | Part]:
    """Its paragraphs, items, rows, lines of code, and headings."""
    yield from read_markdown(decode_text(content))
    yield Part(1, 1)


def read_markdown(source: str) -> Iterator[Block]:
    """The same of text that is text already."""
    tokens = MarkdownIt("commonmark", {"maxNesting": _NESTED_MAX}).enable("table").parse(source)
    cells: list[str] = []
    for place, token in enumerate(tokens):
        if token.type == "inline":
            if tokens[place - 1].type in ("th_open", "td_open"):
                cells.append(_plain(token))
                continue
            yield from blocks_of(_plain(token), level=_level(tokens[place - 1]))
        elif token.type == "tr_close":
            yield from blocks_of(" | ".join(cell for cell in cells if cell))
            cells = []
        elif token.type in ("fence", "code_block"):
            for line in token.content.splitlines():
                yield from blocks_of(line)
        elif token.type == "html_block":
            yield from read_markup(token.content)


def _level(opening: Token) -> int:
    return int(opening.tag[1]) if opening.type == "heading_open" else 0


def _plain(inline: Token) -> str:
    return "".join(_words(inline.children or []))


def _words(children: Sequence[Token]) -> Iterator[str]:
    """The words of a line; a link is followed by where it leads, unless that is what it says."""
    links: list[tuple[str, list[str]]] = []
    for child in children:
        said = _said(child)
        if child.type == "link_open":
            links.append((str(child.attrGet("href") or ""), []))
        elif child.type == "link_close" and links:
            target, words = links.pop()
            text = "".join(words)
            shown = f" ({target})" if _is_worth_saying(target, text) else ""
            if links:
                links[-1][1].append(text)
            yield shown
        elif links:
            links[-1][1].append(said)
        yield said


def _said(child: Token) -> str:
    if child.type in ("text", "code_inline"):
        return child.content
    if child.type in ("softbreak", "hardbreak"):
        return " "
    return "".join(map(_said, child.children or [])) if child.type == "image" else ""


def _is_worth_saying(target: str, text: str) -> bool:
    return target.startswith(("http://", "https://", "mailto:")) and target not in (
        text,
        f"mailto:{text}",
    )
