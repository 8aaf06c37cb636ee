"""How well questions find what answers them: words alone, meaning alone, both, and re-ranked.

Without files: Banking77 (a question is right answered by a taught text of the same intent). With
`--corpus`, `--queries` and `--judgements` any set: CSV with a header line or JSON lines, UTF-8;
corpus: id, text and, where there is one, title; queries: id, text; judgements: query, document
(and, where there is one, relevance: 0 says that it is none). A query whose id is a document's is
never answered by that document.
"""

import argparse
import asyncio
import csv
import json
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from kit.shelving import shelve
from ticketyard.ai.ranking import Ranker, learn
from ticketyard.core.config import Settings
from ticketyard.core.embedded import EmbeddedPostgres
from ticketyard.core.resources import Resources
from ticketyard.core.storage import Blobs
from ticketyard.knowledge.retrieving.asked import PUBLIC, Asked, Narrow
from ticketyard.knowledge.retrieving.features import FEATURES
from ticketyard.knowledge.retrieving.finding import gather, weighted_sum
from ticketyard.knowledge.retrieving.shipped import SHIPPED
from ticketyard.migrations.running import upgrade
from ticketyard.people.companies import found_company
from ticketyard.wiring import build_resources, open_database

DEFAULT_DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "triage"
AT = 10
_ALIASES = {
    "id": ("id", "_id", "doc_id", "document_id", "query_id", "qid", "docid"),
    "text": ("text", "body", "description", "content", "query"),
    "title": ("title", "subject", "summary"),
    "query": ("query", "query_id", "query-id", "qid"),
    "document": ("document", "document_id", "doc_id", "corpus-id", "corpus_id", "docid", "doc"),
    "relevance": ("relevance", "score", "label", "relevant"),
}


@dataclass(frozen=True)
class Document:
    id: str
    text: str
    title: str = ""


@dataclass(frozen=True)
class Case:
    """What is searched, what is asked, and which documents are right for each question."""

    name: str
    documents: Sequence[Document]
    queries: Sequence[Document]
    right: Mapping[str, frozenset[str]]


@dataclass
class Looked:
    """For each question: what each way brought, and the candidates with their features."""

    queries: list[str] = field(default_factory=list)
    by_words: list[list[str]] = field(default_factory=list)
    near: list[list[str]] = field(default_factory=list)
    documents: list[list[str]] = field(default_factory=list)
    rows: list[NDArray[np.float64]] = field(default_factory=list)
    blended: list[NDArray[np.float64]] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA)
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--queries", type=Path)
    parser.add_argument("--judgements", type=Path)
    parser.add_argument("--limit", type=int, default=0, help="ask so many questions only")
    parser.add_argument(
        "--teach", action="store_true", help="also learn on one half and measure on the other"
    )
    arguments = parser.parse_args()
    console = Console(width=120)
    case = _case(arguments)
    if case is None:
        console.print(f"No data in {arguments.data}: skipped.")
        return
    looked = asyncio.run(look(case, arguments.limit))
    console.print(report(case, looked, teach=arguments.teach))


def _case(arguments: argparse.Namespace) -> Case | None:
    if arguments.corpus:
        return read_case(arguments.corpus, arguments.queries, arguments.judgements)
    folder = arguments.data / "banking77"
    if not (folder / "train.csv").is_file():
        return None
    return by_label("Banking77", _read_rows(folder / "train.csv"), _read_rows(folder / "test.csv"))


def by_label(
    name: str, taught: Sequence[Mapping[str, str]], asked: Sequence[Mapping[str, str]]
) -> Case:
    """Right is whatever has the question's label."""
    of_label: dict[str, set[str]] = defaultdict(set)
    documents, queries = [], []
    for number, row in enumerate(taught):
        documents.append(Document(f"d{number}", row["text"]))
        of_label[row["category"]].add(f"d{number}")
    right = {}
    for number, row in enumerate(asked):
        queries.append(Document(f"q{number}", row["text"]))
        right[f"q{number}"] = frozenset(of_label[row["category"]])
    return Case(name, documents, queries, right)


def read_case(corpus: Path, queries: Path, judgements: Path) -> Case:
    """A set in three files."""
    documents = [_document(row) for row in _read_rows(corpus)]
    asked = [_document(row) for row in _read_rows(queries)]
    right: dict[str, set[str]] = defaultdict(set)
    for row in _read_rows(judgements):
        if float(_value(row, "relevance") or 1) > 0:
            right[_value(row, "query")].add(_value(row, "document"))
    judged = [each for each in asked if right.get(each.id)]
    return Case(
        corpus.stem, documents, judged, {name: frozenset(ids) for name, ids in right.items()}
    )


def _document(row: Mapping[str, str]) -> Document:
    return Document(_value(row, "id"), _value(row, "text"), _value(row, "title"))


def _value(row: Mapping[str, str], name: str) -> str:
    for alias in _ALIASES[name]:
        if row.get(alias) is not None:
            return str(row[alias])
    return ""


