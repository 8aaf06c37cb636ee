"""Ranking candidates by several views of them: a small logistic model, shipped and taught further.

Its answer is a calibrated probability that a candidate is what was asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_ROUNDS = 50
_STILL = 1e-8


@dataclass(frozen=True)
class Ranker:
    """A weight for each feature, by name, and what is added to all."""

    features: tuple[str, ...]
    weights: tuple[float, ...]
    bias: float

    def score(self, rows: Floats) -> Floats:
        """Probabilities, one a row of features."""
        return sigmoid(rows @ np.array(self.weights) + self.bias)


def sigmoid(value: Floats) -> Floats:
    """1 / (1 + e^-x) without overflow."""
    return np.asarray(np.exp(-np.logaddexp(0, -value)), np.float64)


def learn(
    rows: Floats, relevant: Sequence[bool], prior: Ranker, *, strength: float = 20.0
) -> Ranker:
    """A ranker for these examples that leaves `prior` only as far as they insist.

    strength: how many examples' worth the prior is. Newton's method; a handful of rounds.
    """
    right = np.asarray(relevant, np.float64)
    columns = np.hstack([rows, np.ones((len(rows), 1))])
    start = np.array([*prior.weights, prior.bias])
    spread = np.append(rows.std(axis=0), 1.0) if len(rows) else np.ones(len(start))
    # A feature that these examples do not tell apart keeps its weight.
    pull = strength * np.maximum(spread, 1e-3) ** 2
    found = start.copy()
    for _ in range(_ROUNDS):
        chance = sigmoid(columns @ found)
        slope = columns.T @ (chance - right) + pull * (found - start)
        bend = (columns * (chance * (1 - chance))[:, None]).T @ columns + np.diag(pull)
        step = np.linalg.solve(bend, slope)
        found -= step
        if float(np.abs(step).max()) < _STILL:
            break
    return Ranker(prior.features, tuple(float(w) for w in found[:-1]), float(found[-1]))
