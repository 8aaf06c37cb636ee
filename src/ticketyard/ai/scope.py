"""Whether a text is about anything the model was taught."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STRANGE_SHARE = 0.05
"""The share of texts with a label that may be taken for strange, so that strange ones are found."""

_RANKS = 201
# Examples made after one pattern look alike as tickets never do.
_LEAST_MARGIN_SPREAD, _LEAST_FAMILIARITY_SPREAD = 0.25, 0.05
_DOUBT = 4.0

Column = NDArray[np.floating]


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
    from scipy.stats import norm

    margin_spread = max(float(np.std(margins)), _LEAST_MARGIN_SPREAD)
    familiarity_spread = max(float(np.std(familiarity)), _LEAST_FAMILIARITY_SPREAD)
    unranked = Scope(margin_spread, familiarity_spread, np.zeros(2, np.float32))
    # A few texts do not show how strange the next may be: the fewer, the wider each one counts.
    around = norm.ppf(np.linspace(0.02, 0.98, 25)) * _DOUBT / np.sqrt(len(margins))
    scores = unranked._score(margins, familiarity)[:, None] + around
    ranks = np.quantile(scores, np.linspace(0, 1, _RANKS)).astype(np.float32)
    return Scope(margin_spread, familiarity_spread, ranks)
