"""The few words of a text that say what it is about, as it writes them."""

import re
from collections import Counter

from ticketyard.ai.function_words import ALWAYS_COMMON
from ticketyard.ai.lexicon import WORDS, read_lexicon
from ticketyard.ai.phrases import PhraseTable, plain_words

MAX_KEYWORDS = 8
_READ_WORDS = 600
_WORD_MAX = 40
_STEM = 6
_EARLY_WORDS = 12
_WORD = re.compile(r"[^\W\d_][\w-]*\w", re.UNICODE)
_COURTESY = PhraseTable(read_lexicon(WORDS / "sentences.txt")["courtesy"])


def find_keywords(text: str) -> tuple[str, ...]:
    """At most eight words, the weightiest first: those the text returns to, begins with, and that
    are no small words. Words of one stem count as one."""
    written = _WORD.findall(text[: _READ_WORDS * _WORD_MAX])[:_READ_WORDS]
    weights: Counter[str] = Counter()
    spelled: dict[str, str] = {}
    for place, word in enumerate(written):
        plain = "".join(plain_words(word.replace("-", "")))
        if not 3 <= len(plain) <= _WORD_MAX or plain in ALWAYS_COMMON or _COURTESY.find([plain]):
            continue
        stem = plain[:_STEM]
        spelled.setdefault(stem, word if word.isupper() else word.lower())
        weights[stem] += 2 if place < _EARLY_WORDS else 1
    return tuple(spelled[stem] for stem, _ in weights.most_common(MAX_KEYWORDS))
