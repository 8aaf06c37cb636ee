"""Teaching a classifier from labelled texts; the only file that needs scikit-learn."""

import threading
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ticketyard.ai.blending import USUAL, Blend, Scores, Views, fit_blend
from ticketyard.ai.classifying import Classifier
from ticketyard.ai.embedding import Embedder, Vectors
from ticketyard.ai.measuring import Quality, measure
from ticketyard.ai.neighbours import Neighbours, seen_from
from ticketyard.ai.ngrams import NgramIndex, SparseRow, learn_terms
from ticketyard.ai.scope import Scope, learn_scope
from ticketyard.ai.spreading import Likeness

MIN_LABELS = 2
MAX_NEIGHBOURS = 20_000
"""Examples kept for nearness; more of them would cost memory and no longer help."""

MAX_UNLABELLED = 10_000
ENOUGH_EXAMPLES = 60
"""With so many examples a label, unlabelled texts have nothing to add."""

_LEARNED_FROM_GUESSES = 4_000
"""Guessed labels the linear model learns from, the surest; all of them count as neighbours."""

_PENALTY = 0.5
"""The linear model's C: smaller forgives more. Steady between 0.3 and 1 on every set tried."""

_MANY_EXAMPLES = 20
# With few examples a class the embedding knows more than the n-grams, with many it is even.
_GAIN_FEW, _GAIN_MANY = 4.0, 2.0
# Few examples miss each one that is held out, so that fewer are held out at a time.
_FOLDS_FEW, _FOLDS_MANY = 5, 3
# With few examples the whole model is better than those it is judged by, that had a fifth fewer.
_WHOLE = 1.06
# Where nothing can be held out: labels handed on make the views sharper than they are right.
_UNSEEN, _UNSEEN_WITH_GUESSES = 1.1, 0.9
# The linear model lets other threads run while it learns: one counts words, one learns.
_TAUGHT_AT_ONCE = 2
# The solver draws its order from one sequence for the whole process: two that learn at once would
# take each other's numbers, and the same examples would not make the same model.
_LEARNING = threading.Lock()

Tell = Callable[[str, float], None]


class CannotLearn(Exception):
    """The examples are too few or all alike; the message says which."""


@dataclass(frozen=True)
class Lesson:
    """A taught classifier, and how good it was on texts it had not seen (out of fold)."""

    classifier: Classifier
    quality: Quality


@dataclass(frozen=True)
class Material:
    """All there is to learn from: labelled texts, then one hint a label, then unlabelled texts.

    answers: label numbers, -1 for the unlabelled.  hints: where the hints begin.
    """

    texts: list[str]
    vectors: Vectors
    answers: NDArray[np.int64]
    labels: tuple[str, ...]
    hints: int
    embedder_name: str

    @property
    def has_many(self) -> bool:
        return self.hints >= _MANY_EXAMPLES * len(self.labels)

    @property
    def gain(self) -> float:
        return _GAIN_MANY if self.has_many else _GAIN_FEW

    @property
    def labelled(self) -> int:
        return self.hints + len(self.labels)


@dataclass(frozen=True)
class HeldOut:
    """What models said of texts they were not taught."""

    views: Views
    familiarity: Scores
    was_met: NDArray[np.bool_]
    """Whether the model had another example of the right label, not just its name."""


@contextmanager
def _without_warnings() -> Iterator[None]:
    """Around whole lessons: threads that each put the filters back would mix them up."""
    with warnings.catch_warnings():
        # Few examples of many labels are meant here; the library takes them for a mistake.
        warnings.filterwarnings("ignore", message="The number of unique classes")
        yield


@_without_warnings()
def train(
    texts: Sequence[str],
    labels: Sequence[str],
    embedder: Embedder,
    *,
    descriptions: Mapping[str, str] | None = None,
    unlabelled: Sequence[str] = (),
    tell: Tell | None = None,
) -> Lesson:
    """Teach a classifier; its confidence is set on texts each held out once.

    descriptions: what a label means in words; without one its own name counts as an example.
    unlabelled: the desk's other texts; where examples are few they lend labels to one another.
    tell: is called with a stage's name and the share done, 0 to 1.
    Raises CannotLearn.
    """
    tell = tell or (lambda stage, share: None)
    known = _known_labels(texts, labels)
    tell("reading", 0.0)
    material = _gather(texts, labels, known, embedder, descriptions or {}, unlabelled)
    likeness = _likeness(material)
    tell("learning", 0.3)
    # Imported before there are threads that could import it at once.
    import sklearn.svm  # noqa: F401

    taught = np.ones(len(material.texts), bool)
    with ThreadPoolExecutor(_TAUGHT_AT_ONCE) as threads:
        whole = threads.submit(_fit, material, taught, likeness, USUAL, _NO_SCOPE, material.gain)
        held_out = _hold_out(material, likeness, threads, tell)
    answers = material.answers[: material.hints]
    blend = _blend(held_out, material, likeness)
    chances = blend.chances(held_out.views)
    scope = learn_scope(held_out.views.margins.max(axis=1), held_out.familiarity)
    tell("finishing", 0.9)
    classifier = replace(whole.result(), blend=blend, scope=scope)
    tell("done", 1.0)
    return Lesson(classifier, measure(chances, answers, known))


