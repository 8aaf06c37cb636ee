"""Small words that give a language away, and words too common to carry a meaning."""

from ticketyard.ai.lexicon import WORDS, read_lexicon

_LEXICON = read_lexicon(WORDS / "function_words.txt")

ENGLISH = frozenset(_LEXICON["en"])
RUSSIAN = frozenset(_LEXICON["ru"])
# «Не» is Russian for not and Kazakh for what: a word of both says nothing.
KAZAKH = frozenset(_LEXICON["kk"]) - RUSSIAN
RUSSIAN_IN_LATIN = frozenset(_LEXICON["ru-latin"])
KAZAKH_IN_LATIN = frozenset(_LEXICON["kk-latin"])

ALWAYS_COMMON = ENGLISH | RUSSIAN | KAZAKH
