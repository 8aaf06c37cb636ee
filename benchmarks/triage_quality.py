"""How well the local classifier sorts, measured on public sets where they are present."""

import argparse
import csv
import json
import resource
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table

from ticketyard.ai.classifying import load_classifier
from ticketyard.ai.embedding import Embedder, NoEmbedder, open_embedder
from ticketyard.ai.measuring import calibration_error, coverage_at
from ticketyard.ai.training import train

DEFAULT_DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "triage"
SELECTIVE_ERROR = 0.03
BATCH = 300


class Case(NamedTuple):
    name: str
    texts: list[str]
    labels: list[str]
    asked: list[str]
    right: list[str]


class Figures(NamedTuple):
    accuracy: float
    ece: float
    coverage: float
    training_seconds: float
    texts_a_second: float
    model_megabytes: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    arguments = parser.parse_args()
    console = Console(width=130)
    cases = list(_cases(arguments.data))
    if not cases:
        console.print(f"No data in {arguments.data}: skipped.")
        return
    table = Table(
        "set",
        "model",
        "accuracy %",
        "ECE",
        "coverage at 3 % wrong",
        "training s",
        "texts/s",
        "model MB",
        title="Triage quality",
    )
    for case in cases:
        for embedder in (NoEmbedder(), open_embedder()):
            figures = run(case, embedder)
            table.add_row(
                case.name,
                "n-grams" if not embedder.dimensions else f"n-grams + {embedder.name}",
                f"{figures.accuracy * 100:.2f}",
                f"{figures.ece:.3f}",
                f"{figures.coverage:.2f}",
                f"{figures.training_seconds:.1f}",
                f"{figures.texts_a_second:.0f}",
                f"{figures.model_megabytes:.1f}",
            )
    console.print(table)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    console.print(f"Peak memory of this process, training included: {peak:.0f} MB")


def run(case: Case, embedder: Embedder) -> Figures:
    started = time.perf_counter()
    lesson = train(case.texts, case.labels, embedder)
    trained = time.perf_counter()
    stored = lesson.classifier.to_bytes()
    model = load_classifier(stored)
    asking = time.perf_counter()
    answers = []
    for start in range(0, len(case.asked), BATCH):
        answers += model.predict(case.asked[start : start + BATCH], embedder)
    asked = time.perf_counter()
    confidence = np.array([answer.confidence for answer in answers])
    right = np.array([a.label == r for a, r in zip(answers, case.right, strict=True)])
    return Figures(
        accuracy=float(right.mean()),
        ece=calibration_error(confidence, right),
        coverage=coverage_at(confidence, right, SELECTIVE_ERROR)[0],
        training_seconds=trained - started,
        texts_a_second=len(answers) / (asked - asking),
        model_megabytes=len(stored) / 1e6,
    )


def _cases(data: Path) -> Iterator[Case]:
    banking = data / "banking77"
    if (banking / "train.csv").is_file():
        taught, asked = _read_csv(banking / "train.csv"), _read_csv(banking / "test.csv")
        yield Case("Banking77, all", *taught, *asked)
        for count in (10, 5, 1):
            yield Case(f"Banking77, {count} a class", *_few(*taught, count), *asked)
    clinc = data / "clinc150" / "data_full.json"
    if clinc.is_file():
        sets = json.loads(clinc.read_text())
        taught, asked = _columns(sets["train"]), _columns(sets["test"])
        yield Case("CLINC150 in scope, all", *taught, *asked)
        yield Case("CLINC150, 10 a class", *_few(*taught, 10), *asked)


def _columns(rows: list[list[str]]) -> tuple[list[str], list[str]]:
    return [text for text, _ in rows], [label for _, label in rows]


def _read_csv(path: Path) -> tuple[list[str], list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [row["text"] for row in rows], [row["category"] for row in rows]


def _few(texts: list[str], labels: list[str], count: int) -> tuple[list[str], list[str]]:
    """The same random examples every time, so many of each label."""
    known = np.array(labels)
    generator = np.random.default_rng(0)
    chosen = [
        generator.choice(np.flatnonzero(known == label), count, replace=False)
        for label in sorted(set(labels))
    ]
    places = np.concatenate(chosen)
    return [texts[place] for place in places], [labels[place] for place in places]


if __name__ == "__main__":
    main()
