"""Pure: whose words a forwarded message holds, where its sender only passed it on."""

import re

from ticketyard.mail.message import Mail
from ticketyard.mail.syntax.addresses import parse_addresses

_LOOKED_AT = 20_000
_SUBJECT = re.compile(
    r"\s{0,20}(?:fwd?|wg|tr|vs|vb|vl|doorst|rv|enc|i|ilt|továbbítás|pd|fs|yml|пересл|转发|轉寄|転送|fyi)\s*[:：]",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(
    r"^[ \t>]*(?:-{2,}[^\n-]{3,80}-{2,}|_{10,}|begin forwarded message:?"
    r"|anfang der weitergeleiteten (?:nachricht|e-mail):?"
    r"|d[ée]but du message (?:r[ée]exp[ée]di[ée]|transf[ée]r[ée])\s?:?"
    r"|inicio del mensaje reenviado:?|inizio messaggio inoltrato:?|begin doorgestuurd bericht:?"
    r"|начало переадресованного сообщения:?)[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_FROM_LINE = re.compile(
    r"^[ \t>*]*(?:from|von|de|da|van|fra|från|lähettäjä|od|от(?: кого)?|від|кімнен"
    r"|发件人|寄件者|差出人|보낸사람|feladó|expeditor|gönderen|odesílatel|odosielateľ|remitente|expéditeur|mittente|afzender)"
    r"[ \t*]*[:：][ \t*]*(\S[^\n]*)$",
    re.IGNORECASE | re.MULTILINE,
)
_BY_WAY_OF = re.compile(r"\b(?:via|durch|par|через)\b", re.IGNORECASE)
_MAX_OWN_WORDS = 2_000
_MAX_BEHIND_SEPARATOR = 300


def find_forwarded_sender(text: str, subject: str) -> str:
    """The address of who wrote what is passed on in this text, or nothing.

    Either the subject says it is a forward, or the forwarded block comes first; an answer that
    quotes a message with its headers is no forward.
    """
    text = text[:_LOOKED_AT]
    separator = _SEPARATOR.search(text)
    if separator is not None and not text[: separator.start()].strip():
        return _sender_after(text, separator.end())
    if _SUBJECT.match(subject) is None:
        return ""
    if separator is not None and separator.start() <= _MAX_OWN_WORDS:
        found = _sender_after(text, separator.end())
        if found:
            return found
    return _sender_after(text, 0)


def _sender_after(text: str, at: int) -> str:
    line = _FROM_LINE.search(text, at)
    if line is None or (at and line.start() - at > _MAX_BEHIND_SEPARATOR):
        return ""
    shown = re.sub(r"\[mailto:([^\]\s]+)\]", r"<\1>", line[1].replace("*", ""))
    return next((each.email for each in parse_addresses(shown) if "@" in each.email), "")


def find_original_sender(mail: Mail, forwarded: str) -> str:
    """Who wrote it, where a list or group put its own address into From, or somebody passed it on."""
    for name in ("x-original-from", "x-original-sender"):
        for address in parse_addresses(mail.header(name)):
            if "@" in address.email:
                return address.email
    if mail.sender is not None and mail.reply_to and _BY_WAY_OF.search(mail.sender.name):
        author = mail.reply_to[0].email
        return author if author != mail.sender.email else forwarded
    return forwarded
