"""Pure: strike out of a ticket's words what is about a person and not about the matter, and secrets.

A simple pass, for a person to look over: what a language model never sees (ai/chat/masking.py), and beside
it other numbers that call or pay, and the names of those who wrote. It strikes out rather too much than too
little. Addresses of machines stay: they are often the answer.
"""

import re
from collections.abc import Iterable

from ticketyard.ai.chat.masking import strike_out

_MACHINES = ("IP", "MAC")
# A number to call begins with + or 00 or a bracket, or comes in groups.
_PHONE = re.compile(
    r"(?<![\w.,:/-])(?:\+|00|\()\d[\d ()./-]{6,20}\d(?![\w-])"
    r"|(?<![\w.,:/-])(?!\d{4}-\d\d-\d\d)\d{1,5}(?:[ -]\d{2,5}){2,5}(?![\w-])"
)
_LONG_NUMBER = re.compile(r"(?<![\w.-])(?!\d{4}-\d\d-\d\d)\d(?:[ -]?\d){8,18}(?![\w-])")
_NAME_PART = re.compile(r"[^\W\d_][\w'’-]{2,}")
_MAIL_HEAD = re.compile(r"\AFrom: .*\n(?:Received: .*\n)?\s*")


def mask(text: str, names: Iterable[str]) -> str:
    """The text without them. names: of the people who took part, in full."""
    masked = strike_out(_MAIL_HEAD.sub("", text), but=_MACHINES)
    masked = _LONG_NUMBER.sub("[number]", _PHONE.sub("[phone]", masked))
    return _without_names(masked, names)


def _without_names(text: str, names: Iterable[str]) -> str:
    parts = {part for name in names for part in _NAME_PART.findall(name)}
    if not parts:
        return text
    # The longest first, so that no half of a name is left.
    any_part = "|".join(map(re.escape, sorted(parts, key=len, reverse=True)))
    name = re.compile(rf"(?<!\w)(?:{any_part})(?:['’]s)?(?!\w)", re.IGNORECASE)
    return re.sub(r"\[name\](?: \[name\])+", "[name]", name.sub("[name]", text))
