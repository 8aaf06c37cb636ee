"""Ranking candidates by several views of them: a small logistic model, shipped and taught further.

Its answer is a calibrated probability that a candidate is what was asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_ROUNDS = 50
_STILL = 1e-8
# A feature that differs less between candidates tells nothing of them; none is as good as free.
_TOLD_APART = 1e-3
_MOVES_MIN = 0.02
_SCALE_MIN = 0.05
# Of one question so many right candidates are each compared with so many wrong ones: the first.
_RIGHT_MAX, _WRONG_MAX = 8, 24


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
    rows: Sequence[Floats], right: Sequence[Flags], prior: Ranker, *, strength: float = 30.0
) -> Ranker:
    """A ranker that puts the right candidates of these questions before the wrong ones.

    One array a question, its candidates in the order they had. Order is learned from pairs within a
    question, leaving `prior` only as far as they insist. Then everything is set so that scores are
    probabilities: scale, bias, and the features that are the same for all candidates of a question,
    which tell whether it has an answer at all; here questions without a right candidate count.
    strength: how many questions' worth the prior is.
    """
    if not rows:
        return prior
    start, every = np.array(prior.weights), np.concatenate(rows)
    told = _told_apart(rows)
    level = ~told & _told_apart([every])
    order = np.where(told, _ordered(rows, right, start, strength), 0.0)
    # What these questions never tell apart stays as it was, beside what they say.
    fixed = np.where(told | level, 0.0, start)
    found = _newton(
        np.column_stack([every @ order, every[:, level], np.ones(len(every))]),
        every @ fixed,
        np.concatenate(right).astype(np.float64),
        np.ones(len(every)),
        np.array([1.0, *start[level], prior.bias]),
        np.full(2 + int(level.sum()), strength / 10),
    )
    # An order that was learned is not turned round by setting its scale.
    weights = max(float(found[0]), _SCALE_MIN) * order + fixed
    weights[level] = found[1:-1]
    return Ranker(prior.features, tuple(weights.tolist()), float(found[-1]))


def _told_apart(rows: Sequence[Floats]) -> Flags:
    """Which features differ between candidates of one question."""
    widths = [each.max(axis=0) - each.min(axis=0) for each in rows if len(each)]
    return (
        np.asarray(np.max(widths, axis=0) > _TOLD_APART)
        if widths
        else np.zeros(rows[0].shape[1], bool)
    )


def _ordered(
    rows: Sequence[Floats], right: Sequence[Flags], start: Floats, strength: float
) -> Floats:
    pairs = [_pairs(each, flags) for each, flags in zip(rows, right, strict=True)]
    shares = np.concatenate([np.full(len(each), 1.0 / max(len(each), 1)) for each in pairs])
    columns = np.concatenate(pairs)
    if not len(columns):
        return start
    # Each is held by as much as it moves scores: features of small numbers may have large weights.
    spread = np.sqrt((columns**2 * shares[:, None]).sum(axis=0) / shares.sum())
    pull = strength * np.maximum(spread, _MOVES_MIN) ** 2
    nothing = np.zeros(len(columns))
    return _newton(columns, nothing, np.ones(len(columns)), shares, start, pull)


def _pairs(rows: Floats, right: Flags) -> Floats:
    """What each right candidate has more than each wrong one."""
    wanted, others = rows[right][:_RIGHT_MAX], rows[~right][:_WRONG_MAX]
    return (wanted[:, None, :] - others[None, :, :]).reshape(-1, rows.shape[1])


def _newton(
    columns: Floats, offset: Floats, right: Floats, shares: Floats, start: Floats, pull: Floats
) -> Floats:
    """Logistic regression, pulled towards where it starts. Convex, so a step that is too long is
    halved until it helps."""

    def loss(weights: Floats) -> float:
        value = columns @ weights + offset
        surprise = np.logaddexp(0, value) - right * value
        return float(shares @ surprise + 0.5 * pull @ (weights - start) ** 2)

    found, worth = start.copy(), loss(start)
    for _ in range(_ROUNDS):
        chance = sigmoid(columns @ found + offset)
        slope = columns.T @ (shares * (chance - right)) + pull * (found - start)
        bend = (columns * (shares * chance * (1 - chance))[:, None]).T @ columns + np.diag(pull)
        step = np.linalg.solve(bend, slope)
        while (now := loss(found - step)) > worth + 1e-12 and float(np.abs(step).max()) >= _STILL:
            step = step / 2
        if now > worth + 1e-12:
            break
        found, worth = found - step, now
        if float(np.abs(step).max()) < _STILL:
            break
    return found
