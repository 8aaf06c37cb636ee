"""Pure: HTML from strangers made safe to show, and made text.

nh3 parses as browsers do and keeps only what is listed here. Remote images lose their address to
`data-src`, so that opening a message tells nobody; a viewer may put it back when the agent asks.
"""

import html
import re

import nh3

from ticketyard.mail.limits import MAX_HTML_CHARACTERS, MAX_HTML_DEPTH

_TAGS = nh3.ALLOWED_TAGS | {"font", "tfoot", "address", "section", "main", "big", "legend"}
_DROPPED_WITH_CONTENT = {
    *("script", "style", "title", "template", "iframe", "object", "embed", "applet"),
    *("svg", "math", "noscript", "noembed", "xml", "select", "textarea"),
}
_ATTRIBUTES = {
    **{tag: set(names) for tag, names in nh3.ALLOWED_ATTRIBUTES.items()},
    "*": {"class", "id", "dir", "lang", "title", "style", "align", "valign"},
    "a": {"href", "name"},
    "blockquote": {"cite", "type"},
    "font": {"color", "size", "face"},
    "img": {"src", "alt", "width", "height", "align"},
    "table": {"width", "border", "cellpadding", "cellspacing", "bgcolor", "align"},
    "td": {"colspan", "rowspan", "width", "height", "bgcolor", "align", "valign", "nowrap"},
    "th": {"colspan", "rowspan", "width", "height", "bgcolor", "align", "valign", "scope"},
}
# None of these fetches anything or leaves its place.
_STYLES = {
    *("color", "background-color", "font-weight", "font-style", "font-size", "font-family"),
    *("text-align", "text-decoration", "text-indent", "vertical-align", "white-space"),
    *("line-height", "direction", "list-style-type", "border", "border-top", "border-bottom"),
    *("border-left", "border-right", "border-collapse", "border-color", "border-style"),
    *("border-width", "padding", "padding-left", "padding-right", "padding-top"),
    *("padding-bottom", "margin", "margin-left", "margin-right", "margin-top"),
    *("margin-bottom", "width", "max-width"),
}
_SCHEMES = {"http", "https", "mailto", "tel", "cid", "sip", "sms"}
_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    clean_content_tags=_DROPPED_WITH_CONTENT,
    attributes=_ATTRIBUTES,
    url_schemes=_SCHEMES,
    url_relative="deny",
    filter_style_properties=_STYLES,
    link_rel="noopener noreferrer nofollow",
)
# In what nh3 wrote every attribute is in double quotes and every other `<` is escaped.
_IMAGE = re.compile(r'<img( (?:[^>"]*"[^"]*")*[^>"]*)>')
_REMOTE = re.compile(r' src="((?!cid:)[^"]*)"')
_ALT = re.compile(r' alt="([^"]*)"')
_FILE_NAME = re.compile(r"\S+\.[A-Za-z]{2,5}|(?i:image|img|logo|inline|picture)[\w .:-]{0,80}")
_TAG = re.compile(r'<(/?[a-z0-9]+)(?:[^>"]*"[^"]*")*[^>"]*>')
_PRE = re.compile(r"<pre\b(?:[^>\"]*\"[^\"]*\")*[^>\"]*>(.*?)</pre>", re.DOTALL)
_OPENING = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})")
_WHOLE_TAG = re.compile(r"""<[a-zA-Z](?:[^>"']|"[^"]*"|'[^']*')*+(?:[>"']|$)""")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_BETWEEN_ATTRIBUTES = re.compile(r"[\s/\"']+")
_ANY_TAG = re.compile(r"<[^<>]*>")
_SPACES = re.compile(r" {2,}")
_BLOCKS = re.compile(r"\x01{2,}")
_MANY_LINES = re.compile(r"\n{3,}")
_NEVER_NESTED = frozenset(
    {
        *(
            "br",
            "img",
            "hr",
            "input",
            "meta",
            "link",
            "col",
            "wbr",
            "area",
            "base",
            "p",
            "li",
            "td",
        ),
        *("tr", "th", "dt", "dd", "option", "body", "html", "head", "tbody"),
    }
)
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
# The sum of how deep every tag lies: beyond this a parser's work grows with the square.
_MAX_WORK = 5_000_000
_MAX_ENTITIES = 60_000
_MAX_ATTRIBUTES = 2_000
_LONG_TAG = 10_000

