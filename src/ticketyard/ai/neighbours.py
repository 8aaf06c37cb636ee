"""What a model remembers by example: how near a text is to the texts each label was taught with."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ticketyard.ai.embedding import Vectors

SHARPNESS = 30.0
"""How much the nearest examples outweigh the others. Steady between 20 and 40."""

FAMILIAR = 5
"""How many neighbours make a text familiar: one alone may be a stranger itself."""


@dataclass(frozen=True)
class Neighbours:
    """Example vectors sorted by label, seen from the middle of all of them.

    What all texts of a desk have in common tells no two labels apart, so the middle is taken off.
    starts: where each label's run of examples begins; none is empty.
    trust: 1 for an example people labelled, less for one that was labelled by its likeness.
    """

    middle: NDArray[np.float32]
    examples: Vectors
    starts: NDArray[np.int64]
    trust: NDArray[np.float32]

    def look(self, vectors: Vectors) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Kinship with each label (texts, labels), and the mean likeness of the five nearest."""
        if not vectors.shape[1]:
            nothing = np.zeros((len(vectors), len(self.starts)), np.float32)
            return nothing, nothing[:, 0]
        likeness = seen_from(self.middle, vectors) @ self.examples.T
        nearest = np.partition(likeness, -min(FAMILIAR, likeness.shape[1]), axis=1)
        familiarity = nearest[:, -min(FAMILIAR, likeness.shape[1]) :].mean(axis=1)
        warmth = np.exp(SHARPNESS * (likeness - 1)) * self.trust
        kinship = np.log(np.add.reduceat(warmth, self.starts, axis=1) + 1e-20) / SHARPNESS
        return np.asarray(kinship, np.float32), np.asarray(familiarity, np.float32)


def seen_from(middle: NDArray[np.float32], vectors: Vectors) -> Vectors:
    """The vectors' directions as seen from the middle, each of length one."""
    apart = vectors - middle
    lengths = np.linalg.norm(apart, axis=1, keepdims=True)
    return np.asarray(apart / np.maximum(lengths, 1e-9), np.float32)
