"""Pure: the words of a mail as a ticket's description and as a comment."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from ticketyard.core.shapes import is_email
from ticketyard.mail.message import Mail
from ticketyard.mailboxes.landing.threading import ID_MAX_BYTES
from ticketyard.tickets.drafts import KeptFile

DESCRIPTION_MAX = 500_000
COMMENT_MAX = 99_000
_CUT = "\n\n[… the rest is in the original mail]"
NO_TEXT = "(no text)"


def description_of(mail: Mail, received_at: datetime) -> str:
    """Who wrote, when it came, and the text (spec 3: formatted with sender, date, body)."""
    at = (mail.date or received_at).strftime("%Y-%m-%d %H:%M UTC")
    text = mail.body_text.strip() or NO_TEXT
    return f"From: {sender_line(mail)}\nReceived: {at}\n\n{_cut(text, DESCRIPTION_MAX)}"


def comment_of(mail: Mail) -> str:
    """What the sender added: without quotes and signature, unless nothing else is there."""
    text = mail.reply_text.strip() or mail.body_text.strip() or NO_TEXT
    return _cut(text, COMMENT_MAX)


def sender_line(mail: Mail) -> str:
    """`Rita <rita@example.com>`, or what is known of it."""
    if mail.sender is None:
        return "an unknown sender"
    name, email = mail.sender.name, mail.sender.email
    return f"{name} <{email}>" if name and name != email else email


def usable_sender(mail: Mail) -> str | None:
    """The sender's address, if one can write to it."""
    email = mail.sender.email if mail.sender else ""
    return email if is_email(email) else None


def log_id_of(mail: Mail, sha256: str) -> str:
    """The Message-ID; for a mail without one, a name that the same bytes get again."""
    written = mail.message_id.encode("utf-8", "replace")[:ID_MAX_BYTES]
    return written.decode("utf-8", "ignore") or f"sha256.{sha256}"


def content_hash_of(mail: Mail, sha256: str, files: Sequence[KeptFile]) -> str:
    """The same for the same mail, whatever way it took; without a Message-ID only for the same bytes.

    White space is left out: gateways fold lines as they like. Of files their content counts: devices
    that scan give all they send one id, one name and no date.
    """
    if not mail.message_id:
        return sha256
    said = (
        mail.message_id,
        mail.sender.email.lower() if mail.sender else "",
        mail.subject,
        mail.date.isoformat() if mail.date else "",
        *(part for file in files for part in (file.filename, file.sha256 or "")),
    )
    found = hashlib.sha256("\x1f".join(said).encode("utf-8", "replace"))
    found.update(mail.body_text.encode("utf-8", "replace").translate(None, b" \t\r\n\v\f"))
    return found.hexdigest()


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - len(_CUT)] + _CUT
