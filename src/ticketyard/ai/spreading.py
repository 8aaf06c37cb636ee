"""Labels handed on to texts nobody labelled, along the likeness between them."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ticketyard.ai.embedding import Vectors
from ticketyard.ai.neighbours import seen_from

NEIGHBOURS = 15
_STEPS = 20
# How much of a text's label comes from its neighbours in each step, the rest from its own seed.
_HANDED_ON = 0.95
_SHARPER = 4
_ROWS = 1024


class Guesses(NamedTuple):
    """One label number and how much to trust it, 0 to 1, for each text; trust 0 is no guess."""

    labels: NDArray[np.int64]
    trust: NDArray[np.float32]


class Likeness:
    """Texts joined with their nearest ones. Built once, spread over as often as wanted."""

    def __init__(self, vectors: Vectors) -> None:
        from scipy.sparse import csr_matrix, diags

        places = seen_from(vectors.mean(axis=0), vectors)
        count = min(NEIGHBOURS, len(places) - 1)
        columns, values = map(np.concatenate, zip(*_nearest(places, count), strict=True))
        starts = np.arange(0, len(columns) + 1, count)
        joined = csr_matrix((values, columns, starts), shape=(len(places), len(places)))
        joined = joined.maximum(joined.T)
        reach = 1 / np.sqrt(np.maximum(np.asarray(joined.sum(axis=1)).ravel(), 1e-9))
        self._steps = (diags(reach) @ joined @ diags(reach)).astype(np.float32).tocsr()

    def spread(self, answers: NDArray[np.int64], labels: int) -> Guesses:
        """Labels for all texts, from those whose answer is no -1; these may change too.

        Each label takes the share of all texts that it has among the labelled.
        Source: Zhou and others, Learning with Local and Global Consistency, 2004.
        """
        known = np.flatnonzero(answers >= 0)
        seeds = np.zeros((len(answers), labels), np.float32)
        seeds[known, answers[known]] = 1
        mass = seeds
        for _ in range(_STEPS):
            mass = _HANDED_ON * (self._steps @ mass) + (1 - _HANDED_ON) * seeds
        mass = mass * (seeds.sum(axis=0) / np.maximum(mass.sum(axis=0), 1e-12))
        total = mass.sum(axis=1)
        best = mass.argmax(axis=1)
        trust = mass[np.arange(len(mass)), best] / np.maximum(total, 1e-12)
        return Guesses(best, np.where(total > 0, trust, 0).astype(np.float32))


def _nearest(
    places: Vectors, count: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
    for start in range(0, len(places), _ROWS):
        likeness = places[start : start + _ROWS] @ places.T
        rows = np.arange(len(likeness))
        likeness[rows, rows + start] = -1
        nearest = np.argpartition(-likeness, count - 1, axis=1)[:, :count]
        values = np.maximum(np.take_along_axis(likeness, nearest, axis=1), 0) ** _SHARPER
        yield nearest.ravel(), values.ravel()
