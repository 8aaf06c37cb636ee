"""Public sets of labelled texts, where they are present."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

DEFAULT_DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "triage"

Columns = tuple[list[str], list[str]]


class Case(NamedTuple):
    """What is taught, what is asked, and the texts of the history whose labels are hidden."""

    name: str
    texts: list[str]
    labels: list[str]
    asked: list[str]
    right: list[str]
    history: list[str]


def cases(data: Path) -> Iterator[Case]:
    """Every set with all its examples, with few, and with none."""
    if (data / "banking77" / "train.csv").is_file():
        taught = _read_csv(data / "banking77" / "train.csv")
        asked = _read_csv(data / "banking77" / "test.csv")
        yield Case("Banking77, all", *taught, *asked, [])
        yield from _few_shot("Banking77", taught, asked, (10, 5, 1))
        yield Case("Banking77, label names", [], [], *asked, [])
    if _clinc(data).is_file():
        sets = json.loads(_clinc(data).read_text())
        taught, asked = _columns(sets["train"]), _columns(sets["test"])
        yield Case("CLINC150 in scope, all", *taught, *asked, [])
        yield from _few_shot("CLINC150", taught, asked, (10,))
        yield Case("CLINC150, label names", [], [], *asked, [])


def strangers(data: Path) -> list[str]:
    """Texts about nothing that CLINC150 has a label for."""
    return _columns(json.loads(_clinc(data).read_text())["oos_test"])[0]


def _few_shot(
    name: str, taught: Columns, asked: Columns, counts: tuple[int, ...]
) -> Iterator[Case]:
    texts, labels = taught
    for count in counts:
        places = _few(labels, count)
        chosen = set(places)
        history = [text for place, text in enumerate(texts) if place not in chosen]
        few = [texts[place] for place in places], [labels[place] for place in places]
        yield Case(f"{name}, {count} a class", *few, *asked, history)


def _few(labels: list[str], count: int) -> list[int]:
    """The same random examples every time, so many of each label."""
    known = np.array(labels)
    generator = np.random.default_rng(0)
    chosen = [
        generator.choice(np.flatnonzero(known == label), count, replace=False)
        for label in sorted(set(labels))
    ]
    return [int(place) for place in np.concatenate(chosen)]


def _clinc(data: Path) -> Path:
    return data / "clinc150" / "data_full.json"


def _columns(rows: list[list[str]]) -> Columns:
    return [text for text, _ in rows], [label for _, label in rows]


def _read_csv(path: Path) -> Columns:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [row["text"] for row in rows], [row["category"] for row in rows]
