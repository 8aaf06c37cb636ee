"""Pure: an answer becomes the bytes of a message (RFC 5322, MIME).

The same values give the same bytes, so that what is sent again is the same message.
"""

import hashlib
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage, MIMEPart
from email.utils import format_datetime
from typing import Literal

from ticketyard.mail.message import Address
from ticketyard.mail.outgoing.headers_out import (
    BadAddress,
    addresses_value,
    ids_value,
    is_message_id,
    one_line,
    text_value,
)
from ticketyard.mail.outgoing.reply_mark import REPLY_MARK

# 7 bits: no server on the way has to re-encode what we sent.
_POLICY = policy.SMTP.clone(cte_type="7bit")
_TYPE = re.compile(r"([a-z0-9][a-z0-9!#$&^_.+-]{0,60})/([a-z0-9][a-z0-9!#$&^_.+-]{0,80})")
_BOUND = re.compile(
    r"(?:re|sv|vs|aw|antw|fw|fwd|odp|ref|tr|wg|rif|отв|ha)\s*(?:\[\d+\])?\s*:\s*", re.I
)
_URL = re.compile(r"https?://[^\s<>\"'\x00-\x1f]{1,1500}[^\s<>\"'\x00-\x1f.,;:!?)\]}]")
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_FILENAME_MAX = 150
SIGNATURE_LINE = "-- "


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingFile:
    """Something attached."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is to be said, to whom, and where in the thread it stands.

    message_id, in_reply_to, references: without angle brackets, references oldest first.
    auto: replied, in answer to a mail; generated, by itself; empty for what a person wrote.
    """

    message_id: str
    sender: Address
    to: tuple[Address, ...]
    subject: str
    text: str
    date: datetime
    cc: tuple[Address, ...] = ()
    reply_to: Address | None = None
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    auto: Literal["", "replied", "generated"] = ""
    files: tuple[OutgoingFile, ...] = ()


def compose(answer: Answer) -> bytes:
    """The message, lines ended by CR LF. Raises BadAddress."""
    head = "".join(f"{name}: {value}\r\n" for name, value in _headers(answer))
    return head.encode() + _body(answer).as_bytes()


def _headers(answer: Answer) -> Iterator[tuple[str, str]]:
    if not is_message_id(answer.message_id):
        raise BadAddress("A message of ours has an id without blanks or brackets.")
    yield "From", addresses_value([answer.sender])
    yield "To", addresses_value(answer.to) or "undisclosed-recipients:;"
    if answer.cc:
        yield "Cc", addresses_value(answer.cc)
    if answer.reply_to:
        yield "Reply-To", addresses_value([answer.reply_to])
    yield "Subject", text_value(answer.subject, room=67)
    yield "Date", format_datetime(answer.date.astimezone(UTC))
    yield "Message-ID", ids_value([answer.message_id])
    if parent := ids_value([answer.in_reply_to]):
        yield "In-Reply-To", parent
    if chain := ids_value([*answer.references, answer.in_reply_to]):
        yield "References", chain
    if answer.auto:
        yield "Auto-Submitted", f"auto-{answer.auto}"
        yield "X-Auto-Response-Suppress", "All"
        yield "Precedence", "bulk"


def _body(answer: Answer) -> EmailMessage:
    text = plain_text(answer.text)
    message = EmailMessage(policy=_POLICY)
    message.set_content(text, subtype="plain", charset="utf-8")
    message.add_alternative(render_html(text), subtype="html", charset="utf-8")
    for file in answer.files:
        main, sub = _media_type(file.content_type)
        message.add_attachment(
            file.content, maintype=main, subtype=sub, filename=_file_name(file.name)
        )
    seed = hashlib.sha256(answer.message_id.encode()).hexdigest()[:40]
    parts: Iterator[MIMEPart] = (each for each in message.walk() if each.is_multipart())
    for number, part in enumerate(parts):
        part.set_boundary(f"=_{number}_{seed}")
    return message


def plain_text(text: str) -> str:
    """The text with line ends of one kind and without controls."""
    lines = _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).split("\n")
    # The blank after the dashes is what makes them the line above a signature.
    kept = (line if line == SIGNATURE_LINE else line.rstrip() for line in lines)
    return "\n".join(kept).strip("\n") + "\n"


def _media_type(given: str) -> tuple[str, str]:
    """Of a type that has rules of its own for how it is encoded, only the bytes are sent."""
    match = _TYPE.fullmatch(given.strip().lower())
    if match is None or match[1] in ("multipart", "message"):
        return "application", "octet-stream"
    return match[1], match[2]


def _file_name(name: str) -> str:
    clean = one_line(name, 1000).replace("/", "_").replace("\\", "_")
    if len(clean) > _FILENAME_MAX:
        stem, dot, ending = clean.rpartition(".")
        ending = f"{dot}{ending}" if stem and len(ending) <= 10 else ""
        clean = clean[: _FILENAME_MAX - len(ending)] + ending
    return clean or "file"


def subject_with_number(subject: str, number: str, *, is_reply: bool) -> str:
    """The subject with `[number]` in it exactly once, behind one `Re: ` where it is a reply."""
    tag = f"[{number}]"
    rest = re.sub(re.escape(tag), " ", one_line(subject), flags=re.IGNORECASE)
    rest = " ".join(rest.split())
    while (bound := _BOUND.match(rest)) is not None:
        rest = rest[bound.end() :]
    rest = re.sub(rf"^{re.escape(number)}(?!\d)[\s:-]*", "", rest, flags=re.IGNORECASE)
    return f"{'Re: ' if is_reply else ''}{tag} {rest}".rstrip()


def render_html(text: str) -> str:
    """The same text for readers that prefer HTML: escaped, quotes set off, addresses clickable."""
    pieces: list[str] = []
    quoted: list[str] = []
    for line in text.rstrip("\n").split("\n"):
        if line.startswith(">"):
            quoted.append(line[1:].removeprefix(" "))
            continue
        pieces += _quote(quoted)
        quoted = []
        pieces.append(_line(line))
    pieces += _quote(quoted)
    return (
        '<!DOCTYPE html>\n<html><head><meta charset="utf-8"></head>\n'
        '<body style="font-family:sans-serif;font-size:14px;line-height:1.5">\n'
        + "\n".join(pieces)
        + "\n</body></html>\n"
    )


def _line(line: str) -> str:
    if line == REPLY_MARK:
        return f'<div style="color:#8a8a8a;font-size:12px">{html.escape(line)}</div>'
    return f"<div>{_linked(line) or '<br>'}</div>"


def _quote(lines: list[str]) -> list[str]:
    if not lines:
        return []
    inner = "<br>\n".join(_linked(line) for line in lines)
    style = "margin:0 0 0 4px;padding-left:10px;border-left:2px solid #c8c8c8;color:#555"
    return [f'<blockquote type="cite" style="{style}">{inner}</blockquote>']


def _linked(line: str) -> str:
    """Escaped, addresses of the web as links; runs of blanks kept."""
    pieces, at = [], 0
    for found in _URL.finditer(line):
        address = html.escape(found[0])
        pieces += [html.escape(line[at : found.start()]), f'<a href="{address}">{address}</a>']
        at = found.end()
    pieces.append(html.escape(line[at:]))
    return re.sub(r"  ", " &nbsp;", "".join(pieces))
