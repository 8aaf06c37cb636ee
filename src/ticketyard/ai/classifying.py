"""A text classifier of n-grams and embeddings: predicts with calibrated confidence, and why."""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ticketyard.ai.blending import Blend, Scores, Views
from ticketyard.ai.blending import softmax as softmax
from ticketyard.ai.embedding import Embedder, Vectors
from ticketyard.ai.neighbours import Neighbours
from ticketyard.ai.ngrams import NgramIndex, SparseRow
from ticketyard.ai.scope import STRANGE_SHARE, Scope

FORMAT = 2
EVIDENCE_WORDS = 4


class ModelUnreadable(Exception):
    """The stored bytes are no model of this program, or need another embedding model."""


@dataclass(frozen=True)
class Prediction:
    """What the model says of one text.

    confidence: the probability that `label` is right, calibrated.
    ranking: every label with its probability, the likeliest first.
    evidence: the words of the text that spoke most for the label.
    familiarity: likeness to the nearest examples it learned from, -1 to 1; 0 without embeddings.
    in_scope: the share of texts this model knows that look stranger to it than this one, 0 to 1;
      near 0 the text is probably about nothing it was taught.
    """

    label: str
    confidence: float
    ranking: tuple[tuple[str, float], ...]
    evidence: tuple[str, ...]
    familiarity: float
    in_scope: float = 1.0

    @property
    def is_in_scope(self) -> bool:
        """Whether one of the labels can be meant at all; 19 in 20 texts with a label pass."""
        return self.in_scope >= STRANGE_SHARE


# A short string and its number in a dictionary.
_TERM_BYTES = 150


@dataclass(frozen=True)
class Classifier:
    """Everything learned, as plain arrays. `embedder_name` says whose vectors it was taught with.

    weights: (terms + dimensions, labels), for terms and then the embedding.
    """

    labels: tuple[str, ...]
    index: NgramIndex
    weights: NDArray[np.float32]
    offsets: NDArray[np.float32]
    neighbours: Neighbours
    centres: NDArray[np.float32]
    blend: Blend
    scope: Scope
    embedding_gain: float
    embedder_name: str

    def relabelled(self, called: Mapping[str, str]) -> "Classifier":
        """The same with other names for some of its labels."""
        labels = tuple(called.get(label, label) for label in self.labels)
        return self if labels == self.labels else replace(self, labels=labels)

    @property
    def nbytes(self) -> int:
        """About what it holds in memory."""
        arrays = (self.weights, self.neighbours.examples, self.centres, self.index.rarity)
        return sum(each.nbytes for each in arrays) + _TERM_BYTES * len(self.index.numbers)

    def predict(self, texts: Sequence[str], embedder: Embedder) -> list[Prediction]:
        """One prediction a text, in order. The embedder must be the one of the training."""
        self.check(embedder)
        if not texts:
            return []
        rows = [self.index.row(text) for text in texts]
        vectors = embedder.embed(texts)
        views, familiarity = self.views(rows, vectors)
        chances = self.blend.chances(views)
        known = self.scope.judge(views.margins.max(axis=1), familiarity)
        return [
            self._prediction(row, *about)
            for row, *about in zip(rows, chances, familiarity, known, strict=True)
        ]

    def check(self, embedder: Embedder) -> None:
        """Raises ModelUnreadable when the model was taught with another embedder's vectors."""
        if embedder.name != self.embedder_name:
            raise ModelUnreadable(
                f"This model was trained with embeddings {self.embedder_name}, not {embedder.name}."
            )

    def views(self, rows: Sequence[SparseRow], vectors: Vectors) -> tuple[Views, Scores]:
        """What each part of the model says of the texts, and how familiar they look."""
        kinship, familiarity = self.neighbours.look(vectors)
        central = np.asarray(vectors @ self.centres.T, np.float32)
        return Views(self._margins(rows, vectors), kinship, central), familiarity

    def _margins(self, rows: Sequence[SparseRow], vectors: Vectors) -> Scores:
        """The linear model's scores, (texts, labels)."""
        terms = len(self.index.numbers)
        scores = vectors @ (self.weights[terms:] * self.embedding_gain) + self.offsets
        for position, row in enumerate(rows):
            scores[position] += row.values @ self.weights[row.terms]
        return np.asarray(scores, np.float32)

    def _prediction(
        self, row: SparseRow, chances: Scores, familiarity: float, in_scope: float
    ) -> Prediction:
        order = np.argsort(-chances, kind="stable")
        best = int(order[0])
        return Prediction(
            label=self.labels[best],
            confidence=float(chances[best]),
            ranking=tuple((self.labels[place], float(chances[place])) for place in order),
            evidence=self._evidence(row, best),
            familiarity=float(familiarity),
            in_scope=float(in_scope),
        )

    def _evidence(self, row: SparseRow, label: int) -> tuple[str, ...]:
        """Words that raise this label above the average of all labels, the strongest first."""
        weights = self.weights[row.terms]
        spoke = row.values * (weights[:, label] - weights.mean(axis=1))
        found: list[str] = []
        for place in np.argsort(-spoke, kind="stable"):
            if spoke[place] <= 0 or len(found) == EVIDENCE_WORDS:
                break
            word = self.index.word(int(row.terms[place]))
            if word is not None and not any(word in other or other in word for other in found):
                found.append(word)
        return tuple(found)

    def to_bytes(self) -> bytes:
        """The model as bytes: arrays and JSON, nothing that could run when it is read."""
        about = {
            "format": FORMAT,
            "labels": self.labels,
            "blend": [self.blend.margin, self.blend.kinship, self.blend.centre],
            "scope": [self.scope.margin_spread, self.scope.familiarity_spread],
            "embedding_gain": self.embedding_gain,
            "embedder": self.embedder_name,
        }
        arrays: dict[str, NDArray[np.generic]] = {
            "about": _as_array(json.dumps(about)),
            "terms": _as_array("\n".join(self.index.numbers)),
            "rarity": self.index.rarity,
            "weights": self.weights.astype(np.float16),
            "offsets": self.offsets,
            "middle": self.neighbours.middle,
            "examples": self.neighbours.examples.astype(np.float16),
            "example_starts": self.neighbours.starts,
            "example_trust": self.neighbours.trust.astype(np.float16),
            "centres": self.centres,
            "scope_ranks": self.scope.ranks,
        }
        buffer = io.BytesIO()
        np.savez_compressed(buffer, allow_pickle=False, **arrays)
        return buffer.getvalue()


