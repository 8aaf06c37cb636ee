"""Finds weighted phrases in a text: whole words, word beginnings, and gaps between them."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

GAP = "~"
GAP_WORDS = 3
"""How many words `~` in a phrase may stand for, none included."""
WORDS_KNOWN = 20_000
WORD_MAX = 40
"""How many words a table remembers, and how long they may be: a few megabytes at most."""

_APOSTROPHES = re.compile(r"[’'`ʼ]")
_WORD = re.compile(r"[\w%$€₸]+")
_SENTENCE_END = re.compile(r"[.!?…\n]+")


class Hit(NamedTuple):
    """A phrase found: as it was written in the table, as the text has it, and where."""

    phrase: str
    words: str
    weight: float
    start: int


class _Pattern(NamedTuple):
    phrase: str
    parts: tuple[str, ...]
    weight: float


def plain_words(text: str) -> list[str]:
    """Words in the shape phrases are compared in: lower case, `ё` as `е`, no apostrophes."""
    return _WORD.findall(_APOSTROPHES.sub("", text.lower().replace("ё", "е")))


class PhraseTable:
    """Phrases with weights. `работа*` stands for any ending, `~` for up to three words between."""

    def __init__(self, weights: Mapping[str, float]) -> None:
        self._by_start: dict[str, list[_Pattern]] = defaultdict(list)
        for phrase, weight in weights.items():
            parts = tuple(_parts(phrase))
            self._by_start[_key(parts[0])].append(_Pattern(phrase, parts, weight))
        # Texts are made of the same words again and again, and few of those begin a phrase.
        self._begun_by: dict[str, tuple[_Pattern, ...]] = {}

    def find(self, words: Sequence[str]) -> list[Hit]:
        """Every phrase that occurs, in the order of the text; one phrase may occur twice."""
        hits: list[Hit] = []
        begun_by = self._begun_by
        for start, word in enumerate(words):
            patterns = begun_by.get(word)
            if patterns is None:
                patterns = self._learn(word)
            for pattern in patterns:
                end = _end_of_match(pattern.parts, words, start)
                if end is not None:
                    found = " ".join(words[start:end])
                    hits.append(Hit(pattern.phrase, found, pattern.weight, start))
        return hits

    def _learn(self, word: str) -> tuple[_Pattern, ...]:
        """The phrases that may begin with this word."""
        if len(self._begun_by) >= WORDS_KNOWN:
            self._begun_by.clear()
        found = tuple(
            pattern
            for size in range(1, min(3, len(word)) + 1)
            for pattern in self._by_start.get(word[:size], ())
            if _matches(pattern.parts[0], word)
        )
        if len(word) <= WORD_MAX:
            self._begun_by[word] = found
        return found


def _parts(phrase: str) -> list[str]:
    parts: list[str] = []
    for piece in phrase.split():
        if piece == GAP:
            parts.append(GAP)
        else:
            bare = piece.removesuffix("*")
            words = plain_words(bare)
            parts.extend(words[:-1])
            parts.append(words[-1] + ("*" if piece.endswith("*") else ""))
    return parts


def _key(part: str) -> str:
    return part.removesuffix("*")[:3]


def _end_of_match(parts: Sequence[str], words: Sequence[str], start: int) -> int | None:
    position = start
    for number, part in enumerate(parts):
        if part == GAP:
            rest = parts[number + 1 :]
            for skipped in range(GAP_WORDS + 1):
                end = _end_of_match(rest, words, position + skipped)
                if end is not None:
                    return end
            return None
        if position >= len(words) or not _matches(part, words[position]):
            return None
        position += 1
    return position


def _matches(part: str, word: str) -> bool:
    return word.startswith(part[:-1]) if part.endswith("*") else word == part


def sentences_of(text: str) -> list[str]:
    """The text cut at full stops, question and exclamation marks and line ends, marks dropped."""
    return [piece.strip() for piece in _SENTENCE_END.split(text) if piece.strip()]
