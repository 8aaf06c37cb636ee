"""Labels by likeness to their own names and descriptions: for lists nobody gave examples of."""

from collections.abc import Mapping, Sequence

from ticketyard.ai.blending import softmax
from ticketyard.ai.embedding import Embedder

# Likeness to probability: on the label names of Banking77 the calibration error is 0.03 at 18.
_SHARPNESS = 18.0
MAX_CONFIDENCE = 0.8


def rank_by_description(
    texts: Sequence[str], descriptions: Mapping[str, str], embedder: Embedder
) -> list[list[tuple[str, float]]]:
    """For each text every label with its probability, the likeliest first; [] without vectors.

    descriptions: label to the words that describe it, its name included.
    """
    if not embedder.dimensions or not descriptions or not texts:
        return [[] for _ in texts]
    labels = list(descriptions)
    likeness = embedder.embed(texts) @ embedder.embed(list(descriptions.values())).T
    chances = softmax(_SHARPNESS * likeness)
    return [
        sorted(
            (
                (label, round(min(MAX_CONFIDENCE, float(chance)), 3))
                for label, chance in zip(labels, row, strict=True)
            ),
            key=lambda item: -item[1],
        )
        for row in chances
    ]
