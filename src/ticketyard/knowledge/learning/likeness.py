"""Pure: do two questions ask the same, by what they mean and by the words they share?

Meaning alone is not trusted: the packaged model puts all texts of a script that it was not taught near
each other. So a word has to be shared as well, and in other scripts a third of them.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ticketyard.ai.function_words import ALWAYS_COMMON
from ticketyard.ai.phrases import plain_words

Vector = NDArray[np.float32]

# Found on Banking77's test questions: of two that are put together 65 % are of one of its 77 fine
# intents, and the larger part of each group is in 84 %.
MEANING = 0.70
MEANING_ALONE = 0.86
MEANING_RELATED = 0.35
WORDS = 0.5
WORDS_SHARED = 2
WORDS_OF_OTHER_SCRIPTS = 0.33
STEM = 6
STEMS_MAX = 60
_LATIN = re.compile(r"[a-zà-ɏ]")
_LETTER = re.compile(r"[^\W\d_]")
# What struck-out parts are called says nothing of what is asked.
_STRUCK_OUT = re.compile(r"\[[a-z -]{2,20}\]")


@dataclass(frozen=True)
class Trace:
    """What a question, or a group of them, is compared by.

    lead: the stems of the first question.  words: of all of them.  vector: the sum of theirs; None
    where none can be had.
    """

    lead: frozenset[str]
    words: frozenset[str] = frozenset()
    vector: Vector | None = field(default=None, compare=False)

    def joined_by(self, other: "Trace") -> "Trace":
        """The group with one more in it."""
        more = sorted(other.lead - self.words)[: max(0, STEMS_MAX - len(self.words))]
        vector = self.vector
        if vector is None or other.vector is None:
            vector = other.vector if vector is None else vector
        else:
            vector = vector + other.vector
        return replace(self, words=self.words | frozenset(more), vector=vector)


def trace_of(text: str, vector: Vector | None = None) -> Trace:
    """What one question is compared by."""
    stems = stems_of(text)
    return Trace(stems, stems, vector if vector is not None and np.any(vector) else None)


def stems_of(text: str) -> frozenset[str]:
    """The beginnings of its words that carry meaning; of a long text the first."""
    words = plain_words(_STRUCK_OUT.sub(" ", text.lower()))
    kept = [word[:STEM] for word in words if len(word) > 2 and word not in ALWAYS_COMMON]
    return frozenset(list(dict.fromkeys(kept))[:STEMS_MAX])


def likeness(one: Trace, group: Trace) -> float:
    """How alike they are, from 0 to 1; 0 where they do not ask the same."""
    if not one.lead:
        return 0.0
    cosine = _cosine(one.vector, group.vector)
    both = len(one.lead & group.lead)
    by_words = both / max(len(one.lead | group.lead), 1)
    if _is_latin(one.lead):
        shares_a_word = bool(one.lead & group.words)
        is_meant = cosine >= MEANING_ALONE or (cosine >= MEANING and shares_a_word)
    else:
        is_meant = cosine >= MEANING_ALONE and by_words >= WORDS_OF_OTHER_SCRIPTS
    is_worded = both >= WORDS_SHARED and by_words >= WORDS
    return max(cosine if is_meant else 0.0, by_words if is_worded else 0.0)


class Groups:
    """Many groups, and which of them a question belongs to.

    Only those are compared that may be alike: near by all vectors at once, or with words in common.
    """

    def __init__(self, traces: Sequence[Trace] = ()) -> None:
        self.traces: list[Trace] = []
        self._units: Vector = np.zeros((0, 0), np.float32)
        self._with_word: dict[str, set[int]] = {}
        for each in traces:
            self.add(each)

    def add(self, trace: Trace) -> None:
        """One more group."""
        self.traces.append(trace)
        self._keep(len(self.traces) - 1, trace)

    def join(self, place: int, trace: Trace) -> Trace:
        """A question joins a group; gives the group as it is then."""
        joined = self.traces[place] = self.traces[place].joined_by(trace)
        self._keep(place, joined)
        return joined

    def find(self, one: Trace) -> int | None:
        """The place of the group that asks most nearly the same, the first of equals; None for none."""
        best, found = 0.0, None
        for place in sorted(self._near(one) | self._worded(one)):
            alike = likeness(one, self.traces[place])
            if alike > best:
                best, found = alike, place
        return found

    def _near(self, one: Trace) -> set[int]:
        if one.vector is None or self._units.shape[1] != len(one.vector):
            return set()
        size = float(np.linalg.norm(one.vector)) or 1.0
        # A little less than asked for: the sum is taken in another order than for one pair.
        cosines = self._units[: len(self.traces)] @ (one.vector / size)
        return set(np.flatnonzero(cosines >= MEANING - 1e-4).tolist())

    def _worded(self, one: Trace) -> set[int]:
        shared = Counter(place for stem in one.lead for place in self._with_word.get(stem, ()))
        return {place for place, count in shared.items() if count >= WORDS_SHARED}

    def _keep(self, place: int, trace: Trace) -> None:
        for stem in trace.lead:
            self._with_word.setdefault(stem, set()).add(place)
        if trace.vector is None:
            return
        width = len(trace.vector)
        if self._units.shape[1] != width:
            self._units = np.zeros((0, width), np.float32)
        if place >= len(self._units):
            grown = np.zeros((max(64, 2 * (place + 1)), width), np.float32)
            grown[: len(self._units)] = self._units
            self._units = grown
        self._units[place] = trace.vector / (float(np.linalg.norm(trace.vector)) or 1.0)


def may_be_same(one: Trace, other: Trace) -> bool:
    """Whether it cannot be ruled out that they are about the same: whoever counts successes asks this,
    and is right to doubt."""
    if not one.lead or not other.lead:
        return True
    return bool(one.lead & other.lead) or _cosine(one.vector, other.vector) >= MEANING_RELATED


def _is_latin(stems: Iterable[str]) -> bool:
    letters = _LETTER.findall("".join(stems))
    return 2 * sum(bool(_LATIN.match(sign)) for sign in letters) >= len(letters)


def _cosine(one: Vector | None, other: Vector | None) -> float:
    if one is None or other is None or one.shape != other.shape:
        return 0.0
    size = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(one @ other) / size if size else 0.0
