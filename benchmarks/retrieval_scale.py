"""How fast a question is answered from a million chunks, what the indexes miss, how fast chunks go in.

One large company, a middle and a small one beside it, as kit/many_pieces.py makes them. Recall is against
all vectors, and against BM25 over all chunks. Indexing is measured over the real path: an article is read,
cut, embedded and written. Processor time counts this process, what it starts, and the database's own.
"""

import argparse
import asyncio
import gc
import resource
import time
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import psycopg
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from kit.machine import about
from kit.many_pieces import (
    WORDS_A_CHUNK,
    Load,
    build_indexes,
    fill,
    make_questions,
    make_sentences,
)
from kit.server import folder
from ticketyard.ai.bm25 import Bags
from ticketyard.core.config import Settings
from ticketyard.core.embedded import EmbeddedPostgres
from ticketyard.core.resources import Resources
from ticketyard.core.storage import Blobs
from ticketyard.knowledge.indexing import index_document
from ticketyard.knowledge.retrieving.asked import PUBLIC, Asked, Narrow
from ticketyard.knowledge.retrieving.finding import DEPTH, retrieve
from ticketyard.knowledge.retrieving.index import PieceIndex
from ticketyard.knowledge.retrieving.vectors import PostgresVectors
from ticketyard.knowledge.retrieving.words import find_by_words, read_question
from ticketyard.migrations.running import upgrade
from ticketyard.people.companies import found_company
from ticketyard.wiring import build_resources, open_database

