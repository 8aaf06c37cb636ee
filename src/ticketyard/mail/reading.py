"""Pure: the bytes of a message as a Mail, whatever state they are in."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from ticketyard.mail.answers.quoting import reply_text
from ticketyard.mail.content.bodies import Body, SortedParts, read_body, sort_parts
from ticketyard.mail.content.files import Unpacked, read_encoded_files, read_files
from ticketyard.mail.content.forwards import find_forwarded_sender, find_original_sender
from ticketyard.mail.content.html import bare_text, clean_html, html_text
from ticketyard.mail.limits import MAX_PROBLEMS
from ticketyard.mail.machines.automatic import auto_kind, is_auto_reply
from ticketyard.mail.machines.bounce_reports import is_feedback_report
from ticketyard.mail.machines.bounces import read_bounce
from ticketyard.mail.machines.report_parts import report_parts
from ticketyard.mail.message import Address, AutoKind, Bounce, Mail, MailFile
from ticketyard.mail.syntax.addresses import names_only, parse_addresses
from ticketyard.mail.syntax.dates import parse_date
from ticketyard.mail.syntax.identifiers import parse_id, parse_ids
from ticketyard.mail.syntax.parts import Part, parse_parts
from ticketyard.mail.syntax.words import header_text, raw_text

T = TypeVar("T")
_NOBODY: tuple[Address, ...] = ()
_NO_FILES: list[MailFile] = []
_NO_HEADERS: tuple[tuple[str, str], ...] = ()
_NO_REPORTS: list[tuple[str, str]] = []
_NO_BOUNCE: Bounce | None = None
_A_PERSON: AutoKind = ""


def read_mail(raw: bytes) -> Mail:
    """Read a message. Never raises: what could not be read is empty and named in `problems`."""
    reader = _Reader(raw)
    mail = reader.guarded("message", reader.read, Mail())
    return replace(mail, problems=tuple(reader.problems))


@dataclass(slots=True)
class _Reader:
    """Reads field by field, so that one that fails costs only itself."""

    raw: bytes
    problems: list[str] = field(default_factory=list)
    root: Part = field(init=False)
    parts: SortedParts = field(init=False)
    headers: tuple[tuple[str, str], ...] = ()
    charset: str = ""

    def guarded(self, name: str, reading: Callable[[], T], otherwise: T) -> T:
        """The one place where any error of reading ends: as a word in `problems`."""
        try:
            return reading()
        except Exception as error:  # noqa: BLE001
            self._tell(f"{name}: {type(error).__name__}")
            return otherwise

    def read(self) -> Mail:
        """The whole message: its headers, its text and files, then what follows from them."""
        self._open()
        mail = self._with_content(self._with_headers(Mail(headers=self.headers)))
        return self._with_judgements(self._with_origin(mail))

    def _open(self) -> None:
        self.root = self.guarded(
            "parts", lambda: parse_parts(self.raw, self.problems), Part(self.raw)
        )
        self.parts = self.guarded("parts", lambda: sort_parts(self.root), SortedParts())
        self.charset = self.guarded("charset", self._charset, "")
        self.headers = self.guarded("headers", self._headers, _NO_HEADERS)

    def _with_headers(self, mail: Mail) -> Mail:
        return replace(
            mail,
            subject=mail.header("subject"),
            sender=self.guarded("from", self._sender, None),
            sender_is_certain=self.guarded("from", self._sender_is_certain, False),
            to=self._addresses("to"),
            cc=self._addresses("cc"),
            reply_to=self._addresses("reply-to"),
            return_path=self._return_path(),
            message_id=parse_id(mail.header("message-id")),
            in_reply_to=parse_ids(mail.header("in-reply-to")),
            references=parse_ids(mail.header("references")),
            date=self.guarded("date", lambda: parse_date(mail.header("date")), None),
        )

    def _with_content(self, mail: Mail) -> Mail:
        body = self.guarded("body", lambda: read_body(self.parts, self.charset), Body())
        unpacked = self.guarded(
            "files", lambda: read_files(self.parts.files, self.charset), Unpacked()
        )
        body = self.guarded("winmail.dat", lambda: _with_tnef(body, unpacked), body)
        encoded = self.guarded("uuencode", lambda: read_encoded_files(body.text), _NO_FILES)
        if body.is_cut:
            self._tell("body: cut")
        return replace(
            mail,
            body_text=body.text,
            body_html=body.html,
            reply_text=self.guarded("quotes", lambda: reply_text(body.text, body.html), body.text),
            files=(*unpacked.files, *encoded),
        )

    def _with_origin(self, mail: Mail) -> Mail:
        forwarded = self.guarded(
            "forward", lambda: find_forwarded_sender(mail.body_text, mail.subject), ""
        )
        original = self.guarded(
            "original sender", lambda: find_original_sender(mail, forwarded), forwarded
        )
        return replace(mail, forwarded_from=forwarded, original_sender=original)

    def _with_judgements(self, mail: Mail) -> Mail:
        reports = self.guarded("reports", lambda: report_parts(self.root), _NO_REPORTS)
        mail = replace(
            mail,
            auto=self.guarded("automatic", lambda: auto_kind(mail), _A_PERSON),
            bounce=self.guarded("bounce", lambda: read_bounce(mail, reports), _NO_BOUNCE),
        )
        return replace(
            mail,
            is_auto_reply=self.guarded("automatic", lambda: is_auto_reply(mail), mail.auto != ""),
            is_feedback_report=self.guarded(
                "feedback", lambda: is_feedback_report(mail, reports), False
            ),
        )

    def _tell(self, problem: str) -> None:
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(problem)

    def _charset(self) -> str:
        """What unlabelled bytes of this message are most likely written in."""
        parts = [self.root, *self.parts.texts, *self.parts.htmls]
        labels = (part.content_type.get("charset") for part in parts)
        return next((each for each in labels if each), "")

    def _headers(self) -> tuple[tuple[str, str], ...]:
        return tuple((name, header_text(value, self.charset)) for name, value in self.root.fields)

    def _addresses(self, name: str) -> tuple[Address, ...]:
        """Of every header of this name, before encoded words are decoded: what is inside one is
        no punctuation."""
        return self.guarded(name, lambda: self._parsed_addresses(name), _NOBODY)

    def _parsed_addresses(self, name: str) -> tuple[Address, ...]:
        values = (value for each, value in self.root.fields if each == name)
        found = (parse_addresses(raw_text(value, self.charset)) for value in values)
        return tuple(address for addresses in found for address in addresses)

    def _sender(self) -> Address | None:
        """Of the first header that names somebody; some programs leave From empty."""
        for name in ("from", "sender", "resent-from", "reply-to", "return-path"):
            found = self._addresses(name)
            if found:
                return next((each for each in found if "@" in each.email), found[0])
        return None

    def _sender_is_certain(self) -> bool:
        sender = self._sender()
        said = [raw_text(value, self.charset) for name, value in self.root.fields if name == "from"]
        return (
            sender is not None
            and bool(said)
            and all(names_only(each, sender.email) for each in said)
        )

    def _return_path(self) -> str | None:
        if not any(name == "return-path" for name, _ in self.root.fields):
            return None
        found = self._addresses("return-path")
        return found[0].email if found else ""


def _with_tnef(body: Body, unpacked: Unpacked) -> Body:
    """Outlook's text, where it stands nowhere else."""
    if body.text.strip() or not (unpacked.tnef.text or unpacked.tnef.html):
        return body
    cleaned = clean_html(unpacked.tnef.html)
    text = unpacked.tnef.text.replace("\r\n", "\n") or html_text(cleaned)
    return Body(text or bare_text(unpacked.tnef.html), cleaned, body.is_cut)