@_without_warnings()
def refit(
    before: Classifier,
    texts: Sequence[str],
    labels: Sequence[str],
    embedder: Embedder,
    *,
    descriptions: Mapping[str, str] | None = None,
    unlabelled: Sequence[str] = (),
) -> Classifier:
    """Teach other examples of the same desk at a quarter of the cost.

    How confidence follows from what the model sees, which only held-out texts can show, is taken
    over from `before`.  Raises CannotLearn.
    """
    known = _known_labels(texts, labels)
    material = _gather(texts, labels, known, embedder, descriptions or {}, unlabelled)
    taught = np.ones(len(material.texts), bool)
    likeness = _likeness(material)
    return _fit(material, taught, likeness, before.blend, before.scope, before.embedding_gain)


def _known_labels(texts: Sequence[str], labels: Sequence[str]) -> tuple[str, ...]:
    if len(texts) != len(labels):
        raise CannotLearn("Every text needs one label.")
    known = tuple(sorted(set(labels)))
    if len(known) < MIN_LABELS:
        raise CannotLearn("The examples need at least two different labels.")
    return known


def _gather(
    texts: Sequence[str],
    labels: Sequence[str],
    known: tuple[str, ...],
    embedder: Embedder,
    descriptions: Mapping[str, str],
    unlabelled: Sequence[str],
) -> Material:
    numbers = {label: number for number, label in enumerate(known)}
    if not embedder.dimensions or len(texts) >= ENOUGH_EXAMPLES * len(known):
        unlabelled = ()
    others = list(unlabelled)[:: -(-len(unlabelled) // MAX_UNLABELLED) or 1]
    every_text = [*texts, *(_readable(label, descriptions) for label in known), *others]
    answers = [*(numbers[label] for label in labels), *range(len(known)), *[-1] * len(others)]
    return Material(
        texts=every_text,
        vectors=embedder.embed(every_text),
        answers=np.array(answers),
        labels=known,
        hints=len(texts),
        embedder_name=embedder.name,
    )


def _readable(label: str, descriptions: Mapping[str, str]) -> str:
    name = label.replace("_", " ").replace("-", " ")
    return f"{name}. {descriptions[label]}" if descriptions.get(label) else name


def _likeness(material: Material) -> Likeness | None:
    return Likeness(material.vectors) if len(material.texts) > material.labelled else None


def _hold_out(
    material: Material, likeness: Likeness | None, threads: ThreadPoolExecutor, tell: Tell
) -> HeldOut:
    """Every labelled text seen by a model that was not taught it. Hints are always taught."""
    texts, labels = material.hints, len(material.labels)
    answers = material.answers[:texts]
    held_out = HeldOut(
        Views(*(np.zeros((texts, labels), np.float32) for _ in Views._fields)),
        np.zeros(texts, np.float32),
        np.zeros(texts, bool),
    )
    count = _FOLDS_MANY if material.has_many else _FOLDS_FEW
    folds = _folds(answers, count)

    def look(fold: int) -> None:
        asked = np.flatnonzero(folds == fold)
        if not asked.size:
            return
        taught = np.ones(len(material.texts), bool)
        taught[asked] = False
        model = _fit(material, taught, likeness, USUAL, _NO_SCOPE, material.gain)
        rows = [model.index.row(material.texts[int(place)]) for place in asked]
        views, held_out.familiarity[asked] = model.views(rows, material.vectors[asked])
        for kept, view in zip(held_out.views, views, strict=True):
            kept[asked] = view
        held_out.was_met[asked] = np.isin(answers[asked], answers[folds != fold])

    for done, _ in enumerate(threads.map(look, range(count)), 1):
        tell("checking", 0.3 + 0.6 * done / count)
    return held_out


_NO_SCOPE = Scope(1.0, 1.0, np.array([0.0, 1.0], np.float32))


def _folds(answers: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Spread each label's texts over the folds."""
    folds = np.zeros(len(answers), np.int64)
    seen: Counter[int] = Counter()
    for index in np.random.default_rng(0).permutation(len(answers)):
        # The start differs by label, so that labels of one text do not all fall into one fold.
        folds[index] = (seen[answers[index]] + answers[index]) % count
        seen[answers[index]] += 1
    return folds


def _blend(held_out: HeldOut, material: Material, likeness: Likeness | None) -> Blend:
    """A label's only example, held out, says nothing of a model that has it: it is left out."""
    told = np.flatnonzero(held_out.was_met)
    if not told.size:
        return USUAL.sharper(_UNSEEN if likeness is None else _UNSEEN_WITH_GUESSES)
    answers = material.answers[: material.hints]
    blend = fit_blend(Views(*(view[told] for view in held_out.views)), answers[told])
    return blend if material.has_many else blend.sharper(_WHOLE)


def _fit(
    material: Material,
    taught: NDArray[np.bool_],
    likeness: Likeness | None,
    blend: Blend,
    scope: Scope,
    gain: float,
) -> Classifier:
    labels = len(material.labels)
    answers, trust = _with_guesses(material, taught, likeness)
    learned = _learned(answers, trust, material)
    texts = [material.texts[int(place)] for place in learned]
    index = learn_terms(texts)
    weights, offsets = _linear(
        index, texts, material.vectors[learned] * gain, answers[learned], trust[learned], labels
    )
    return Classifier(
        labels=material.labels,
        index=index,
        weights=weights,
        offsets=offsets,
        neighbours=_neighbours(material, answers, trust),
        centres=_centres(material.vectors, answers, trust, labels),
        blend=blend,
        scope=scope,
        embedding_gain=gain,
        embedder_name=material.embedder_name,
    )


def _with_guesses(
    material: Material, taught: NDArray[np.bool_], likeness: Likeness | None
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Each text's label and the trust in it: 1 when taught, 0 when held out or not reached."""
    answers = np.where(taught, material.answers, -1)
    trust = (answers >= 0).astype(np.float32)
    if likeness is None:
        return answers, trust
    guesses = likeness.spread(answers, len(material.labels))
    guessed = material.answers < 0
    answers[guessed] = guesses.labels[guessed]
    trust[guessed] = guesses.trust[guessed]
    return answers, trust


def _learned(
    answers: NDArray[np.int64], trust: NDArray[np.float32], material: Material
) -> NDArray[np.int64]:
    """Places of the texts the linear model learns from: the taught, and the surest guesses."""
    labelled = material.labelled
    own = np.flatnonzero(trust[:labelled] > 0)
    guessed = labelled + np.argsort(-trust[labelled:], kind="stable")[:_LEARNED_FROM_GUESSES]
    return np.concatenate([own, guessed[trust[guessed] > 0]])


def _linear(
    index: NgramIndex,
    texts: Sequence[str],
    vectors: Vectors,
    answers: NDArray[np.int64],
    trust: NDArray[np.float32],
    labels: int,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    # scikit-learn and scipy cost a second and 130 MB: only who trains pays.
    from scipy.sparse import csr_matrix, hstack
    from sklearn.svm import LinearSVC

    sparse = _matrix([index.row(text) for text in texts], len(index.numbers), csr_matrix)
    features = hstack([sparse, csr_matrix(vectors)]).tocsr()
    model = LinearSVC(C=_PENALTY, dual=True, tol=1e-2, max_iter=5000, random_state=0)
    with _LEARNING:
        model.fit(features, answers, sample_weight=trust)
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


def _neighbours(
    material: Material, answers: NDArray[np.int64], trust: NDArray[np.float32]
) -> Neighbours:
    """Example vectors in runs by label; of very many, as many of each label as there is room."""
    labels = len(material.labels)
    known = np.flatnonzero(trust > 0)
    room = max(1, MAX_NEIGHBOURS // labels)
    runs = [known[answers[known] == label] for label in range(labels)]
    if len(known) > MAX_NEIGHBOURS:
        runs = [run[:: -(-len(run) // room)] for run in runs]
    chosen = np.concatenate(runs)
    middle = material.vectors[known].mean(axis=0)
    return Neighbours(
        middle=middle,
        examples=seen_from(middle, material.vectors[chosen]),
        starts=np.cumsum([0, *(len(run) for run in runs[:-1])]),
        trust=trust[chosen],
    )


def _centres(
    vectors: Vectors, answers: NDArray[np.int64], trust: NDArray[np.float32], labels: int
) -> Vectors:
    centres = np.stack(
        [trust[answers == label] @ vectors[answers == label] for label in range(labels)]
    )
    lengths = np.linalg.norm(centres, axis=1, keepdims=True)
    return np.asarray(centres / np.maximum(lengths, 1e-9), np.float32)
