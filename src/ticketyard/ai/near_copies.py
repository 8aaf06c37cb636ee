"""Pure: which texts are one another's copies, but for case, signs, numbers or a word."""

import re
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

ALIKE: float = 0.85
"""So large a share of all parts that either has must be common to both."""

_NOT_WORDS = re.compile(r"[\W\d_]+")
_READ = 1_500
"""Letters of a text that are looked at: what is the same for so long is a copy."""

_PART = 5
_BANDS, _ROWS = 6, 4
"""Of likenesses of 0.85 one in a hundred is overlooked; of 0.5 a third is compared for nothing."""

_ORDERS = np.random.default_rng(7).integers(1, 2**63, _BANDS * _ROWS, np.uint64) | np.uint64(1)
_STEP = np.uint64(0x9E3779B97F4A7C15)
_CHUNK = 1_000

Numbers = NDArray[np.uint64]


def plain(text: str) -> str:
    """A text by its words alone: what differs only in case, signs or numbers is the same."""
    return " ".join(_NOT_WORDS.sub(" ", text.casefold()).split())


def group_copies(texts: Sequence[str]) -> list[int]:
    """For each text the place of the first of those it is a copy of: its own where it is none.

    Source: Broder 1997, On the resemblance and containment of documents: a set's smallest numbers
    under several orders agree as often as two sets do.
    """
    first_of: dict[str, int] = {}
    groups = [first_of.setdefault(plain(text) or text, place) for place, text in enumerate(texts)]
    joined: dict[int, int] = {}
    """A copy's place to an earlier one's, which may itself be a copy."""
    words, places = list(first_of), list(first_of.values())
    for band in _signatures(words):
        met: dict[bytes, int] = {}
        for at, signature in enumerate(band):
            rival = met.setdefault(signature.tobytes(), at)
            if places[at] not in joined and rival != at and _are_alike(words[at], words[rival]):
                joined[places[at]] = places[rival]
    for place in sorted(joined):
        joined[place] = joined.get(joined[place], joined[place])
    return [joined.get(group, group) for group in groups]


def _signatures(words: Sequence[str]) -> Iterator[Numbers]:
    """Band by band, a row for each text: texts that are alike have one row in common."""
    chunks = [_smallest(words[start : start + _CHUNK]) for start in range(0, len(words), _CHUNK)]
    rows = np.concatenate(chunks, axis=1) if chunks else np.zeros((_BANDS * _ROWS, 0), np.uint64)
    for band in range(_BANDS):
        yield np.ascontiguousarray(rows[band * _ROWS : (band + 1) * _ROWS].T)


def _smallest(words: Sequence[str]) -> Numbers:
    """Of each text's parts the smallest number under each order: a row an order."""
    each = [_parts(text) for text in words]
    starts = np.cumsum([0, *(len(parts) for parts in each[:-1])])
    parts = np.concatenate(each)
    return np.stack([np.minimum.reduceat(_mixed(parts, factor), starts) for factor in _ORDERS])


def _mixed(parts: Numbers, factor: np.uint64) -> Numbers:
    mixed = parts * factor
    return (mixed ^ (mixed >> np.uint64(29))) * factor


def _parts(words: str) -> Numbers:
    """Every five letters in a row, as numbers."""
    letters = np.frombuffer(words[:_READ].ljust(_PART).encode("utf-32-le", "replace"), np.uint32)
    last = len(letters) - _PART + 1
    parts = np.zeros(last, np.uint64)
    for at in range(_PART):
        parts = parts * _STEP + letters[at : at + last]
    return parts


def _are_alike(words: str, others: str) -> bool:
    one, other = set(_parts(words).tolist()), set(_parts(others).tolist())
    return len(one & other) >= ALIKE * len(one | other)
