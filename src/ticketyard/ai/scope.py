"""Whether a text is about anything the model was taught."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STRANGE_SHARE = 0.05
"""The share of texts with a label that may be taken for strange, so that strange ones are found."""

_RANKS = 201

Column = NDArray[np.float32]


@dataclass(frozen=True)
class Scope:
    """How sure and how familiar texts with a label were when the model had not seen them.

    margin_spread, familiarity_spread: make the two comparable.  ranks: their sum at even shares
    of those texts, ascending.
    """

    margin_spread: float
    familiarity_spread: float
    ranks: Column

    def judge(self, margins: Column, familiarity: Column) -> Column:
        """For each text the share of texts with a label that look stranger, 0 to 1.

        margins: the linear model's highest score of each text.
        """
        shares = np.linspace(0, 1, len(self.ranks))
        return np.asarray(np.interp(self._score(margins, familiarity), self.ranks, shares))

    def _score(self, margins: Column, familiarity: Column) -> Column:
        return np.asarray(
            margins / self.margin_spread + familiarity / self.familiarity_spread, np.float32
        )


def learn_scope(margins: Column, familiarity: Column) -> Scope:
    """From texts with a label, each held out once."""
    spreads = [max(float(np.std(values)), 1e-3) for values in (margins, familiarity)]
    scope = Scope(spreads[0], spreads[1], np.zeros(2, np.float32))
    score = scope._score(margins, familiarity)
    ranks = np.quantile(score, np.linspace(0, 1, _RANKS)).astype(np.float32)
    return Scope(spreads[0], spreads[1], ranks)
