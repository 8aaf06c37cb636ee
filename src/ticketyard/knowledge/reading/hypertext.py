"""Read HTML: the words of the page and its headings; nothing that runs, styles or hides."""

from collections.abc import Iterator
from html.parser import HTMLParser

import nh3

from ticketyard.knowledge.reading.blocks import Block, Part, blocks_of
from ticketyard.mail.syntax.charsets import decode_text

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BLOCKS = frozenset({
    *("p", "div", "li", "ul", "ol", "dl", "dt", "dd", "table", "tr", "pre", "blockquote", "br"),
    *("section", "article", "main", "header", "footer", "address", "figure", "figcaption", "hr"),
    *("caption", "details", "summary", *_HEADINGS),
})  # fmt: skip
_CELLS = frozenset({"td", "th"})
_CLEANER = nh3.Cleaner(
    tags=set(_BLOCKS | _CELLS),
    clean_content_tags={
        *("script", "style", "title", "template", "iframe", "object", "embed", "applet", "svg"),
        *("math", "noscript", "noembed", "xml", "select", "textarea", "button", "nav"),
    },
    attributes={},
    link_rel=None,
)


def read(content: bytes) -> Iterator[Block | Part]:
    """Its paragraphs, items, rows and headings."""
    yield from read_markup(decode_text(content))
    yield Part(1, 1)


def read_markup(source: str) -> Iterator[Block]:
    """The same of text that is text already."""
    walker = _Walker()
    # What nh3 gives is well formed, so that a simple parser reads it as a browser would.
    walker.feed(_CLEANER.clean(source.replace("\x00", "")))
    walker.close()
    walker.end_block()
    yield from walker.found


class _Walker(HTMLParser):
    """Gathers words until something ends their block."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[Block] = []
        self._words: list[str] = []
        self._level = 0
        self._is_kept = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _CELLS:
            if any(word.strip() for word in self._words):
                self._words.append(" | ")
            return
        self.end_block()
        self._level = _HEADINGS.get(tag, self._level)
        self._is_kept += tag == "pre"

    def handle_endtag(self, tag: str) -> None:
        if tag in _CELLS:
            return
        self.end_block()
        if tag in _HEADINGS:
            self._level = 0
        self._is_kept -= tag == "pre"

    def handle_data(self, data: str) -> None:
        if self._is_kept > 0:
            for line in data.splitlines():
                self._words.append(line)
                self.end_block()
            return
        self._words.append(data)

    def end_block(self) -> None:
        """What was gathered is a block."""
        self.found.extend(blocks_of("".join(self._words), level=self._level))
        self._words = []
