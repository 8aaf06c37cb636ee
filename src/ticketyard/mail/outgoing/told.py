"""Pure: a mail that another program tells in fields, as the bytes it would have arrived as.

So that it is read by the same reader as every other mail, whatever the fields hold.
"""

import base64
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime

from ticketyard.mail.outgoing.headers_out import BadAddress, addresses_value, ids_value, text_value
from ticketyard.mail.syntax.addresses import parse_addresses
from ticketyard.mail.syntax.identifiers import parse_ids

_LINE_BYTES = 57


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldMail:
    """What was told of a mail. sender: an address, or `Name <address>`.  ids: as headers have them.

    received_at: aware.
    """

    message_id: str = ""
    subject: str = ""
    sender: str = ""
    sender_name: str = ""
    body: str = ""
    in_reply_to: str = ""
    references: str = ""
    received_at: datetime | None = None


def write_told(mail: ToldMail) -> bytes:
    """The message (RFC 5322, MIME). Nothing that was told can end a header."""
    headers = {
        "From": _sender(mail),
        "Subject": text_value(mail.subject, room=67),
        "Date": format_datetime(mail.received_at.astimezone(UTC)) if mail.received_at else "",
        "Message-ID": _ids(mail.message_id),
        "In-Reply-To": _ids(mail.in_reply_to),
        "References": _ids(mail.references),
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if value)
    return (
        head.encode()
        + b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
        + b"Content-Transfer-Encoding: base64\r\n\r\n"
        + _base64(mail.body)
    )


def _sender(mail: ToldMail) -> str:
    found = parse_addresses(mail.sender)[:1]
    try:
        return addresses_value(
            [replace(each, name=mail.sender_name or each.name) for each in found]
        )
    except BadAddress:
        return text_value(mail.sender)


def _ids(text: str) -> str:
    """Ids where there are some; else the words as they are, which may name a ticket."""
    return ids_value(parse_ids(text)) or text_value(text)


def _base64(text: str) -> bytes:
    octets = text.encode("utf-8", "replace")
    lines = [
        base64.b64encode(octets[at : at + _LINE_BYTES]) for at in range(0, len(octets), _LINE_BYTES)
    ]
    return b"\r\n".join([*lines, b""])
