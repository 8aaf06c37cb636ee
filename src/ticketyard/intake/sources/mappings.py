"""Pure: other systems' words for priority and category, in ours.

Source: contracts 0.2 and 1.4. A word nobody knows gives None: then it was not said, and triage may
find it out. The word itself is kept on the ticket.
"""

from typing import Final

WORDS: Final = {
    "low": "low",
    "medium": "medium",
    "normal": "medium",
    "high": "high",
    "urgent": "urgent",
    "critical": "critical",
}
_GLPI: Final = {
    **WORDS,
    "1": "low",
    "2": "low",
    "3": "medium",
    "4": "high",
    "5": "urgent",
    "6": "critical",
    "very low": "low",
    "very high": "urgent",
    "major": "critical",
}
_SOLMAN: Final = {
    **WORDS,
    "1": "critical",
    "2": "high",
    "3": "medium",
    "4": "low",
    "very high": "critical",
    "very low": "low",
}
OTHER: Final = "other"
# The longest key that occurs decides, so that "REMOTE ACCESS" is vpn although it contains "ACCESS".
_CATEGORY: Final = sorted(
    {
        "NETWORK": "network",
        "NETWORKING": "network",
        "CONNECTIVITY": "network",
        "HARDWARE": "hardware",
        "EQUIPMENT": "hardware",
        "DEVICE": "hardware",
        "SOFTWARE": "software",
        "APPLICATION": "software",
        "PROGRAM": "software",
        "ACCESS": "access_control",
        "PERMISSION": "access_control",
        "AUTHORIZATION": "access_control",
        "EMAIL": "email",
        "MAIL": "email",
        "VPN": "vpn",
        "REMOTE ACCESS": "vpn",
        "PRINTER": "printer",
        "PRINTING": "printer",
        "PASSWORD": "password_reset",
        "RESET PASSWORD": "password_reset",
        "ACCOUNT": "account_management",
        "USER ACCOUNT": "account_management",
    }.items(),
    key=lambda item: -len(item[0]),
)


def priority_of_word(word: str | None) -> str | None:
    """Our priority for a plain word."""
    return WORDS.get(_plain(word))


def priority_of_glpi(word: str | None) -> str | None:
    """Our priority for GLPI's number 1 to 6 or its name."""
    return _GLPI.get(_plain(word).removesuffix(".0"))


def priority_of_solman(word: str | None) -> str | None:
    """Our priority for Solution Manager's "Very High", "1: Very High" or "1"."""
    number, _, name = _plain(word).partition(":")
    return _SOLMAN.get(number.strip().removesuffix(".0")) or _SOLMAN.get(name.strip())


def category_of(word: str | None) -> tuple[str | None, bool]:
    """Our category for a foreign word, and whether that is only a guess.

    A word we do not know is `other`, as a guess; no word is None.
    """
    plain = _plain(word).upper().replace("_", " ").replace("-", " ")
    if not plain:
        return None, False
    for key, category in _CATEGORY:
        if key in plain:
            return category, False
    return OTHER, plain != OTHER.upper()


def _plain(word: str | None) -> str:
    return " ".join((word or "").casefold().split())
