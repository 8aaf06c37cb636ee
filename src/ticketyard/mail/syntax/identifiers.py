"""Pure: message ids out of Message-ID, In-Reply-To and References, without angle brackets."""

import re

_BRACKETED = re.compile(r"<([^<>]*)>")
_BARE = re.compile(r"(?<![^\s<>,;\"()])[^\s<>,;\"()]+@[^\s<>,;\"()]+")
_SPACE = re.compile(r"\s+")


def parse_ids(text: str) -> tuple[str, ...]:
    """The ids in order, each once; words that are none are passed over."""
    found = [_SPACE.sub("", each) for each in _BRACKETED.findall(text)]
    if not any(found):
        found = _BARE.findall(text)
    return tuple(dict.fromkeys(each for each in found if each))


def parse_id(text: str) -> str:
    """The first id; of a value that is none, the value itself."""
    found = parse_ids(text)
    return found[0] if found else _SPACE.sub("", text).strip("<>")
