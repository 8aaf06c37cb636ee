"""A text classifier of n-grams and embeddings: predicts with calibrated confidence, and why."""

import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ticketyard.ai.embedding import Embedder, Vectors
from ticketyard.ai.ngrams import NgramIndex, SparseRow

FORMAT = 1
EVIDENCE_WORDS = 4

Scores = NDArray[np.float32]


class ModelUnreadable(Exception):
    """The stored bytes are no model of this program, or need another embedding model."""


@dataclass(frozen=True)
class Prediction:
    """What the model says of one text.

    confidence: the probability that `label` is right, calibrated.
    ranking: every label with its probability, the likeliest first.
    evidence: the words of the text that spoke most for the label.
    familiarity: likeness to the nearest example it learned from, -1 to 1; 0 without embeddings.
    """

    label: str
    confidence: float
    ranking: tuple[tuple[str, float], ...]
    evidence: tuple[str, ...]
    familiarity: float


@dataclass(frozen=True)
class Blend:
    """How much each of the three views counts in the probabilities; learned out of fold."""

    margin: float
    nearest: float
    centre: float


@dataclass(frozen=True)
class Classifier:
    """Everything learned, as plain arrays. `embedder_name` says whose vectors it was taught with.

    weights: (terms + dimensions, labels); examples: vectors it learned from, sorted by label.
    """

    labels: tuple[str, ...]
    index: NgramIndex
    weights: NDArray[np.float32]
    offsets: NDArray[np.float32]
    examples: NDArray[np.float32]
    example_starts: NDArray[np.int64]
    centres: NDArray[np.float32]
    blend: Blend
    embedding_gain: float
    embedder_name: str

    def predict(self, texts: Sequence[str], embedder: Embedder) -> list[Prediction]:
        """One prediction a text, in order. The embedder must be the one of the training."""
        self.check(embedder)
        if not texts:
            return []
        rows = [self.index.row(text) for text in texts]
        vectors = embedder.embed(texts)
        near = self.nearness(vectors)
        logits = blended(self.blend, self.margins(rows, vectors), near, vectors @ self.centres.T)
        chances = softmax(logits)
        familiar = near.max(axis=1) if near.shape[1] else np.zeros(len(texts))
        return [
            self._prediction(row, chance, float(familiarity))
            for row, chance, familiarity in zip(rows, chances, familiar, strict=True)
        ]

    def check(self, embedder: Embedder) -> None:
        """Raises ModelUnreadable when the model was taught with another embedder's vectors."""
        if embedder.name != self.embedder_name:
            raise ModelUnreadable(
                f"This model was trained with embeddings {self.embedder_name}, not {embedder.name}."
            )

    def margins(self, rows: Sequence[SparseRow], vectors: Vectors) -> Scores:
        """The linear model's scores, (texts, labels)."""
        terms = len(self.index.numbers)
        scores = vectors @ (self.weights[terms:] * self.embedding_gain) + self.offsets
        for position, row in enumerate(rows):
            scores[position] += row.values @ self.weights[row.terms]
        return np.asarray(scores, np.float32)

    def nearness(self, vectors: Vectors) -> Scores:
        """Likeness to the nearest example of each label, (texts, labels)."""
        if not vectors.shape[1]:
            return np.zeros((len(vectors), len(self.labels)), np.float32)
        return nearest_of_each(vectors, self.examples, self.example_starts)

    def _prediction(self, row: SparseRow, chances: Scores, familiarity: float) -> Prediction:
        order = np.argsort(-chances, kind="stable")
        best = int(order[0])
        return Prediction(
            label=self.labels[best],
            confidence=float(chances[best]),
            ranking=tuple((self.labels[place], float(chances[place])) for place in order),
            evidence=self._evidence(row, best),
            familiarity=familiarity,
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
            "blend": [self.blend.margin, self.blend.nearest, self.blend.centre],
            "embedding_gain": self.embedding_gain,
            "embedder": self.embedder_name,
        }
        arrays: dict[str, NDArray[np.generic]] = {
            "about": _as_array(json.dumps(about)),
            "terms": _as_array("\n".join(self.index.numbers)),
            "rarity": self.index.rarity,
            "weights": self.weights.astype(np.float16),
            "offsets": self.offsets,
            "examples": self.examples.astype(np.float16),
            "example_starts": self.example_starts,
            "centres": self.centres,
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
                    examples=arrays["examples"].astype(np.float32),
                    example_starts=arrays["example_starts"],
                    centres=arrays["centres"],
                    blend=Blend(*about["blend"]),
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
        and model.examples.shape[1:] == (dimensions,)
        and model.example_starts.shape == (labels,)
        and model.centres.shape == (labels, dimensions)
    )
    if not shapes_fit:
        raise ModelUnreadable("The stored model's parts do not fit each other.")
    return model


def nearest_of_each(vectors: Vectors, examples: Vectors, starts: NDArray[np.int64]) -> Scores:
    """The highest likeness within each run of examples; runs start at `starts`, none is empty."""
    return np.asarray(np.maximum.reduceat(vectors @ examples.T, starts, axis=1), np.float32)


def blended(blend: Blend, margins: Scores, near: Scores, central: Scores) -> Scores:
    """The three views as one score a label."""
    return np.asarray(
        blend.margin * margins + blend.nearest * near + blend.centre * central, np.float32
    )


def softmax(logits: Scores) -> Scores:
    """Scores to probabilities, row by row."""
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True), np.float32)


def _as_array(text: str) -> NDArray[np.uint8]:
    return np.frombuffer(text.encode(), np.uint8)
