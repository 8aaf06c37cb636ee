"""Pure: a mail as a page of its own, for a frame that may run nothing and fetch nothing.

The HTML was sanitised when it was read; the frame has no scripts, no origin and a policy that lets
nothing in but what stands in the page itself. Three walls, because each may have a crack.
"""

import base64
import re
from collections.abc import Sequence
from html import escape, unescape
from urllib.parse import unquote

from ticketyard.mail.message import Address, Mail, MailFile
from ticketyard.web.pages import wording

IMAGE_MAX_BYTES = 5 * 1024 * 1024
IMAGES_MAX_BYTES = 15 * 1024 * 1024
_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
)
# In sanitised HTML every attribute is in double quotes.
_IMAGE = re.compile(r'<img( (?:[^>"]*"[^"]*")*[^>"]*)>')
_CID = re.compile(r' src="cid:([^"]*)"')
_REMOTE = re.compile(r' data-src="(https?:[^"]*)"', re.IGNORECASE)
_STYLE = """
:root { color-scheme: light; }
body { margin: 0; padding: 12px 16px; background: #fff; color: #1a1f26;
  font: 14px/1.55 system-ui, sans-serif; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 12px; margin: 0 0 12px;
  padding-bottom: 10px; border-bottom: 1px solid #e1ded6; font-size: 12px; color: #454d57; }
dt { color: #626973; } dd { margin: 0; } img { max-width: 100%; height: auto; }
.plain { margin: 0; font: inherit; white-space: pre-wrap; }
.note { margin: 0 0 12px; padding: 6px 10px; border-radius: 6px; background: #edebe5; font-size: 12px; }
summary { margin: 10px 0; color: #1e4e9e; cursor: pointer; font-size: 12px; }
table { max-width: 100%; } blockquote { margin-inline: 0; padding-inline-start: 12px;
  border-inline-start: 2px solid #c9c5ba; }
"""


def policy(*, images: bool) -> str:
    """The Content-Security-Policy of that page. images: those from elsewhere may be fetched."""
    sources = "data: https: http:" if images else "data:"
    return (
        f"default-src 'none'; style-src 'unsafe-inline'; img-src {sources}; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'self'; sandbox"
    )


def mail_document(mail: Mail, *, images: bool = False, as_text: bool = False) -> str:
    """The page. images: show what lies elsewhere.  as_text: the text, quotes folded."""
    html = "" if as_text else _shown_html(mail, images=images)
    blocked = 0 if images else sum(bool(_REMOTE.search(each[1])) for each in _IMAGE.finditer(html))
    note = ""
    if blocked:
        words = "image is" if blocked == 1 else "images are"
        note = f'<p class="note">{blocked} remote {words} not shown.</p>'
    return (
        '<!doctype html><html lang="und"><head><meta charset="utf-8">'
        f"<title>{escape(mail.subject)}</title>"
        # A link could only lead this frame astray; a new window is not allowed to it.
        f'<base target="_blank"><style>{_STYLE}</style></head><body>'
        f"{_head(mail)}{note}<main>{html or _shown_text(mail)}</main></body></html>"
    )


def _head(mail: Mail) -> str:
    lines = [
        ("Subject", mail.subject),
        ("From", _people([mail.sender] if mail.sender else [])),
        ("To", _people(mail.to)),
        ("Cc", _people(mail.cc)),
        ("Date", wording.instant(mail.date) if mail.date else ""),
    ]
    rows = "".join(
        f'<dt>{name}</dt><dd dir="auto">{escape(words)}</dd>' for name, words in lines if words
    )
    return f"<dl>{rows}</dl>"


def _people(addresses: Sequence[Address]) -> str:
    return ", ".join(
        f"{each.name} <{each.email}>" if each.name else each.email for each in addresses[:50]
    )


def _shown_text(mail: Mail) -> str:
    before, folded, after = fold_quotes(mail.body_text, mail.reply_text)
    if not folded.strip():
        return _plain(mail.body_text) or "<p>(no text)</p>"
    quoted = f"<details><summary>Quoted text</summary>{_plain(folded)}</details>"
    return f"{_plain(before)}{quoted}{_plain(after)}"


def _plain(text: str) -> str:
    return f'<pre class="plain" dir="auto">{escape(text)}</pre>' if text.strip() else ""


def fold_quotes(body: str, reply: str) -> tuple[str, str, str]:
    """The text before the quotes, the quotes, and what follows; where the new words are one piece
    of the whole. Otherwise all of it comes first."""
    reply = reply.strip()
    at = body.find(reply) if reply else -1
    if at < 0 or not reply:
        return body, "", ""
    before, after = body[:at], body[at + len(reply) :]
    if before.strip() and after.strip():
        return body, "", ""
    if before.strip():
        return "", before.strip("\n"), reply
    return reply, after.strip("\n"), ""


def _shown_html(mail: Mail, *, images: bool) -> str:
    if not mail.body_html.strip():
        return ""
    inline = _Inline(mail.files)

    def shown(match: re.Match[str]) -> str:
        attributes = _CID.sub(inline.source, match[1])
        if images:
            attributes = _REMOTE.sub(r' src="\1"', attributes)
        return f"<img{attributes}>"

    return _IMAGE.sub(shown, mail.body_html)


class _Inline:
    """The message's own pictures, put into the page where it names them."""

    def __init__(self, files: Sequence[MailFile]) -> None:
        self._files = {
            file.content_id.strip("<>").lower(): file for file in files if file.content_id
        }
        self._known: dict[str, str] = {}
        self._left = IMAGES_MAX_BYTES

    def source(self, match: re.Match[str]) -> str:
        """` src="data:…"` for ` src="cid:…"`; nothing where there is no such picture."""
        name = unquote(unescape(match[1])).strip("<>").lower()
        if name not in self._known:
            self._known[name] = self._data(name)
        return self._known[name]

    def _data(self, name: str) -> str:
        file = self._files.get(name)
        content = file.read() if file else b""
        kind = image_type(content)
        if not kind or len(content) > min(IMAGE_MAX_BYTES, self._left):
            return ""
        self._left -= len(content)
        return f' src="data:{kind};base64,{base64.b64encode(content).decode()}"'


def image_type(content: bytes) -> str:
    """What picture the bytes are, by how they begin; whatever was said of them does not count."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for magic, kind in _MAGIC if content.startswith(magic)), "")
