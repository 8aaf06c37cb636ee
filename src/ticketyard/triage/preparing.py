"""Pure: what of a ticket the engines read, whatever was pasted into it."""

import hashlib
import html
import re
from dataclasses import dataclass

MAX_CHARACTERS = 20_000
"""The start says what it is about; the rest of a megabyte is a log."""

_HIDDEN = re.compile(r"<(script|style)\b.*?(</\1\s*>|$)", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,500}>|<!--.*?-->", re.DOTALL)
# Base64, keys and hashes: no word of any language is this long.
_BLOB = re.compile(r"[A-Za-z0-9+/=_-]{80,}")
# "IMG 0831.jpg": what a letter without words is called by; no language is spoken in it.
_FILE_NAME = re.compile(r"[^\n.!?]{1,200}\.(jpe?g|png|gif|webp|heic|bmp|tiff?|pdf)", re.IGNORECASE)
# What filing writes above the text of a mail (mailboxes/landing/texts.py).
_MAIL_HEADING = re.compile(r"From: [^\n]*\nReceived: [^\n]* UTC\n\n")
_LETTER = re.compile(r"[^\W\d_]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


@dataclass(frozen=True)
class TicketText:
    """What triage knows of a ticket. `segment` is the client's: Mass, VIP, Priority, or none."""

    ticket_id: int
    title: str
    description: str
    segment: str | None = None
    tags: tuple[str, ...] = ()

    @property
    def content(self) -> str:
        """Subject and text as one, cleaned; without a subject that only repeats the text's start
        or, where there is no text, only names a file."""
        written = self.description
        if heading := _MAIL_HEADING.match(written):
            written = written[heading.end() :]
        title, body = clean(self.title), clean(written)
        if not body and _FILE_NAME.fullmatch(title):
            return ""
        if not body or body.startswith(title.removesuffix("…").removesuffix("...").strip()):
            return body or title
        return f"{title}\n{body}"

    @property
    def content_hash(self) -> str:
        """Changes when anything that triage reads changes."""
        parts = (self.title, self.description, self.segment or "", *self.tags)
        return hashlib.sha256("\x1f".join(parts).encode("utf-8", "replace")).hexdigest()


def worded(content: str) -> str:
    """The content, or nothing where no word is in it: of faces, signs and digits alone there is
    nothing to be known, and a model would make something up."""
    return content if _LETTER.search(content) else ""


def clean(text: str) -> str:
    """Plain text without markup, encoded files and invisible characters."""
    text = text[: MAX_CHARACTERS * 2]
    if "<" in text or "&" in text:
        text = html.unescape(_TAG.sub(" ", _HIDDEN.sub(" ", text)))
    text = _BLOB.sub(" ", _CONTROL.sub(" ", text))
    return text[:MAX_CHARACTERS].strip()
