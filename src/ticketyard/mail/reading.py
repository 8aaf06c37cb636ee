"""Pure: the bytes of a message as a Mail, whatever state they are in."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from ticketyard.mail.addresses import parse_addresses
from ticketyard.mail.bodies import Body, SortedParts, read_body, sort_parts
from ticketyard.mail.dates import parse_date
from ticketyard.mail.files import Unpacked, read_encoded_files, read_files
from ticketyard.mail.forwards import find_forwarded_sender, find_original_sender
from ticketyard.mail.html import bare_text, clean_html, html_text
from ticketyard.mail.identifiers import parse_id, parse_ids
from ticketyard.mail.limits import MAX_PROBLEMS
from ticketyard.mail.message import Address, Mail, MailFile
from ticketyard.mail.parts import Part, parse_parts
from ticketyard.mail.words import header_text, raw_text

T = TypeVar("T")
_NOBODY: tuple[Address, ...] = ()


def read_mail(raw: bytes) -> Mail:
    """Read a message. Never raises: what could not be read is empty and named in `problems`."""
    reader = _Reader()
    return reader.guarded(
        "message", lambda: reader.read(raw), Mail(problems=("message: unreadable",))
    )


@dataclass(slots=True)
class _Reader:
    """Reads field by field, so that one that fails costs only itself."""

    problems: list[str] = field(default_factory=list)
    hint: str = ""

    def guarded(self, name: str, reading: Callable[[], T], otherwise: T) -> T:
        """The one place where any error of reading ends: as a word in `problems`."""
        try:
            return reading()
        except Exception as error:  # noqa: BLE001
            if len(self.problems) < MAX_PROBLEMS:
                self.problems.append(f"{name}: {type(error).__name__}")
            return otherwise

    def read(self, raw: bytes) -> Mail:
        root = self.guarded("parts", lambda: parse_parts(raw, self.problems), Part(raw))
        sorted_parts = self.guarded("parts", lambda: sort_parts(root), SortedParts())
        self.hint = self.guarded("charset", lambda: _charset(root, sorted_parts), "")
        headers: tuple[tuple[str, str], ...] = ()
        headers = self.guarded("headers", lambda: self._headers(root), headers)
        text_of = dict(reversed(headers))
        raw_of = _RawHeaders(root, self.hint)

        body = self.guarded("body", lambda: read_body(sorted_parts, self.hint), Body())
        unpacked = self.guarded(
            "files", lambda: read_files(sorted_parts.files, self.hint), Unpacked()
        )
        body = self.guarded("winmail.dat", lambda: _with_tnef(body, unpacked), body)
        if body.is_cut:
            self.problems.append("body: cut")
        encoded: list[MailFile] = []
        encoded = self.guarded("uuencode", lambda: read_encoded_files(body.text), encoded)

        subject = text_of.get("subject", "")
        sender = self.guarded("from", lambda: _sender(raw_of), None)
        reply_to = self.guarded("reply-to", lambda: raw_of.addresses("reply-to"), _NOBODY)
        forwarded = self.guarded("forward", lambda: find_forwarded_sender(body.text, subject), "")
        return Mail(
            subject=subject,
            sender=sender,
            to=self.guarded("to", lambda: raw_of.addresses("to"), _NOBODY),
            cc=self.guarded("cc", lambda: raw_of.addresses("cc"), _NOBODY),
            reply_to=reply_to,
            return_path=self.guarded("return-path", lambda: _return_path(raw_of), None),
            message_id=parse_id(text_of.get("message-id", "")),
            in_reply_to=parse_ids(text_of.get("in-reply-to", "")),
            references=parse_ids(text_of.get("references", "")),
            date=self.guarded("date", lambda: parse_date(text_of.get("date", "")), None),
            body_text=body.text,
            body_html=body.html,
            reply_text=body.text,
            files=(*unpacked.files, *encoded),
            original_sender=self.guarded(
                "original sender",
                lambda: find_original_sender(text_of, reply_to, sender, forwarded),
                forwarded,
            ),
            forwarded_from=forwarded,
            headers=headers,
            problems=tuple(self.problems[:MAX_PROBLEMS]),
        )

    def _headers(self, root: Part) -> tuple[tuple[str, str], ...]:
        return tuple((name, header_text(value, self.hint)) for name, value in root.fields)


@dataclass(frozen=True, slots=True)
class _RawHeaders:
    """Headers before their encoded words are decoded: what is inside one is no punctuation."""

    root: Part
    hint: str

    def text(self, name: str) -> str:
        return raw_text(self.root.first(name), self.hint)

    def addresses(self, name: str) -> tuple[Address, ...]:
        values = (value for each, value in self.root.fields if each == name)
        found = (parse_addresses(raw_text(value, self.hint)) for value in values)
        return tuple(address for addresses in found for address in addresses)


def _charset(root: Part, found: SortedParts) -> str:
    """What unlabelled bytes of this message are most likely written in."""
    labels = (part.content_type.get("charset") for part in [root, *found.texts, *found.htmls])
    return next((each for each in labels if each), "")


def _sender(headers: _RawHeaders) -> Address | None:
    """Of the first header that names somebody; some programs leave From empty."""
    for name in ("from", "sender", "resent-from", "reply-to", "return-path"):
        found = headers.addresses(name)
        with_domain = [each for each in found if "@" in each.email]
        if with_domain or found:
            return (with_domain or list(found))[0]
    return None


def _return_path(headers: _RawHeaders) -> str | None:
    if not any(name == "return-path" for name, _ in headers.root.fields):
        return None
    found = headers.addresses("return-path")
    return found[0].email if found else ""


def _with_tnef(body: Body, unpacked: Unpacked) -> Body:
    """Outlook's text, where it stands nowhere else."""
    if body.text.strip() or not (unpacked.tnef.text or unpacked.tnef.html):
        return body
    cleaned = clean_html(unpacked.tnef.html)
    text = unpacked.tnef.text.replace("\r\n", "\n") or html_text(cleaned)
    return Body(text or bare_text(unpacked.tnef.html), cleaned, body.is_cut)
