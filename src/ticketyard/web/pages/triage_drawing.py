"""Pure: the calibration curve and the confusion matrix, as shapes for a template to draw."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SIDE = 260.0
MATRIX_MAX = 15
# Shades of the matrix, and up to which share of its row each one goes.
_SHADES = (0.05, 0.15, 0.3, 0.5, 0.75)


@dataclass(frozen=True)
class Mark:
    """A point of the curve with how far it can be trusted. size: by how many were judged."""

    x: float
    y: float
    top: float
    bottom: float
    size: float
    words: str


def draw_marks(
    points: Iterable[tuple[float, float, float, float, int]], words: str = ""
) -> list[Mark]:
    """(confidence, share right, low, high, how many) each as a mark in a square of SIDE.

    words: what a mark says, with {confidence}, {right} and {of}.
    """
    given = list(points)
    most = max((of for *_, of in given), default=0) or 1
    return [
        Mark(
            x=round(confidence * SIDE, 1),
            y=_height(right),
            top=_height(high),
            bottom=_height(low),
            size=round(2.5 + 4.5 * (of / most) ** 0.5, 1),
            words=words.format(confidence=f"{confidence:.0%}", right=f"{right:.0%}", of=of),
        )
        for confidence, right, low, high, of in given
    ]


def draw_line(points: Iterable[tuple[float, float]]) -> str:
    """(confidence, share right) as the path of a line."""
    steps = [f"{confidence * SIDE:.1f} {_height(right)}" for confidence, right in sorted(points)]
    return "M" + "L".join(steps) if len(steps) > 1 else ""


def _height(share: float) -> float:
    return round((1 - share) * SIDE, 1)


@dataclass(frozen=True)
class Cell:
    """How often `found` was proposed where `right` is right. shade: 0 to 5, by share of the row."""

    count: int
    shade: int
    is_right: bool


@dataclass(frozen=True)
class MatrixRow:
    label: str
    cells: list[Cell]
    of: int


def draw_matrix(judged: Sequence[tuple[str, str, int]]) -> list[MatrixRow]:
    """(proposed, right, how often) as rows of what is right and columns of what was proposed, the
    commonest first; nothing for more categories than a reader takes in, or fewer than two."""
    counts = Counter[tuple[str, str]]()
    for found, right, count in judged:
        counts[right, found] += count
    weight = Counter[str]()
    for (right, found), count in counts.items():
        weight[right] += count
        weight[found] += 0
    labels = sorted(weight, key=lambda label: (-weight[label], label))
    if not 2 <= len(labels) <= MATRIX_MAX:
        return []
    return [
        MatrixRow(
            label=right,
            cells=[
                Cell(
                    count=counts[right, found],
                    shade=_shade(counts[right, found], weight[right]),
                    is_right=right == found,
                )
                for found in labels
            ],
            of=weight[right],
        )
        for right in labels
    ]


def _shade(count: int, of: int) -> int:
    if not count:
        return 0
    return 1 + sum(count / of > mark for mark in _SHADES[1:])
