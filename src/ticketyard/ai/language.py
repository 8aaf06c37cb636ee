"""Which of the company's languages a text is written in: letters first, then words, then a model.

Codes are ISO 639-1 (ru, kk, en). Russian and Kazakh share an alphabet, are mixed in one letter,
and are typed without their own letters or in Latin ones; the rules here know these habits.
"""

import functools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ticketyard.ai.function_words import (
    ENGLISH,
    KAZAKH,
    KAZAKH_IN_LATIN,
    RUSSIAN,
    RUSSIAN_IN_LATIN,
)

MAX_CHARACTERS = 4000
_SIGNS = 4

_NOT_PROSE = re.compile(
    r"https?://\S+|www\.\S+|\S+@\S+|[\w-]+\.(?:png|jpe?g|pdf|docx?|xlsx?|zip)\b"
)
_WORD = re.compile(r"[^\W\d_]+")
_CYRILLIC = re.compile(r"[Ѐ-ӿ]")
_ARABIC = re.compile(r"[\u0600-\u06ff]")
_LATIN = re.compile(r"[A-Za-zÀ-ɏ]")
# Without і: Ukrainian has it too.
_KAZAKH_LETTERS = re.compile(r"[әғқңөұүһ]")
_CYRILLIC_LANGUAGES = frozenset({"ru", "kk", "uk", "be", "bg", "sr", "mk", "ky", "tg", "mn"})
_ARABIC_LANGUAGES = frozenset({"ar", "fa", "ur"})
# Whoever writes Latin letters writes none of these; asking the model would only load it.
_LETTERS_OF_THEIR_OWN = _CYRILLIC_LANGUAGES | frozenset(
    {"am", "ar", "bn", "el", "fa", "he", "hi", "hy", "ja", "ka", "ko", "th", "ur", "zh"}
)
# Quoted error messages and product names can outweigh the writer's own words, which come first.
_MIXED_FROM, _MIXED_TO = 0.2, 0.65


@dataclass(frozen=True)
class Language:
    """A code and how sure it is, 0 to 1; 0 means the text gave no sign and a default was taken.

    evidence: words that gave it away; none where its letters alone or the model decided.
    """

    code: str
    confidence: float
    evidence: tuple[str, ...] = ()


def identify_language(text: str, languages: Sequence[str]) -> Language:
    """The language of a text among those given; the first one is the default."""
    prose = _NOT_PROSE.sub(" ", text[:MAX_CHARACTERS]).lower().replace("ё", "е")
    words = _WORD.findall(prose)
    cyrillic = [word for word in words if _CYRILLIC.search(word)]
    latin = [word for word in words if _LATIN.search(word)]
    if not cyrillic and not latin:
        return _by_other_letters(words, languages)
    share = sum(map(len, cyrillic)) / sum(map(len, cyrillic + latin))
    if share > _MIXED_TO or (share >= _MIXED_FROM and words[0] == cyrillic[0]):
        return _among_cyrillic(cyrillic, languages)
    return _among_latin(latin, prose, languages)


def _by_other_letters(words: list[str], languages: Sequence[str]) -> Language:
    arabic = sum(1 for word in words if _ARABIC.search(word))
    sharing = [code for code in languages if code in _ARABIC_LANGUAGES]
    if arabic and len(sharing) == 1:
        return Language(sharing[0], _sureness(arabic, 0))
    return Language(languages[0], 0.0)


def _among_cyrillic(words: list[str], languages: Sequence[str]) -> Language:
    choices = [code for code in languages if code in _CYRILLIC_LANGUAGES]
    if not choices:
        return Language(languages[0], 0.0)
    if "kk" in choices:
        with_letters = sum(1 for word in words if _KAZAKH_LETTERS.search(word))
        kazakh = with_letters + sum(
            1 for word in words if word in KAZAKH and not _KAZAKH_LETTERS.search(word)
        )
        russian = sum(1 for word in words if word in RUSSIAN)
        if kazakh and (kazakh >= russian or kazakh >= len(words) / 3):
            return Language("kk", _sureness(kazakh, russian), _signs(words, _is_kazakh))
        if set(choices) == {"ru", "kk"}:
            # A long text without one Kazakh letter is not Kazakh; a short one may be.
            sure = _sureness(russian + len(words) // 4, kazakh)
            return Language("ru", sure, _signs(words, RUSSIAN.__contains__))
    return _only_or_modelled(words, choices)


def _among_latin(words: list[str], prose: str, languages: Sequence[str]) -> Language:
    english = _count(words, ENGLISH)
    for code, known in (("ru", RUSSIAN_IN_LATIN), ("kk", KAZAKH_IN_LATIN)):
        hits = _count(words, known)
        if code in languages and hits > english:
            return Language(code, _sureness(hits, english), _signs(words, known.__contains__))
    choices = [code for code in languages if code not in _LETTERS_OF_THEIR_OWN]
    if not choices:
        return Language(languages[0], 0.0)
    if choices == ["en"]:
        sure = _sureness(english + len(words) // 4, 0)
        return Language("en", sure, _signs(words, ENGLISH.__contains__))
    return _only_or_modelled(_WORD.findall(prose), choices)


def _count(words: list[str], known: frozenset[str]) -> int:
    return sum(1 for word in words if word in known)


def _is_kazakh(word: str) -> bool:
    return word in KAZAKH or bool(_KAZAKH_LETTERS.search(word))


def _signs(words: list[str], gives_away: Callable[[str], bool]) -> tuple[str, ...]:
    """The first few words that do."""
    return tuple(dict.fromkeys(filter(gives_away, words)))[:_SIGNS]


def _sureness(signs: int, against: int) -> float:
    return round(min(0.99, (signs + 0.5) / (signs + against + 1.0)), 3)


def _only_or_modelled(words: list[str], choices: Sequence[str]) -> Language:
    if len(choices) == 1:
        return Language(choices[0], _sureness(len(words) // 4, 0))
    return _modelled(" ".join(words), choices)


def _modelled(prose: str, choices: Sequence[str]) -> Language:
    scores = {code: score for code, score in _model().rank(prose) if code in set(choices)}
    total = sum(scores.values())
    if not total:
        return Language(choices[0], 0.0)
    best = max(scores, key=lambda code: scores[code])
    return Language(best, round(scores[best] / total, 3))


@functools.cache
def _model() -> Any:
    # Loading takes a second and 90 MB; the rules above spare most companies both.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