def _read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        if path.suffix.lower() in (".jsonl", ".ndjson", ".json"):
            whole = file.read().strip()
            if whole.startswith("["):
                return list(json.loads(whole))
            return [json.loads(line) for line in whole.splitlines() if line.strip()]
        dialect = "excel-tab" if path.suffix.lower() == ".tsv" else "excel"
        return list(csv.DictReader(file, dialect=dialect))


async def look(case: Case, limit: int = 0) -> Looked:
    """Put the documents in a database of their own, and ask every question as the program does."""
    with tempfile.TemporaryDirectory(prefix="ty-") as folder:
        Path(folder).chmod(0o711)  # noqa: ASYNC240 - for PostgreSQL's own account
        postgres = EmbeddedPostgres(Path(folder) / "pg", {"fsync": "off"})
        url = postgres.start()
        try:
            upgrade(url)
            database = open_database(url)
            settings = Settings(_env_file=None, data_dir=Path(folder))
            resources = build_resources(database, Blobs.on_disk(Path(folder)), settings)
            try:
                return await _ask_all(resources, case, limit)
            finally:
                await database.close()
        finally:
            postgres.stop()


async def _ask_all(resources: Resources, case: Case, limit: int) -> Looked:
    company_id = await found_company(resources.db, name="Measured", slug="measured")
    ids = await shelve(resources, company_id, [(each.title, each.text) for each in case.documents])
    names = {ids[place]: each.id for place, each in enumerate(case.documents)}
    numbers = {name: number for number, name in names.items()}
    looked = Looked()
    for query in case.queries[: limit or None]:
        asked = Asked(
            f"{query.title}\n{query.text}".strip(),
            Narrow((PUBLIC,), but_document_id=numbers.get(query.id)),
        )
        gathered = await gather(resources, company_id, asked)
        found = gathered.candidates if gathered else []
        looked.queries.append(query.id)
        for ways, keys in (
            (looked.by_words, gathered.by_words if gathered else []),
            (looked.near, gathered.near if gathered else []),
        ):
            ways.append([names[key.document_id] for key in keys])
        looked.documents.append([names[each.key.document_id] for each in found])
        looked.rows.append(gathered.rows if gathered else np.zeros((0, len(FEATURES))))
        looked.blended.append(weighted_sum(found))
    return looked


def report(case: Case, looked: Looked, *, teach: bool) -> Table:
    """hit@1 and MRR@10 of each way."""
    ways: dict[str, list[list[str]]] = {
        "words alone (BM25)": looked.by_words,
        "meaning alone (cosine)": looked.near,
        "weighted sum": _ordered(looked, looked.blended),
        "re-ranked, shipped weights": _ordered(looked, [SHIPPED.score(r) for r in looked.rows]),
    }
    if teach:
        ways["re-ranked, learned on the other half"] = _ordered(looked, _cross_taught(case, looked))
    table = Table(
        "way",
        "hit@1",
        f"MRR@{AT}",
        f"recall@{AT} of the first right",
        title=f"{case.name}: {len(case.documents)} documents, {len(looked.queries)} questions",
    )
    for way, given in ways.items():
        ranks = [
            _first_right(case.right[query], names)
            for query, names in zip(looked.queries, given, strict=True)
        ]
        table.add_row(
            way,
            f"{np.mean([rank == 1 for rank in ranks]):.3f}",
            f"{np.mean([1 / rank if 0 < rank <= AT else 0.0 for rank in ranks]):.3f}",
            f"{np.mean([0 < rank <= AT for rank in ranks]):.3f}",
        )
    return table


def _ordered(looked: Looked, scores: Sequence[NDArray[np.float64]]) -> list[list[str]]:
    return [
        [names[place] for place in np.argsort(-given, kind="stable")]
        for names, given in zip(looked.documents, scores, strict=True)
    ]


def _first_right(right: frozenset[str], names: Sequence[str]) -> int:
    """The rank of the first right document, 0 where none was found; each document counts once."""
    for rank, name in enumerate(dict.fromkeys(names), 1):
        if name in right:
            return rank
    return 0


def _cross_taught(case: Case, looked: Looked) -> list[NDArray[np.float64]]:
    """Scores of each half by a ranker taught on the other: what a company's own feedback brings."""
    halves = [list(range(start, len(looked.queries), 2)) for start in (0, 1)]
    rankers = [_taught(case, looked, half) for half in halves]
    return [
        rankers[1 - place % 2].score(rows) if len(rows) else np.zeros(0)
        for place, rows in enumerate(looked.rows)
    ]


def _taught(case: Case, looked: Looked, places: Sequence[int]) -> Ranker:
    rows = [looked.rows[place] for place in places]
    right = [
        np.array(
            [name in case.right[looked.queries[place]] for name in looked.documents[place]], bool
        )
        for place in places
    ]
    return learn(rows, right, SHIPPED)


if __name__ == "__main__":
    main()
