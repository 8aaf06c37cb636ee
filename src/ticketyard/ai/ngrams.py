"""Texts to sparse rows: the words, pairs of words and parts of words that occur in them."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

MAX_CHARACTERS = 3000
"""Beyond this a text is quotation, log or list: it costs time and tells little."""

MAX_TERMS = 40_000
"""Of words and of parts of words each; the commonest are kept."""

_WORD = re.compile(r"\w+")
_WORD_MARK = "="
_SHORTEST, _LONGEST = 2, 5


class SparseRow(NamedTuple):
    """One text: which terms it has, and how much each counts."""

    terms: NDArray[np.int32]
    values: NDArray[np.float32]


def words_of(text: str) -> list[str]:
    """The words of a text in lower case, in order."""
    return _WORD.findall(text[:MAX_CHARACTERS].lower())


def word_terms(words: Sequence[str]) -> list[str]:
    """Words and neighbouring pairs, marked so that no part of a word looks the same."""
    pairs = (f"{_WORD_MARK}{first} {second}" for first, second in pairwise(words))
    return [*(_WORD_MARK + word for word in words), *pairs]


def part_terms(words: Sequence[str]) -> list[str]:
    """Runs of two to five letters inside each word, its ends included: endings and typos."""
    parts: list[str] = []
    for word in words:
        padded = f" {word} "
        for size in range(_SHORTEST, _LONGEST + 1):
            if len(padded) <= size:
                parts.append(padded)
                break
            parts.extend(padded[start : start + size] for start in range(len(padded) - size + 1))
    return parts


@dataclass(frozen=True)
class NgramIndex:
    """The terms a model knows, numbered, with the weight rarity gives each."""

    numbers: dict[str, int]
    rarity: NDArray[np.float32]

    def row(self, text: str) -> SparseRow:
        """The text as terms: words and parts each scaled to length one."""
        words = words_of(text)
        terms: list[int] = []
        values: list[float] = []
        for found in (word_terms(words), part_terms(words)):
            self._add_block(found, terms, values)
        return SparseRow(np.array(terms, np.int32), np.array(values, np.float32))

    def _add_block(self, found: Iterable[str], terms: list[int], values: list[float]) -> None:
        start = len(values)
        for term, count in Counter(found).items():
            number = self.numbers.get(term)
            if number is not None:
                terms.append(number)
                values.append((1.0 + math.log(count)) * float(self.rarity[number]))
        length = math.sqrt(sum(value * value for value in values[start:]))
        values[start:] = [value / length for value in values[start:]]

    def word(self, number: int) -> str | None:
        """The word or pair behind a number; None for a part of a word."""
        term = self.terms[number]
        return term[len(_WORD_MARK) :] if term.startswith(_WORD_MARK) else None

    @cached_property
    def terms(self) -> tuple[str, ...]:
        """The terms in the order of their numbers."""
        return tuple(self.numbers)


def learn_terms(texts: Sequence[str]) -> NgramIndex:
    """Number the terms worth knowing. A part of a word must occur in two texts, a word in one."""
    word_counts: Counter[str] = Counter()
    part_counts: Counter[str] = Counter()
    for text in texts:
        words = words_of(text)
        word_counts.update(set(word_terms(words)))
        part_counts.update(set(part_terms(words)))
    chosen = word_counts.most_common(MAX_TERMS)
    chosen += [(term, count) for term, count in part_counts.most_common(MAX_TERMS) if count > 1]
    rarity = [math.log((1 + len(texts)) / (1 + count)) + 1 for _, count in chosen]
    numbers = {term: number for number, (term, _) in enumerate(chosen)}
    return NgramIndex(numbers, np.array(rarity, np.float32))