def load_classifier(stored: bytes) -> Classifier:
    """The model behind `Classifier.to_bytes`. Raises ModelUnreadable."""
    try:
        with np.load(io.BytesIO(stored), allow_pickle=False) as arrays:
            about = json.loads(arrays["about"].tobytes())
            if about["format"] != FORMAT:
                raise ModelUnreadable(f"The model has format {about['format']}, not {FORMAT}.")
            terms = arrays["terms"].tobytes().decode()
            numbers = {term: number for number, term in enumerate(terms.split("\n"))}
            return _checked(
                Classifier(
                    labels=tuple(about["labels"]),
                    index=NgramIndex(numbers if terms else {}, arrays["rarity"]),
                    weights=arrays["weights"].astype(np.float32),
                    offsets=arrays["offsets"],
                    neighbours=Neighbours(
                        middle=arrays["middle"],
                        examples=arrays["examples"].astype(np.float32),
                        starts=arrays["example_starts"],
                        trust=arrays["example_trust"].astype(np.float32),
                    ),
                    centres=arrays["centres"],
                    blend=Blend(*about["blend"]),
                    scope=Scope(
                        margin_spread=about["scope"][0],
                        familiarity_spread=about["scope"][1],
                        ranks=arrays["scope_ranks"],
                    ),
                    embedding_gain=about["embedding_gain"],
                    embedder_name=about["embedder"],
                )
            )
    except (OSError, EOFError, KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
        raise ModelUnreadable("The stored model is damaged.") from error


def _checked(model: Classifier) -> Classifier:
    """Refuse arrays that do not fit each other: a damaged model must fail here, not in use."""
    terms, labels, dimensions = len(model.index.numbers), len(model.labels), model.centres.shape[1]
    shapes_fit = (
        model.index.rarity.shape == (terms,)
        and model.weights.shape == (terms + dimensions, labels)
        and model.offsets.shape == (labels,)
        and model.neighbours.middle.shape == (dimensions,)
        and model.neighbours.examples.shape == (len(model.neighbours.trust), dimensions)
        and model.neighbours.starts.shape == (labels,)
        and model.centres.shape == (labels, dimensions)
        and model.scope.ranks.ndim == 1
        and model.scope.ranks.size > 1
    )
    if not shapes_fit:
        raise ModelUnreadable("The stored model's parts do not fit each other.")
    return model


def _as_array(text: str) -> NDArray[np.uint8]:
    return np.frombuffer(text.encode(), np.uint8)
