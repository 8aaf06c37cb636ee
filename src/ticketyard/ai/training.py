"""Teaching a classifier from labelled texts; the only file that needs scikit-learn."""

import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ticketyard.ai.classifying import (
    Blend,
    Classifier,
    Scores,
    blended,
    softmax,
)
from ticketyard.ai.embedding import Embedder, Vectors
from ticketyard.ai.measuring import Quality, measure
from ticketyard.ai.ngrams import NgramIndex, SparseRow, learn_terms

FOLDS = 4
MIN_LABELS = 2
MAX_NEIGHBOURS = 20_000
"""Examples kept for nearness; more of them would cost memory and no longer help."""

_PENALTY = 0.5
"""The linear model's C: smaller forgives more. Steady between 0.3 and 1 on every set tried."""

_MANY_EXAMPLES = 20
# With few examples a class the embedding knows more than the n-grams, with many it is even.
_GAIN_FEW, _GAIN_MANY = 4.0, 2.0
# The blend before any evidence, and how many wrong guesses' worth of evidence it stands for.
_USUAL = Blend(margin=1.5, nearest=8.0, centre=6.0)
_PRIOR_WEIGHT = 2.0

Tell = Callable[[str, float], None]


class CannotLearn(Exception):
    """The examples are too few or all alike; the message says which."""


class Views(NamedTuple):
    """The classifier's three opinions, each (texts, labels)."""

    margins: Scores
    near: Scores
    central: Scores


@dataclass(frozen=True)
class Lesson:
    """A taught classifier, and how good it was on texts it had not seen (out of fold)."""

    classifier: Classifier
    quality: Quality


def train(
    texts: Sequence[str],
    labels: Sequence[str],
    embedder: Embedder,
    *,
    descriptions: Mapping[str, str] | None = None,
    tell: Tell | None = None,
) -> Lesson:
    """Teach a classifier; its confidence is set on texts each held out once.

    descriptions: what a label means in words; without one its own name counts as an example.
    tell: is called with a stage's name and the share done, 0 to 1.
    Raises CannotLearn.
    """
    tell = tell or (lambda stage, share: None)
    known = _known_labels(texts, labels)
    hints = [_readable(label, descriptions or {}) for label in known]
    every_text = [*texts, *hints]
    answers = np.array([known.index(label) for label in labels] + list(range(len(known))))

    tell("reading", 0.0)
    vectors = embedder.embed(every_text)
    tell("learning", 0.3)
    views = _held_out_views(every_text, vectors, answers, len(known), tell)
    held_out = answers[: len(texts)]
    blend = _fit_blend(views, held_out)
    chances = softmax(blended(blend, *views))
    tell("finishing", 0.9)
    classifier = _fit(every_text, vectors, answers, known, embedder.name, blend)
    tell("done", 1.0)
    return Lesson(classifier, measure(chances, held_out, known))


def _known_labels(texts: Sequence[str], labels: Sequence[str]) -> tuple[str, ...]:
    if len(texts) != len(labels):
        raise CannotLearn("Every text needs one label.")
    known = tuple(sorted(set(labels)))
    if len(known) < MIN_LABELS:
        raise CannotLearn("The examples need at least two different labels.")
    return known


def _readable(label: str, descriptions: Mapping[str, str]) -> str:
    name = label.replace("_", " ").replace("-", " ")
    return f"{name}. {descriptions[label]}" if descriptions.get(label) else name


def _held_out_views(
    texts: Sequence[str],
    vectors: Vectors,
    answers: NDArray[np.int64],
    labels: int,
    tell: Tell,
) -> Views:
    """Every real text seen by a model that was not taught it. The last texts are the hints."""
    real = len(texts) - labels
    views = Views(*(np.zeros((real, labels), np.float32) for _ in Views._fields))
    folds = _folds(answers, labels)
    numbers = tuple(map(str, range(labels)))
    for fold in range(FOLDS):
        taught, asked = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        if asked.size:
            known = [texts[int(place)] for place in taught]
            model = _fit(known, vectors[taught], answers[taught], numbers, "", _USUAL)
            rows = [model.index.row(texts[int(place)]) for place in asked]
            views.margins[asked] = model.margins(rows, vectors[asked])
            views.near[asked] = model.nearness(vectors[asked])
            views.central[asked] = vectors[asked] @ model.centres.T
        tell("checking", 0.3 + 0.6 * (fold + 1) / FOLDS)
    return views