AT = 10
EXACT_AT_ONCE = 100_000
WORD_QUESTIONS = 15
# As a machine that is to hold a million chunks has it; what comes along asks for 192 MB.
POSTGRES = {"max_wal_size": "'4GB'", "shared_buffers": "'3GB'"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chunks", type=int, default=1_000_000)
    parser.add_argument("--middle", type=int, default=30_000)
    parser.add_argument("--small", type=int, default=2_000)
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--indexed", type=int, default=500, help="chunks for the speed of indexing")
    parser.add_argument("--keep", type=Path, help="fill this folder once, and measure there again")
    arguments = parser.parse_args()
    console = Console(width=130)
    console.print(about())
    with nullcontext(arguments.keep) if arguments.keep else folder() as place:
        postgres = EmbeddedPostgres(place / "pg", POSTGRES)
        url = postgres.start()
        try:
            upgrade(url)
            asyncio.run(_measure(arguments, console, postgres, place))
        finally:
            postgres.stop()


async def _measure(
    arguments: argparse.Namespace, console: Console, postgres: EmbeddedPostgres, place: Path
) -> None:
    database = open_database(postgres.url())
    sizes = {"large": arguments.chunks, "middle": arguments.middle, "small": arguments.small}
    if not (place / "small.npz").exists():
        companies = [await found_company(database, name=name, slug=name) for name in sizes]
        _fill(postgres, console, place, companies, sizes)
    _read_once(place)
    settings = Settings(_env_file=None, data_dir=place)
    resources = build_resources(database, Blobs.on_disk(place), settings)
    # As the server does once it has started.
    gc.collect()
    gc.freeze()
    for name in sizes:
        load = Load.kept(place / f"{name}.npz")
        questions = make_questions(np.random.default_rng(11), arguments.questions)
        console.print(await _company(resources, name, load, questions))
    large = Load.kept(place / "large.npz").company_id
    with psycopg.connect(postgres.url(user="postgres"), autocommit=True) as owner:
        console.print(await _indexing(resources, owner, large, arguments.indexed))
    await database.close()


def _fill(
    postgres: EmbeddedPostgres,
    console: Console,
    place: Path,
    companies: Sequence[int],
    sizes: dict[str, int],
) -> None:
    random = np.random.default_rng(7)
    sentences, bases = make_sentences(random)
    began = time.perf_counter()
    with psycopg.connect(postgres.url(user="postgres"), autocommit=True) as owner:
        owner.execute("set session_replication_role = replica")
        owner.execute("drop index knowledge_piece_found, knowledge_vector_near_384")
        for company_id, (name, count) in zip(companies, sizes.items(), strict=True):
            fill(owner, company_id, count, sentences, bases, random).keep(place / f"{name}.npz")
        console.print(f"Filled in {time.perf_counter() - began:.0f} s.")
        build_indexes(owner, console)


def _read_once(place: Path) -> None:
    """Memory holds what is asked often; a file that was just written may have left it again."""
    for path in (place / "pg" / "data" / "base").rglob("*"):
        if path.is_file():
            path.read_bytes()


async def _company(resources: Resources, name: str, load: Load, questions: Sequence[str]) -> Table:
    narrow = Narrow((PUBLIC,))
    for question in questions[:20]:
        await retrieve(resources, load.company_id, Asked(question, narrow, limit=AT))
    taken, worked = [], []
    for question in questions:
        began, before = time.perf_counter(), time.process_time()
        await retrieve(resources, load.company_id, Asked(question, narrow, limit=AT))
        taken.append(time.perf_counter() - began)
        worked.append(time.process_time() - before)
    table = Table("", "", title=f"{name}: {len(load.vectors)} chunks, {len(questions)} questions")
    for share in (50, 95, 99):
        table.add_row(f"retrieve p{share}", f"{np.percentile(taken, share) * 1000:.1f} ms")
    table.add_row("of it processor time here, p50", f"{np.median(worked) * 1000:.1f} ms")
    table.add_row(
        f"vectors: recall@{AT} against exact",
        f"{await _vector_recall(resources, load, questions):.3f}",
    )
    table.add_row(
        f"words: recall@{AT} of BM25 against exact",
        f"{await _word_recall(resources, load, questions[:WORD_QUESTIONS]):.3f}",
    )
    return table


async def _vector_recall(resources: Resources, load: Load, questions: Sequence[str]) -> float:
    index = resources.part(PieceIndex)
    vectors = PostgresVectors()
    places = [await index.place(question) for question in questions]
    right = _nearest(load, np.stack([place.vector for place in places]))
    shares = []
    for place, rows in zip(places, right, strict=True):
        near = await vectors.nearest(resources.db, load.company_id, place, Narrow((PUBLIC,)), DEPTH)
        wanted = {load.key(int(row)) for row in rows}
        shares.append(len(wanted & {each.key for each in near[:AT]}) / AT)
    return float(np.mean(shares))


def _nearest(load: Load, asked: NDArray[np.float32]) -> NDArray[np.int64]:
    """The rows nearest to each question, by comparing it with every one."""
    best, rows = [], []
    for start in range(0, len(load.vectors), EXACT_AT_ONCE):
        part = load.vectors[start : start + EXACT_AT_ONCE].astype(np.float32)
        likeness = asked @ part.T
        chosen = np.argpartition(-likeness, AT, axis=1)[:, :AT]
        best.append(np.take_along_axis(likeness, chosen, 1))
        rows.append(chosen + start)
    order = np.argsort(-np.concatenate(best, 1), axis=1)[:, :AT]
    return np.take_along_axis(np.concatenate(rows, 1), order, 1)


async def _word_recall(resources: Resources, load: Load, questions: Sequence[str]) -> float:
    """Of the ten best by BM25 over all chunks, how many the fetched candidates have among theirs.

    Many chunks have the same score: one as good as the tenth counts as well.
    """
    shares = []
    count = len(load.words)
    bags = Bags(
        words=load.words.reshape(-1),
        times=np.ones(load.words.size, np.uint8),
        owner=np.repeat(np.arange(count), WORDS_A_CHUNK),
        lengths=np.full(count, WORDS_A_CHUNK, np.int64),
    )
    for question in questions:
        async with resources.db.transaction(load.company_id) as session:
            asked = await read_question(session, question)
            hits = await find_by_words(session, asked, Narrow((PUBLIC,)), AT)
        exact = np.sort(asked.scorer.score(bags).bm25)[::-1][:AT]
        shares.append(float(np.mean(np.array(hits.bm25 + [0.0] * AT)[:AT] >= exact - 1e-9)))
    return float(np.mean(shares))


async def _indexing(
    resources: Resources, owner: psycopg.Connection, company_id: int, count: int
) -> str:
    """One long article after a short one that makes everything load."""
    random = np.random.default_rng(time.time_ns())
    await index_document(resources, company_id, await _article(resources, company_id, random, 1))
    document_id = await _article(resources, company_id, random, count)
    began, before = time.perf_counter(), _worked(owner)
    await index_document(resources, company_id, document_id)
    taken, worked = time.perf_counter() - began, _worked(owner) - before
    async with resources.db.transaction(company_id) as session:
        made = await session.scalar(
            text("select count(*) from knowledge_vector where document_id = :id"),
            {"id": document_id},
        )
    return (
        f"Indexing: {made} chunks of an article of {count * 680} characters in {taken:.1f} s,"
        f" {made / taken:.0f} a second; {worked / made * 1000:.1f} ms of processor time each."
    )


async def _article(
    resources: Resources, company_id: int, random: np.random.Generator, chunks: int
) -> int:
    sentences = ". ".join(make_questions(random, chunks * 12))
    async with resources.db.transaction(company_id) as session:
        added = await session.scalar(
            _ARTICLE, {"title": "Measured", "body": sentences[: chunks * 680]}
        )
    return int(added)


def _worked(owner: psycopg.Connection) -> float:
    """Seconds of processor time so far: ours, of children that ended, of the database's processes."""
    ours = time.process_time()
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    database = 0
    for (pid,) in owner.execute("select pid from pg_stat_activity").fetchall():
        database += int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])
    return ours + children.ru_utime + children.ru_stime + database / 1e9


_ARTICLE = text(
    "insert into knowledge_document (company_id, source_type, kind, title, body, visibility, state)"
    " values (current_company(), 'article', 'markdown', :title, :body, 'public', 'waiting') returning id"
)


if __name__ == "__main__":
    main()
