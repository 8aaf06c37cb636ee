"""Pure: values of headers we send. No text reaches a header but through here.

Each function gives one header value, folded and in the letters a header may hold; whatever would
end the line (CR, LF, NUL, other controls, separators of lines) is gone before that.
"""

import base64
import re
import unicodedata
from collections.abc import Sequence

from ticketyard.mail.message import Address

TEXT_MAX = 400
NAME_MAX = 200
# First and last ids of a long thread: RFC 5322 3.6.4 lets the middle go, and servers limit lines.
IDS_MAX = 20

_SPACE = re.compile(r"\s+")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
_LOCAL = re.compile(r"[^\s\"(),:;<>@\[\]\\.]+(?:\.[^\s\"(),:;<>@\[\]\\.]+)*")
_DOMAIN = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9-]+)*")
_ID = re.compile(r"[\x21-\x3b\x3d\x3f-\x7e]{1,900}")
# A line with encoded words has 76 characters at most (RFC 2047 2), of which 12 frame each word.
_WORD_BYTES = 39
_LINE = 76


class BadAddress(ValueError):
    """No mail can be sent to an address like this."""


def one_line(text: str, limit: int = TEXT_MAX) -> str:
    """The text without anything that ends or disguises a line."""
    kept = "".join(" " if _is_control(sign) else sign for sign in text[: limit * 4])
    return _SPACE.sub(" ", kept).strip()[:limit].rstrip()


def _is_control(sign: str) -> bool:
    # Cc controls, Cs half characters, Zl and Zp separators, Cf marks that turn the reading round.
    kind = unicodedata.category(sign)
    return kind in ("Cc", "Cs", "Zl", "Zp") or sign in "\u202a\u202b\u202c\u202d\u202e\ufeff"


def text_value(text: str, *, room: int = _LINE) -> str:
    """Free words (Subject). room: what the header's name leaves of its first line."""
    line = one_line(text)
    if line.isascii() and "=?" not in line and max(map(len, line.split()), default=0) < _LINE:
        return _folded(line.split(" "), room)
    return _folded(_encoded_words(line), room)


def addresses_value(addresses: Sequence[Address]) -> str:
    """One address a line. Raises BadAddress."""
    return ",\r\n ".join(_address(each) for each in addresses)


def ids_value(ids: Sequence[str]) -> str:
    """Message ids with their brackets, one a line; what is no id is left out."""
    usable = list(dict.fromkeys(each for each in ids if _ID.fullmatch(each)))
    if len(usable) > IDS_MAX:
        usable = [usable[0], *usable[-IDS_MAX + 1 :]]
    return "\r\n ".join(f"<{each}>" for each in usable)


def is_message_id(text: str) -> bool:
    """Whether it can stand between the angle brackets of a header of ours."""
    return _ID.fullmatch(text) is not None


def envelope_address(email: str) -> str:
    """The address as servers take it: its domain in ASCII. Raises BadAddress."""
    local, _, domain = email.strip().rpartition("@")
    if not _LOCAL.fullmatch(local) or one_line(local) != local or len(local.encode()) > 64:
        raise BadAddress("No mail can be sent to this address.")
    try:
        host = domain if domain.isascii() else domain.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise BadAddress("No mail can be sent to this address.") from error
    if not _DOMAIN.fullmatch(host):
        raise BadAddress("No mail can be sent to this address.")
    return f"{local}@{host}"


def can_be_sent_to(email: str) -> bool:
    """Whether servers take the address at all."""
    try:
        return bool(envelope_address(email))
    except BadAddress:
        return False


def _address(address: Address) -> str:
    email = envelope_address(address.email)
    name = one_line(address.name, NAME_MAX)
    if not name:
        return f"<{email}>"
    if _PLAIN_NAME.fullmatch(name) and "=?" not in name and len(name) < 60:
        return f"{name} <{email}>"
    # Encoded, a name holds no comma, quote or bracket that a reader could take for our syntax.
    return f"{_folded(_encoded_words(name), _LINE - 6)}\r\n <{email}>"


def _encoded_words(text: str) -> list[str]:
    """The text as encoded words (RFC 2047), broken between characters only."""
    words, piece = [], b""
    for sign in text:
        octets = sign.encode()
        if len(piece) + len(octets) > _WORD_BYTES:
            words.append(piece)
            piece = b""
        piece += octets
    words.append(piece)
    return [f"=?utf-8?b?{base64.b64encode(each).decode()}?=" for each in words if each]


def _folded(words: Sequence[str], room: int) -> str:
    lines, line = [], ""
    for word in words:
        if line and len(line) + 1 + len(word) > room:
            lines.append(line)
            line, room = word, _LINE
        else:
            line = f"{line} {word}" if line else word
    lines.append(line)
    return "\r\n ".join(lines)
