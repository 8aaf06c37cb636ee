"""How well the local classifier sorts, beside the usual baselines, on public sets where present.

    python benchmarks/triage_quality.py [--data FOLDER] [--only "10 a class"]

Unlabelled history, where the table says so, is the rest of the training set without its labels;
no text that is asked is ever learned from. The texts of a set are embedded once for all its rows:
training seconds are processor seconds after that, and what reading costs is said below the table.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from kit.labelled import DEFAULT_DATA, Case, cases, strangers
from kit.machine import about, peak_megabytes
from ticketyard.ai.blending import softmax
from ticketyard.ai.classifying import Classifier, Prediction, load_classifier
from ticketyard.ai.embedding import Embedder, NoEmbedder, Vectors, open_embedder
from ticketyard.ai.labelling import rank_by_description
from ticketyard.ai.measuring import calibration_error, coverage_at
from ticketyard.ai.training import train

SELECTIVE_ERROR = 0.03
BATCH = 300
SINGLES = 200

Chances = NDArray[np.floating]


class Answers(NamedTuple):
    """What a model answered, how sure it was, and what teaching it cost."""

    labels: Sequence[str]
    confidence: Chances
    seconds: float
    megabytes: float | None = None


class Remembering:
    """An embedder that embeds a text once, however many models ask for it."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._kept: dict[str, NDArray[np.float32]] = {}
        self.name, self.dimensions = embedder.name, embedder.dimensions
        self.texts, self.seconds, self.cpu = 0, 0.0, 0.0

    def embed(self, texts: Sequence[str]) -> Vectors:
        fresh = [text for text in dict.fromkeys(texts) if text not in self._kept]
        started, cpu = time.perf_counter(), time.process_time()
        self._kept.update(zip(fresh, self._embedder.embed(fresh), strict=True))
        self.texts += len(fresh)
        self.seconds += time.perf_counter() - started
        self.cpu += time.process_time() - cpu
        return np.stack([self._kept[text] for text in texts])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--only", default="", help="sets whose name contains this")
    parser.add_argument("--engine", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    chosen = [case for case in cases(arguments.data) if arguments.only in case.name]
    console = Console(width=140)
    if not chosen:
        console.print(f"No data in {arguments.data}: skipped.")
        return
    if arguments.engine:
        _report_engine(arguments.engine, chosen[0].asked)
        return
    console.print(about())
    remembering = Remembering(open_embedder())
    models: dict[str, Classifier] = {}
    for case in chosen:
        console.print(_table(case, remembering, models))
    console.print(
        f"Reading: {remembering.texts} texts, {remembering.texts / remembering.seconds:.0f}/s,"
        f" {remembering.cpu / remembering.texts * 1000:.2f} ms of processor time each"
    )
    for name, model in models.items():
        if name.startswith("CLINC150"):
            console.print(_scope_line(name, model, chosen, arguments.data, remembering))
    if models:
        _engine_lines(console, next(iter(models.values())), arguments)
    console.print(
        f"Peak memory of this process, every training included: {peak_megabytes():.0f} MB"
    )


def _table(case: Case, embedder: Remembering, models: dict[str, Classifier]) -> Table:
    title = f"{case.name}: {len(case.texts)} texts taught, {len(case.asked)} asked"
    columns = ("accuracy %", "ECE", "coverage at 3 % wrong", "training CPU s", "model MB")
    table = Table("model", *columns, title=title)
    rows: list[tuple[str, Callable[[], Answers]]]
    if not case.texts:
        rows = [("ours, label names only", lambda: _names_only(case, embedder))]
    else:
        rows = [
            ("TF-IDF + LinearSVC", lambda: _tfidf_svc(case)),
            ("TF-IDF + logistic regression", lambda: _tfidf_regression(case)),
            ("MiniLM + logistic regression", lambda: _minilm_regression(case, embedder)),
            ("ours, n-grams alone", lambda: _ours(case, NoEmbedder(), (), {})),
            ("ours", lambda: _ours(case, embedder, (), models)),
        ]
        if case.history:
            with_history = ("ours, with unlabelled history",
                            lambda: _ours(case, embedder, case.history, models))  # fmt: skip
            rows.append(with_history)
    embedder.embed([*case.texts, *case.history, *case.asked])
    for name, answer in rows:
        table.add_row(name, *_figures(answer(), case))
    return table


def _figures(answers: Answers, case: Case) -> list[str]:
    right = np.array(answers.labels) == np.array(case.right)
    coverage, _ = coverage_at(answers.confidence, right, SELECTIVE_ERROR)
    return [
        f"{right.mean() * 100:.2f}",
        f"{calibration_error(answers.confidence, right):.3f}",
        f"{coverage:.2f}",
        f"{answers.seconds:.1f}",
        "" if answers.megabytes is None else f"{answers.megabytes:.1f}",
    ]


def _ours(
    case: Case, embedder: Embedder, history: Sequence[str], models: dict[str, Classifier]
) -> Answers:
    started = time.process_time()
    lesson = train(case.texts, case.labels, embedder, unlabelled=history)
    seconds = time.process_time() - started
    stored = lesson.classifier.to_bytes()
    models[case.name] = model = load_classifier(stored)
    found = _predicted(model, case.asked, embedder)
    confidence = np.array([each.confidence for each in found])
    return Answers([each.label for each in found], confidence, seconds, len(stored) / 1e6)


def _predicted(model: Classifier, texts: Sequence[str], embedder: Embedder) -> list[Prediction]:
    found: list[Prediction] = []
    for start in range(0, len(texts), BATCH):
        found += model.predict(texts[start : start + BATCH], embedder)
    return found


def _names_only(case: Case, embedder: Embedder) -> Answers:
    names = {label: label.replace("_", " ") for label in sorted(set(case.right))}
    best = [ranking[0] for ranking in rank_by_description(case.asked, names, embedder)]
    return Answers([label for label, _ in best], np.array([sure for _, sure in best]), 0.0)


def _tfidf_svc(case: Case) -> Answers:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline, make_union
    from sklearn.svm import LinearSVC

    terms = make_union(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True),
    )
    started = time.process_time()
    model = make_pipeline(terms, LinearSVC()).fit(case.texts, case.labels)
    seconds = time.process_time() - started
    margins = model.decision_function(case.asked)
    return Answers(model.classes_[margins.argmax(axis=1)], softmax(margins).max(axis=1), seconds)


