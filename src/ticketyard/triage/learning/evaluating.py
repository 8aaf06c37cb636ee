"""How well a company's triage would file texts whose category is known."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ticketyard.ai.embedding import Embedder
from ticketyard.ai.measuring import calibration_error, coverage_at
from ticketyard.ai.near_copies import plain
from ticketyard.triage.engine import analyse
from ticketyard.triage.findings import Findings, Profile
from ticketyard.triage.learning.examples import Example, digest_of
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
class Figures:
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


@dataclass(frozen=True)
class Evaluation(Figures):
    """The figures of all texts, and what they are worth.

    taught: texts the model in use was taught, or a copy of which; what it says of these shows nothing.
    untaught: the figures of all others; None where there are none.
    unknown: texts whose label is none of the company's, so that no answer to them is right.
    """

    engines: tuple[str, ...]
    labels: tuple[LabelResult, ...]
    taught: int
    untaught: Figures | None
    unknown: int
    unknown_labels: tuple[str, ...]


def evaluate(
    examples: Sequence[Example],
    profile: Profile,
    embedder: Embedder,
    *,
    taught: Collection[int] = (),
) -> Evaluation:
    """Analyse every text as a ticket's and compare. There must be at least one example.

    taught: places of those the model was taught.
    """
    found = list(_analyses(examples, profile, embedder))
    wanted = [example.label.casefold() for example in examples]
    right = np.array(
        [(each.category or "").casefold() == label
         for each, label in zip(found, wanted, strict=True)]
    )  # fmt: skip
    others = [place for place in range(len(examples)) if place not in taught]
    known = {name.casefold() for name in profile.categories}
    strangers = [label for label in wanted if label not in known]
    everything = _figures(found, right, range(len(examples)))
    return Evaluation(
        **vars(everything),
        engines=tuple(sorted({each.engine for each in found})),
        labels=_by_label(examples, right.tolist()),
        taught=len(examples) - len(others),
        untaught=_figures(found, right, others) if others else None,
        unknown=len(strangers),
        unknown_labels=tuple(
            sorted({each.label for each in examples if each.label.casefold() not in known})
        ),
    )


def taught_places(
    examples: Sequence[Example],
    labels: Sequence[str],
    learned: Collection[bytes],
    texts: Collection[str],
) -> frozenset[int]:
    """Pure: which of the examples a model was taught, under whatever label.

    labels, learned: the model's, by their first names, and the digests of all it was taught.
    texts: those of them that are still kept, of which copies are found, too.
    """
    words = {plain(text) or text for text in texts}
    return frozenset(
        place
        for place, each in enumerate(examples)
        if (plain(each.text) or each.text) in words
        or any(digest_of(each.text, label) in learned for label in labels)
    )


def _figures(
    found: Sequence[Findings], rights: NDArray[np.bool_], places: Sequence[int]
) -> Figures:
    at = list(places)
    right = rights[at]
    confidence = np.array([found[place].category_confidence for place in at])
    sure = np.array([found[place].is_sure for place in at])
    coverage, threshold = coverage_at(confidence, right, PROMISED_ERROR)
    return Figures(
        texts=len(at),
        accuracy=float(right.mean()),
        calibration_error=calibration_error(confidence, right),
        filled_in=float(sure.mean()),
        wrong_filled_in=float((~right[sure]).mean()) if sure.any() else 0.0,
        coverage=coverage,
        coverage_threshold=threshold,
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
