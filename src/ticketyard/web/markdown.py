"""Pure: Markdown as harmless HTML. HTML within it is words; what comes out is sanitised once more."""

from functools import lru_cache

import nh3
from markdown_it import MarkdownIt

_NESTED_MAX = 20
_TAGS = {
    *(
        "p",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "ul",
        "ol",
        "li",
        "blockquote",
        "pre",
        "code",
        "em",
        "strong",
    ),
    *("a", "br", "hr", "table", "thead", "tbody", "tr", "th", "td", "s"),
}
_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    attributes={"a": {"href"}, "ol": {"start"}},
    url_schemes={"http", "https", "mailto"},
    url_relative="deny",
    link_rel="noopener noreferrer nofollow",
)


@lru_cache(maxsize=64)
def render_markdown(source: str) -> str:
    """The HTML. Pictures are left out: a page fetches nothing from elsewhere. Headings begin at the
    second level, for the first is the page's own."""
    renderer = MarkdownIt("commonmark", {"html": False, "maxNesting": _NESTED_MAX}).enable("table")
    renderer.disable("image")
    tokens = renderer.parse(source)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + 1, 6)}"
    return _CLEANER.clean(renderer.renderer.render(tokens, renderer.options, {}))
