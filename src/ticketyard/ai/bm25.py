"""Ranking by words: which texts to look at at all, and how well each answers (Okapi BM25).

Knows neither texts nor words, only their numbers and counts: those of an index that somebody keeps.
Source: Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond (2009).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import log
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# How soon a word's repetition stops to count, in a text and in a question; how much length counts.
_K1 = 1.2
_K3 = 8.0
_B = 0.75
# Words that stand together in one question stand together in texts more often than by chance.
_TOGETHER = 4.0
_SET_WORDS = 8
_SETS_MAX = 16


@dataclass(frozen=True)
class Term:
    """A word of a question. id is None, and texts 0, where no text has it."""

    id: int | None
    times: int
    texts: int


class Plan(NamedTuple):
    """Look at texts that hold any of these words, or all words of any of these sets."""

    any_of: list[int]
    sets: list[list[int]]


def plan(terms: Sequence[Term], texts: int, budget: int) -> Plan:
    """Which texts to fetch for scoring: about so many, the rarest words first.

    A text with none of the rare words of a question is hardly its best answer. Of words that are all
    frequent, those texts are taken that hold several of them.
    """
    known = sorted(
        (term.texts, term.id) for term in terms if term.id is not None and term.texts > 0
    )
    any_of: list[int] = []
    spent = 0.0
    for held, number in known:
        if spent + held > budget:
            break
        any_of.append(number)
        spent += held
    rest = known[len(any_of) :][:_SET_WORDS]
    sets = list(_sets(rest, texts, budget - spent)) if rest else []
    if not any_of and not sets and rest:
        sets = [[number for _, number in rest]]
    return Plan(any_of, sets)


def _sets(rest: Sequence[tuple[int, int]], texts: int, budget: float) -> Iterator[list[int]]:
    chosen: list[set[int]] = []
    for size in range(2, len(rest) + 1):
        for several in combinations(rest, size):
            numbers = {number for _, number in several}
            expected = _expected(several, texts)
            if expected > budget or any(each <= numbers for each in chosen):
                continue
            chosen.append(numbers)
            budget -= expected
            yield sorted(numbers)
            if len(chosen) == _SETS_MAX:
                return


def _expected(several: Sequence[tuple[int, int]], texts: int) -> float:
    expected = float(several[0][0])
    for held, _ in several[1:]:
        expected *= min(1.0, _TOGETHER * held / max(texts, 1))
    return expected


@dataclass(frozen=True)
class Bags:
    """Texts as bags of words, one after the other.

    words, times: the numbers of all their words and how often each stands there.
    owner: for each of these, which text it belongs to.  lengths: how many words each text has.
    """

    words: NDArray[np.int32]
    times: NDArray[np.uint8]
    owner: NDArray[np.int64]
    lengths: NDArray[np.int64]


class Scores(NamedTuple):
    """For each text: its BM25, and which share of the question's weight it holds (0 to 1)."""

    bm25: Floats
    coverage: Floats


class Scorer:
    """Scores texts for one question.  texts, average: how many there are, and their mean length."""

    def __init__(self, terms: Sequence[Term], texts: int, average: float) -> None:
        self.average = max(average, 1.0)
        weights = [_weight(term, texts) for term in terms]
        self.ideal = sum(weights) * (_K1 + 1)
        known = sorted(
            (term.id, weight)
            for term, weight in zip(terms, weights, strict=True)
            if term.id is not None
        )
        self._words = np.array([number for number, _ in known], np.int32)
        self._weights = np.array([weight for _, weight in known], np.float64)
        self._all = sum(weights) or 1.0

    def score(self, bags: Bags) -> Scores:
        """How well each text answers."""
        count = len(bags.lengths)
        if not len(self._words) or not len(bags.words):
            return Scores(np.zeros(count), np.zeros(count))
        place = np.minimum(np.searchsorted(self._words, bags.words), len(self._words) - 1)
        held = self._words[place] == bags.words
        place, owner = place[held], bags.owner[held]
        times = bags.times[held].astype(np.float64)
        relative = bags.lengths[owner] / self.average
        gain = times * (_K1 + 1) / (times + _K1 * (1 - _B + _B * relative))
        weights = self._weights[place]
        return Scores(
            np.bincount(owner, weights * gain, count).astype(np.float64),
            np.bincount(owner, weights, count) / self._all,
        )


def _weight(term: Term, texts: int) -> float:
    rarity = log(1 + (max(texts - term.texts, 0) + 0.5) / (term.texts + 0.5))
    return rarity * (_K3 + 1) * term.times / (_K3 + term.times)