# A block begins a line of its own, unless one has just begun.
_BLOCK = "\x01"
_PARAGRAPH = "\x01\n\x01"
_BREAKS = {
    **dict.fromkeys(("br", "hr"), "\n"),
    **{
        slash + tag: _BLOCK
        for slash in ("", "/")
        for tag in (
            *("div", "tr", "dt", "dd", "dl", "pre", "section", "article", "header", "footer", "ul"),
            *("address", "blockquote", "li", "caption", "ol", "table", "center", "main"),
        )
    },
    **{f"{slash}{tag}": _PARAGRAPH for tag in ("p", *_HEADINGS) for slash in ("", "/")},
    **dict.fromkeys(("td", "/td", "th", "/th"), " "),
    "li": f"{_BLOCK}* ",
}


def clean_html(source: str) -> str:
    """The harmless part of it, or nothing where it would take too long to find out."""
    source = source[:MAX_HTML_CHARACTERS].replace("\x00", "")
    if is_hostile(source):
        return ""
    return _IMAGE.sub(_without_remote, _parsed(source)).strip()


def html_text(cleaned: str) -> str:
    """The text of what `clean_html` gave, as lines."""
    if "<pre" in cleaned:
        cleaned = _PRE.sub(
            lambda match: "\n<br>" + match[1].replace("\n", "<br>") + "<br>", cleaned
        )
    flat = " ".join(cleaned.split())
    if "<img" in flat:
        flat = _IMAGE.sub(_in_words, flat)
    marked = _TAG.sub(lambda match: _BREAKS.get(match[1], ""), flat)
    tight = _SPACES.sub(" ", marked)
    for sign in ("\n", _BLOCK):
        tight = tight.replace(f" {sign}", sign).replace(f"{sign} ", sign)
    broken = _BLOCKS.sub(_BLOCK, tight).replace(f"\n{_BLOCK}", "\n").replace(_BLOCK, "\n")
    lines = [" ".join(line.split()) for line in html.unescape(broken).split("\n")]
    return _MANY_LINES.sub("\n\n", "\n".join(lines)).strip()


def bare_text(source: str) -> str:
    """The text of HTML nobody dares to parse: everything between angle brackets goes."""
    return (
        html.unescape(_ANY_TAG.sub(" ", source[:MAX_HTML_CHARACTERS])).replace("\x00", "").strip()
    )


def is_hostile(source: str) -> bool:
    """Made so that a parser would be busy for seconds."""
    if source.count("&") > _MAX_ENTITIES or _has_endless_tag(source):
        return True
    return _is_too_deep(source)


def _has_endless_tag(source: str) -> bool:
    if len(source) < _LONG_TAG:
        return False
    long = (each[0] for each in _WHOLE_TAG.finditer(source) if len(each[0]) > _LONG_TAG)
    return any(
        len(_BETWEEN_ATTRIBUTES.findall(_QUOTED.sub('"', tag))) > _MAX_ATTRIBUTES for tag in long
    )


def _is_too_deep(source: str) -> bool:
    opened: dict[str, int] = {}
    depth = work = 0
    for match in _OPENING.finditer(source):
        name = match[2].lower()
        if name in _NEVER_NESTED:
            work += depth
        elif not match[1]:
            opened[name] = opened.get(name, 0) + 1
            depth += 1
            work += depth
        elif opened.get(name):
            opened[name] -= 1
            depth -= 1
        if work > _MAX_WORK or depth > MAX_HTML_DEPTH * 10:
            return True
    return False


def _in_words(match: re.Match[str]) -> str:
    """What an image says instead of itself, unless that is only its file's name."""
    alt = _ALT.search(match[1])
    words = alt[1].strip() if alt else ""
    return f" [{words}] " if words and not _FILE_NAME.fullmatch(words) else ""


def _parsed(source: str) -> str:
    try:
        return _CLEANER.clean(source)
    except BaseException as error:
        # A panic in the parser is no Exception; the message must be readable all the same.
        if type(error).__name__ != "PanicException":
            raise
        return ""


def _without_remote(match: re.Match[str]) -> str:
    return f"<img{_REMOTE.sub(_named_apart, match[1])}>"


def _named_apart(match: re.Match[str]) -> str:
    return f' data-src="{match[1]}"'