def _folds(answers: NDArray[np.int64], labels: int) -> NDArray[np.int64]:
    """Spread each label's texts over the folds. The hints at the end are always taught."""
    order = np.random.default_rng(0).permutation(len(answers) - labels)
    folds = np.full(len(answers), FOLDS)
    seen: Counter[int] = Counter()
    for index in order:
        # The start differs by label, so that labels of one text do not all fall into one fold.
        folds[index] = (seen[answers[index]] + answers[index]) % FOLDS
        seen[answers[index]] += 1
    return folds


def _fit(
    texts: Sequence[str],
    vectors: Vectors,
    answers: NDArray[np.int64],
    labels: tuple[str, ...],
    embedder_name: str,
    blend: Blend,
) -> Classifier:
    index = learn_terms(texts)
    gain = _GAIN_MANY if len(texts) >= _MANY_EXAMPLES * len(labels) else _GAIN_FEW
    weights, offsets = _linear(index, texts, vectors * gain, answers, len(labels))
    examples, starts = _examples(vectors, answers, len(labels))
    return Classifier(
        labels=labels,
        index=index,
        weights=weights,
        offsets=offsets,
        examples=examples,
        example_starts=starts,
        centres=_centres(vectors, answers, len(labels)),
        blend=blend,
        embedding_gain=gain,
        embedder_name=embedder_name,
    )


def _linear(
    index: NgramIndex,
    texts: Sequence[str],
    vectors: Vectors,
    answers: NDArray[np.int64],
    labels: int,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    # scikit-learn and scipy cost a second and 130 MB: only who trains pays.
    from scipy.sparse import csr_matrix, hstack
    from sklearn.svm import LinearSVC

    sparse = _matrix([index.row(text) for text in texts], len(index.numbers), csr_matrix)
    features = hstack([sparse, csr_matrix(vectors)]).tocsr()
    model = LinearSVC(C=_PENALTY, dual=True, tol=1e-3, max_iter=5000, random_state=0)
    with warnings.catch_warnings():
        # Few examples of many labels are meant here; the library takes them for a mistake.
        warnings.filterwarnings("ignore", message="The number of unique classes")
        model.fit(features, answers)
    weights, offsets = model.coef_.T, model.intercept_
    if labels == MIN_LABELS:
        # Of two labels the library scores only the second.
        weights, offsets = np.hstack([-weights, weights]), np.array([-offsets[0], offsets[0]])
    return weights.astype(np.float32), offsets.astype(np.float32)


def _matrix(rows: Sequence[SparseRow], terms: int, csr_matrix: Callable[..., object]) -> object:
    ends = np.cumsum([0, *(len(row.terms) for row in rows)])
    columns = np.concatenate([row.terms for row in rows])
    values = np.concatenate([row.values for row in rows])
    return csr_matrix((values, columns, ends), shape=(len(rows), terms))


def _examples(
    vectors: Vectors, answers: NDArray[np.int64], labels: int
) -> tuple[Vectors, NDArray[np.int64]]:
    """Example vectors in runs by label; of very many, as many of each label as there is room."""
    room = max(1, MAX_NEIGHBOURS // labels)
    runs = [np.flatnonzero(answers == label) for label in range(labels)]
    if len(answers) > MAX_NEIGHBOURS:
        runs = [run[:: -(-len(run) // room)] for run in runs]
    starts = np.cumsum([0, *(len(run) for run in runs[:-1])])
    return vectors[np.concatenate(runs)], starts


def _centres(vectors: Vectors, answers: NDArray[np.int64], labels: int) -> Vectors:
    centres = np.stack([vectors[answers == label].mean(axis=0) for label in range(labels)])
    lengths = np.linalg.norm(centres, axis=1, keepdims=True)
    return np.asarray(centres / np.maximum(lengths, 1e-9), np.float32)


def _fit_blend(views: Views, answers: NDArray[np.int64]) -> Blend:
    """The weights under which the right answers were least surprising; this sets the confidence.

    A pull towards the usual weights keeps a handful of easy examples from claiming certainty.
    """
    from scipy.optimize import minimize

    usual = np.array([_USUAL.margin, _USUAL.nearest, _USUAL.centre])
    right = np.arange(len(answers)), answers

    def surprise(change: NDArray[np.float64]) -> float:
        logits = blended(Blend(*(usual * np.exp(change))), *views)
        top = logits.max(axis=1)
        total = top + np.log(np.exp(logits - top[:, None]).sum(axis=1))
        return float((total - logits[right]).sum() + _PRIOR_WEIGHT * (change**2).sum())

    found = minimize(surprise, np.zeros(3), method="Nelder-Mead", options={"maxiter": 200})
    margin, nearest, centre = usual * np.exp(found.x)
    return Blend(float(margin), float(nearest), float(centre))
