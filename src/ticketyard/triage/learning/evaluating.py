"""How well a company's triage would file texts whose category is known."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ticketyard.ai.embedding import Embedder
from ticketyard.ai.measuring import calibration_error, coverage_at
from ticketyard.triage.engine import analyse
from ticketyard.triage.findings import Findings, Profile
from ticketyard.triage.learning.examples import Example
from ticketyard.triage.preparing import TicketText

PROMISED_ERROR = 0.03
_BATCH = 256


@dataclass(frozen=True)
class LabelResult:
    """One category: how many texts it has, how many of them were found."""

    label: str
    texts: int
    found: int


@dataclass(frozen=True)
class Evaluation:
    """All shares 0 to 1.

    filled_in: share of texts whose category is sure enough to be filled in; wrong_filled_in: the
    share of these that is wrong.  coverage: share that could be filled in at 3 % wrong.
    """

    texts: int
    accuracy: float
    calibration_error: float
    filled_in: float
    wrong_filled_in: float
    coverage: float
    coverage_threshold: float
    engines: tuple[str, ...]
    labels: tuple[LabelResult, ...]


def evaluate(examples: Sequence[Example], profile: Profile, embedder: Embedder) -> Evaluation:
    """Analyse every text as a ticket's and compare. There must be at least one example."""
    found = list(_analyses(examples, profile, embedder))
    wanted = [example.label.casefold() for example in examples]
    right = np.array(
        [(each.category or "").casefold() == label
         for each, label in zip(found, wanted, strict=True)]
    )  # fmt: skip
    confidence = np.array([each.category_confidence for each in found])
    sure = np.array([each.is_sure for each in found])
    coverage, threshold = coverage_at(confidence, right, PROMISED_ERROR)
    return Evaluation(
        texts=len(examples),
        accuracy=float(right.mean()),
        calibration_error=calibration_error(confidence, right),
        filled_in=float(sure.mean()),
        wrong_filled_in=float((~right[sure]).mean()) if sure.any() else 0.0,
        coverage=coverage,
        coverage_threshold=threshold,
        engines=tuple(sorted({each.engine for each in found})),
        labels=_by_label(examples, right.tolist()),
    )


def _analyses(
    examples: Sequence[Example], profile: Profile, embedder: Embedder
) -> Iterator[Findings]:
    for start in range(0, len(examples), _BATCH):
        batch = examples[start : start + _BATCH]
        texts = [TicketText(place, example.text, "") for place, example in enumerate(batch)]
        yield from analyse(texts, profile, embedder)


def _by_label(examples: Sequence[Example], right: Sequence[bool]) -> tuple[LabelResult, ...]:
    """The worst found first."""
    labels: dict[str, list[bool]] = {}
    for example, is_right in zip(examples, right, strict=True):
        labels.setdefault(example.label, []).append(is_right)
    results = [LabelResult(label, len(rows), sum(rows)) for label, rows in labels.items()]
    return tuple(sorted(results, key=lambda result: result.found / result.texts))
