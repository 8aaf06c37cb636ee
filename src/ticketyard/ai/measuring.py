"""How good a classifier is: how often right, and whether its confidence can be believed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BINS = 15
STATED_ERRORS = (0.01, 0.02, 0.03, 0.05, 0.10)
"""The shares of wrong answers a desk may ask for; a threshold is worked out for each."""

CERTAINTY = 0.95
"""How sure a promised share of wrong answers is."""

MAX_CONFUSIONS = 50

Confidences = NDArray[np.floating]
Hits = NDArray[np.bool_]


@dataclass(frozen=True)
class Quality:
    """Figures on texts that were not learned from, all shares 0 to 1; JSON through `asdict`.

    calibration_error: mean distance between confidence and share right, over 15 bins (ECE).
    per_label: label to (share of its texts that were found, how many there were).
    precision: label to the share of its answers that were right; absent when never answered.
    thresholds: a stated share of wrong answers, two decimals ("0.03", "0.10"), to the confidence
      from which answers keep it, 19 times in 20; absent where these texts are too few or too hard
      to promise it.
    bins: (mean confidence, share right, texts) of each fifteenth of confidence that has texts.
    confusions: (right label, label answered, how often), the commonest 50.
    """

    texts: int
    accuracy: float
    calibration_error: float
    per_label: dict[str, tuple[float, int]]
    precision: dict[str, float]
    thresholds: dict[str, float]
    bins: list[tuple[float, float, int]]
    confusions: list[tuple[str, str, int]]


def measure(chances: Confidences, answers: NDArray[np.integer], labels: Sequence[str]) -> Quality:
    """Compare probabilities (texts, labels) with the right label numbers."""
    confidence = chances.max(axis=1)
    answered = chances.argmax(axis=1)
    right = answered == answers
    return Quality(
        texts=len(answers),
        accuracy=float(right.mean()),
        calibration_error=calibration_error(confidence, right),
        per_label={
            labels[number]: (float(right[inside].mean()), int(inside.sum()))
            for number, inside in _members(answers)
        },
        precision={
            labels[number]: float(right[inside].mean()) for number, inside in _members(answered)
        },
        thresholds=_thresholds(confidence, right),
        bins=calibration_bins(confidence, right),
        confusions=_confusions(answers[~right], answered[~right], labels),
    )


def calibration_error(confidence: Confidences, right: Hits, bins: int = BINS) -> float:
    """Expected calibration error over bins of equal width."""
    found = calibration_bins(confidence, right, bins)
    return sum(texts * abs(said - true) for said, true, texts in found) / max(1, len(confidence))


def calibration_bins(
    confidence: Confidences, right: Hits, bins: int = BINS
) -> list[tuple[float, float, int]]:
    """(mean confidence, share right, texts) of the bins that have texts, the least sure first."""
    places = np.minimum((confidence * bins).astype(int), bins - 1)
    return [
        (float(confidence[inside].mean()), float(right[inside].mean()), int(inside.sum()))
        for _, inside in _members(places)
    ]


def coverage_at(confidence: Confidences, right: Hits, error_share: float) -> tuple[float, float]:
    """The largest share of texts answered with at most this share wrong, and its threshold."""
    thresholds, answered, wrong = _by_threshold(confidence, right)
    allowed = np.flatnonzero(wrong / answered <= error_share)
    if not allowed.size:
        return 0.0, 1.0
    last = allowed[-1]
    return float(answered[last] / len(confidence)), float(thresholds[last])


def threshold_for(
    confidence: Confidences, right: Hits, error_share: float, *, certainty: float = CERTAINTY
) -> float | None:
    """The lowest confidence from which answers are wrong at most as often as stated.

    The share of wrong answers is taken at its upper bound, so that a lucky few promise nothing;
    None when no threshold can promise it.  Source: Clopper and Pearson 1934, one-sided.
    """
    from scipy.stats import beta

    thresholds, answered, wrong = _by_threshold(confidence, right)
    bound = beta.ppf(certainty, wrong + 1, np.maximum(answered - wrong, 1))
    allowed = np.flatnonzero((wrong < answered) & (bound <= error_share))
    return float(thresholds[allowed[-1]]) if allowed.size else None


def _by_threshold(
    confidence: Confidences, right: Hits
) -> tuple[Confidences, NDArray[np.integer], NDArray[np.integer]]:
    """Every confidence said, the highest first, with how many are answered from it on, and wrong.

    Texts of equal confidence are answered together or not at all.
    """
    order = np.argsort(-confidence, kind="stable")
    ranked = confidence[order]
    ends = np.flatnonzero(np.diff(ranked, append=-np.inf) < 0)
    return ranked[ends], ends + 1, np.cumsum(~right[order], dtype=np.int64)[ends]


def _members(numbers: NDArray[np.integer]) -> list[tuple[int, NDArray[np.bool_]]]:
    return [(int(number), numbers == number) for number in np.unique(numbers)]


def _thresholds(confidence: Confidences, right: Hits) -> dict[str, float]:
    found = {f"{stated:.2f}": threshold_for(confidence, right, stated) for stated in STATED_ERRORS}
    return {stated: threshold for stated, threshold in found.items() if threshold is not None}


def _confusions(
    wanted: NDArray[np.integer], answered: NDArray[np.integer], labels: Sequence[str]
) -> list[tuple[str, str, int]]:
    pairs, counts = np.unique(np.stack([wanted, answered]), axis=1, return_counts=True)
    commonest = np.argsort(-counts, kind="stable")[:MAX_CONFUSIONS]
    return [
        (labels[pairs[0, place]], labels[pairs[1, place]], int(counts[place]))
        for place in commonest
    ]
