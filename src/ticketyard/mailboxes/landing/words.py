"""Pure: what a mail's own words ask for: hashtags, a priority, or only to say thank you.

Source: spec 3 and contracts 3.3: tags from the body, priority from subject and tags only.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Literal

TAGS_MAX = 10
TAG_LETTERS_MIN = 3
TAG_LETTERS_MAX = 50
THANKS_WORDS_MAX = 40

MailPriority = Literal["critical", "high", "low", "normal"]

_PRIORITY_WORDS: tuple[tuple[MailPriority, frozenset[str]], ...] = (
    ("critical", frozenset({"kritisk", "critical", "down", "nede", "urgent", "akut"})),
    ("high", frozenset({"høj", "high", "vigtig", "important", "haster"})),
    ("low", frozenset({"lav", "low", "spørgsmål", "question", "info"})),
)
_WORD = re.compile(r"\w+")
_ADDRESS = re.compile(r"\b[a-z][a-z0-9+.-]*://\S+|\bwww\.\S+", re.IGNORECASE)
_COLOUR = re.compile(r"[0-9a-f]{3}|[0-9a-f]{4}|[0-9a-f]{6}|[0-9a-f]{8}")
_TAG = re.compile(r"(?<![\w&/#])#(\w[\w-]*)")

_THANKS = re.compile(
    r"\b(thanks?|thank\s+you|thx|cheers|appreciate[ds]?|tak|mange\s+tak|tusind\s+tak|danke\w*|"
    r"vielen\s+dank|merci|gracias|obrigad[oa]|grazie|takk|tack|kiitos|dzięki|dziękuję|děkuj\w+|"
    r"спасибо|благодарю|благодарим|дякую|рахмет\w*|спс)\b",
    re.IGNORECASE,
)
# Whoever thanks and also says one of these wants something.
_WANTS = re.compile(
    r"\?|\b(but|however|still|again|not|n[o']t|can't|cannot|doesn'?t|isn'?t|won'?t|didn'?t|please|"
    r"could|would|can|when|how|why|what|need|problem|error|issue\s+(?:remains|persists)|"
    r"men|stadig|ikke|igen|venligst|kan|hvornår|fejl|"
    r"aber|noch|nicht|wieder|bitte|leider|kann|wann|fehler|"
    r"но|однако|ещё|еще|опять|снова|не|нет|пожалуйста|можете|когда|почему|ошибка|проблема)\b",
    re.IGNORECASE,
)
# "not" inside of what says that all is well.
_WELL = re.compile(
    r"\b(no\s+(?:more\s+)?(?:problems?|issues?)|not?\s+(?:needed|necessary)|(?:problem|issue|error|fejl|"
    r"fehler|проблема|ошибка)\s+(?:is\s+|has\s+been\s+|er\s+|ist\s+)?(?:now\s+)?(?:solved|resolved|"
    r"fixed|gone|løst|behoben|gelöst|решена|исправлена))\b",
    re.IGNORECASE,
)


def hashtags(text: str) -> list[str]:
    """The `#tags` of a text, in lower case and order, each once, ten at most.

    Parts of addresses, colours and numbers are none.
    """
    if "#" not in text:
        return []
    found: dict[str, None] = {}
    for match in _TAG.finditer(_ADDRESS.sub(" ", text)):
        tag = match[1].lower().rstrip("-_")
        if not TAG_LETTERS_MIN <= len(tag) <= TAG_LETTERS_MAX or not _is_word(tag):
            continue
        found[tag] = None
        if len(found) == TAGS_MAX:
            break
    return list(found)


def _is_word(tag: str) -> bool:
    if tag.replace("_", "").replace("-", "").isdigit():
        return False
    return not (_COLOUR.fullmatch(tag) and any(mark.isdigit() for mark in tag))


def priority_words(subject: str, tags: Iterable[str]) -> tuple[MailPriority, str]:
    """The priority that subject and tags name, and the word that did; whole words only."""
    words = set(_words(subject)) | set(_words(" ".join(tags)))
    for priority, known in _PRIORITY_WORDS:
        if hit := sorted(words & known):
            return priority, hit[0]
    return "normal", ""


def _words(text: str) -> Sequence[str]:
    return _WORD.findall(text.lower())


def is_only_thanks(text: str) -> bool:
    """Whether a reply says thank you and nothing that wants an answer."""
    if len(text) > THANKS_WORDS_MAX * 20 or len(text.split()) > THANKS_WORDS_MAX:
        return False
    return bool(_THANKS.search(text)) and not _WANTS.search(_WELL.sub(" ", text))
