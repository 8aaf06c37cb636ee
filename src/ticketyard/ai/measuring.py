"""How good a classifier is: how often right, and whether its confidence can be believed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BINS = 15


@dataclass(frozen=True)
class Quality:
    """Figures on texts that were not learned from, all 0 to 1.

    calibration_error: mean distance between confidence and share right, over 15 bins (ECE).
    per_label: label to (share of its texts that were found, how many there were).
    """

    texts: int
    accuracy: float
    calibration_error: float
    per_label: dict[str, tuple[float, int]]


def measure(
    chances: NDArray[np.floating], answers: NDArray[np.integer], labels: Sequence[str]
) -> Quality:
    """Compare probabilities (texts, labels) with the right label numbers."""
    confidence = chances.max(axis=1)
    right = chances.argmax(axis=1) == answers
    per_label = {
        label: (float(right[answers == number].mean()), int((answers == number).sum()))
        for number, label in enumerate(labels)
        if (answers == number).any()
    }
    return Quality(
        texts=len(answers),
        accuracy=float(right.mean()),
        calibration_error=calibration_error(confidence, right),
        per_label=per_label,
    )


def calibration_error(
    confidence: NDArray[np.floating], right: NDArray[np.bool_], bins: int = BINS
) -> float:
    """Expected calibration error over bins of equal width."""
    places = np.minimum((confidence * bins).astype(int), bins - 1)
    error = 0.0
    for place in np.unique(places):
        inside = places == place
        error += inside.mean() * abs(confidence[inside].mean() - right[inside].mean())
    return float(error)


def coverage_at(
    confidence: NDArray[np.floating], right: NDArray[np.bool_], error_share: float
) -> tuple[float, float]:
    """The largest share of texts answered with at most this share wrong, and its threshold."""
    order = np.argsort(-confidence, kind="stable")
    wrong = np.cumsum(~right[order]) / np.arange(1, len(order) + 1)
    allowed = np.flatnonzero(wrong <= error_share)
    if not allowed.size:
        return 0.0, 1.0
    last = int(allowed[-1])
    return (last + 1) / len(order), float(confidence[order[last]])
