"""Several views of a text made into one probability a label."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float32]


class Views(NamedTuple):
    """The classifier's three opinions, each (texts, labels)."""

    margins: Scores
    kinship: Scores
    central: Scores


@dataclass(frozen=True)
class Blend:
    """How much each of the three views counts in the probabilities; learned out of fold."""

    margin: float
    kinship: float
    centre: float

    def chances(self, views: Views) -> Scores:
        """The probability of each label, row by row."""
        return softmax(
            self.margin * views.margins + self.kinship * views.kinship + self.centre * views.central
        )

    def sharper(self, times: float) -> "Blend":
        """The same opinion held so many times as firmly."""
        return Blend(self.margin * times, self.kinship * times, self.centre * times)


USUAL = Blend(margin=1.25, kinship=6.2, centre=5.8)
"""The blend before any evidence: believable with one example a label, on every set tried."""

# How many wrong guesses' worth of evidence the usual blend stands for.
_PRIOR_WEIGHT = 2.0


def fit_blend(views: Views, answers: NDArray[np.integer]) -> Blend:
    """The weights under which the right answers were least surprising; this sets the confidence.

    A pull towards the usual weights keeps a handful of easy examples from claiming certainty.
    """
    from scipy.optimize import minimize

    usual = np.array([USUAL.margin, USUAL.kinship, USUAL.centre])
    rows = np.arange(len(answers))
    right = [view[rows, answers] for view in views]

    def surprise(change: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights = usual * np.exp(change)
        logits = np.add.reduce([weight * view for weight, view in zip(weights, views, strict=True)])
        top = logits.max(axis=1)
        chances = np.exp(logits - top[:, None])
        total = chances.sum(axis=1)
        chances /= total[:, None]
        cost = float((top + np.log(total) - logits[rows, answers]).sum())
        slope = np.array(
            [float(((chances * view).sum(axis=1) - hit).sum())
             for view, hit in zip(views, right, strict=True)]
        )  # fmt: skip
        return (
            cost + _PRIOR_WEIGHT * float((change**2).sum()),
            slope * weights + 2 * _PRIOR_WEIGHT * change,
        )

    found = minimize(surprise, np.zeros(3), jac=True, method="L-BFGS-B", bounds=[(-5, 3)] * 3)
    return Blend(*(float(weight) for weight in usual * np.exp(found.x)))


def softmax(logits: Scores) -> Scores:
    """Scores to probabilities, row by row."""
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True), np.float32)