def _tfidf_regression(case: Case) -> Answers:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    terms = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    started = time.process_time()
    model = make_pipeline(terms, LogisticRegression(C=10, max_iter=300))
    model.fit(case.texts, case.labels)
    seconds = time.process_time() - started
    chances = model.predict_proba(case.asked)
    return Answers(model.classes_[chances.argmax(axis=1)], chances.max(axis=1), seconds)


def _minilm_regression(case: Case, embedder: Embedder) -> Answers:
    from sklearn.linear_model import LogisticRegression

    vectors = embedder.embed(case.texts)
    started = time.process_time()
    model = LogisticRegression(C=20, max_iter=300).fit(vectors, case.labels)
    seconds = time.process_time() - started
    chances = model.predict_proba(embedder.embed(case.asked))
    return Answers(model.classes_[chances.argmax(axis=1)], chances.max(axis=1), seconds)


def _scope_line(
    name: str, model: Classifier, chosen: Sequence[Case], data: Path, embedder: Embedder
) -> str:
    """How well texts about nothing that was taught are told from the others."""
    asked = next(case.asked for case in chosen if case.name == name)
    inside = np.array([each.in_scope for each in _predicted(model, asked, embedder)])
    strange = _predicted(model, strangers(data), embedder)
    outside = np.array([each.in_scope for each in strange])
    found = (outside < np.quantile(inside, 0.05)).mean()
    above = np.searchsorted(np.sort(inside), outside, side="left") / len(inside)
    level = np.searchsorted(np.sort(inside), outside, side="right") / len(inside)
    kept = np.mean([each >= 0.05 for each in inside])
    caught = np.mean([not each.is_in_scope for each in strange])
    return (
        f"{name}, out of scope: recall {found:.3f} at 95 % of in-scope kept, "
        f"AUROC {1 - (above + level).mean() / 2:.3f}; at the stored threshold {kept:.3f} kept, "
        f"{caught:.3f} found"
    )


def _engine_lines(console: Console, model: Classifier, arguments: argparse.Namespace) -> None:
    """Speed and memory in a process that never trained."""
    with tempfile.NamedTemporaryFile(suffix=".npz") as file:
        file.write(model.to_bytes())
        file.flush()
        command = [sys.executable, __file__, "--engine", file.name]
        command += ["--data", str(arguments.data), "--only", arguments.only]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    console.print(done.stdout.strip())


def _report_engine(stored: Path, texts: Sequence[str]) -> None:
    model, embedder = load_classifier(stored.read_bytes()), open_embedder()
    long = [" ".join(texts[start : start + 12]) for start in range(0, SINGLES * 5, 5)]
    model.predict(["Warm up."], embedder)
    for name, several in (("short", list(texts)), ("long (over 128 tokens)", long)):
        times = []
        for text in several[:SINGLES]:
            started = time.perf_counter()
            model.predict([text + " please"], embedder)
            times.append((time.perf_counter() - started) * 1000)
        p50, p95 = np.percentile(times, [50, 95])
        started, cpu = time.perf_counter(), time.process_time()
        _predicted(model, several, embedder)
        seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
        print(
            f"One {name} text: p50 {p50:.1f} ms, p95 {p95:.1f} ms; in batches "
            f"{len(several) / seconds:.0f}/s, {cpu / len(several) * 1000:.1f} ms processor time each"
        )
    print(f"Peak memory of an engine with this model: {peak_megabytes():.0f} MB")


if __name__ == "__main__":
    main()
