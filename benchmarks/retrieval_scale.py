"""How fast a question is answered from a million chunks, what the indexes miss, how fast chunks go in.

Chunks are made here: real MiniLM vectors of some thousand generated sentences, each chunk's a mixture of
two of them and noise; words by Zipf's law around the sentence. One large company and a small one beside
it. Indexing is measured over the real path, embedding included.
"""

import argparse
import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psycopg
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from kit.machine import about
from kit.server import folder
from kit.shelving import shelve
from ticketyard.ai.bm25 import Bags
from ticketyard.ai.embedding import open_embedder
from ticketyard.core.config import Settings
from ticketyard.core.embedded import EmbeddedPostgres
from ticketyard.core.resources import Resources
from ticketyard.core.storage import Blobs
from ticketyard.knowledge.retrieving.asked import PUBLIC, Asked, Key, Narrow
from ticketyard.knowledge.retrieving.finding import DEPTH, retrieve
from ticketyard.knowledge.retrieving.index import PieceIndex
from ticketyard.knowledge.retrieving.vectors import PostgresVectors
from ticketyard.knowledge.retrieving.words import find_by_words, read_question
from ticketyard.migrations.running import upgrade
from ticketyard.people.companies import found_company
from ticketyard.wiring import build_resources, open_database

Floats = NDArray[np.float32]

WORDS = 60_000
WORDS_A_CHUNK = 40
CHUNKS_A_DOCUMENT = 10
BATCH = 20_000
AT = 10
THINGS = (
    "laptop", "printer", "VPN", "mailbox", "badge", "phone", "projector", "invoice", "password", "scanner",
    "calendar", "router", "monitor", "keyboard", "contract", "payroll", "server", "database", "camera",
    "headset", "licence", "certificate", "backup", "firewall", "website", "shared drive", "meeting room",
    "expense report", "delivery", "customer account",
)  # fmt: skip
TROUBLES = (
    "does not start", "is very slow", "was stolen", "shows an error", "cannot be reached", "has expired",
    "was deleted by mistake", "needs an upgrade", "is locked", "keeps disconnecting", "was sent twice",
    "makes a strange noise", "is missing", "does not print", "asks for a code again and again",
    "lost its settings", "belongs to somebody else", "has to be moved", "is out of date", "overheats",
)  # fmt: skip
PLACES = (
    "in the Berlin office", "since the update", "for the whole team", "when I work from home", "on Mondays",
    "after the merger", "for a new colleague", "at the reception", "on the second floor", "during calls",
    "with the new account", "before the audit", "in the warehouse", "on my mobile", "for external partners",
    "after a power cut", "in the test environment", "when it rains", "at night", "in every browser",
)  # fmt: skip


@dataclass(frozen=True)
class Load:
    """What was put in, as it stands in the tables: for exact search beside the indexes."""

    company_id: int
    vectors: NDArray[np.float16]
    words: NDArray[np.int32]
    first: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chunks", type=int, default=1_000_000)
    parser.add_argument("--small", type=int, default=2_000)
    parser.add_argument("--middle", type=int, default=30_000)
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--indexed", type=int, default=512, help="chunks for the speed of indexing")
    parser.add_argument("--explain", action="store_true")
    arguments = parser.parse_args()
    console = Console(width=130)
    console.print(about())
    with folder() as place:
        postgres = EmbeddedPostgres(place / "pg", {"max_wal_size": "'4GB'"})
        url = postgres.start()
        try:
            upgrade(url)
            asyncio.run(_measure(arguments, console, postgres, url, place))
        finally:
            postgres.stop()


async def _measure(
    arguments: argparse.Namespace,
    console: Console,
    postgres: EmbeddedPostgres,
    url: str,
    place: Path,
) -> None:
    database = open_database(url)
    resources = build_resources(
        database, Blobs.on_disk(place), Settings(_env_file=None, data_dir=place)
    )
    random = np.random.default_rng(7)
    sentences, bases = _sentences(random)
    began = time.perf_counter()
    loads = []
    with psycopg.connect(postgres.url(user="postgres"), autocommit=True) as owner:
        owner.execute("set session_replication_role = replica")
        owner.execute("drop index knowledge_piece_found, knowledge_vector_near_384")
        for name, count in (
            ("large", arguments.chunks),
            ("middle", arguments.middle),
            ("small", arguments.small),
        ):
            company_id = await found_company(database, name=name, slug=name)
            loads.append(_load(owner, company_id, count, sentences, bases, random))
        console.print(f"Filled in {time.perf_counter() - began:.0f} s.")
        _build(owner, console)
    for name, load in zip(("large", "middle", "small"), loads, strict=True):
        questions = _questions(random, arguments.questions)
        console.print(await _company(resources, name, load, questions))
    if arguments.explain:
        with psycopg.connect(url) as connection:
            _explain(connection, loads[0], bases[3], console)
    console.print(await _indexing(resources, loads[0].company_id, arguments.indexed, random))
    await database.close()


# -- filling ---------------------------------------------------------------------------------------


def _sentences(random: np.random.Generator) -> tuple[list[str], Floats]:
    every = [
        f"The {thing} {trouble} {place}"
        for thing in THINGS
        for trouble in TROUBLES
        for place in PLACES
    ]
    chosen = [every[place] for place in random.permutation(len(every))[:6_000]]
    return chosen, np.asarray(open_embedder().embed(chosen), np.float32)


def _questions(random: np.random.Generator, count: int) -> list[str]:
    return [
        f"{random.choice(THINGS)} {random.choice(TROUBLES)} {random.choice(PLACES)},"
        f" w{int(random.zipf(1.3)) % WORDS} w{int(random.integers(WORDS))}"
        for _ in range(count)
    ]


def _load(
    owner: psycopg.Connection,
    company_id: int,
    count: int,
    sentences: Sequence[str],
    bases: Floats,
    random: np.random.Generator,
) -> Load:
    """Documents, chunks, words and vectors by COPY; the counts are what the triggers would have made."""
    first = _documents(owner, company_id, (count + CHUNKS_A_DOCUMENT - 1) // CHUNKS_A_DOCUMENT)
    numbers = _dictionary(owner, company_id, sentences)
    own = [np.array(sorted(numbers[word] for word in _stems(s)), np.int32) for s in sentences]
    filler = np.array([numbers[f"w{word}"] for word in range(WORDS)], np.int32)
    # Half precision, as the table keeps them.
    vectors = np.empty((count, bases.shape[1]), np.float16)
    words = np.empty((count, WORDS_A_CHUNK), np.int32)
    for start in range(0, count, BATCH):
        rows = min(BATCH, count - start)
        about_what = random.integers(len(bases), size=rows)
        vectors[start : start + rows] = _mixed(bases, about_what, random)
        words[start : start + rows] = _bag(own, filler, about_what, random)
        _copy(owner, company_id, first, start, sentences, about_what, words, vectors)
    held, pieces = np.unique(words, return_counts=True)
    owner.execute(
        "update knowledge_word w set pieces = n.pieces from unnest(%s::integer[], %s::integer[])"
        " n(id, pieces) where w.id = n.id",
        (held.tolist(), pieces.tolist()),
    )
    owner.execute("delete from knowledge_word where company_id = %s and pieces = 0", (company_id,))
    owner.execute(
        "insert into knowledge_group values (%s, 'public', '', %s, %s)",
        (company_id, count, count * WORDS_A_CHUNK),
    )
    return Load(company_id, vectors, words, first)


def _documents(owner: psycopg.Connection, company_id: int, count: int) -> int:
    row = owner.execute(
        "with made as (insert into knowledge_document (company_id, source_type, kind, title, body,"
        " visibility, state) select %s, 'article', 'text', 'Article ' || n, '', 'public', 'ready'"
        " from generate_series(1, %s) n returning id) select min(id) from made",
        (company_id, count),
    ).fetchone()
    assert row is not None
    return int(row[0])


def _stems(sentence: str) -> list[str]:
    return list(_STEMMED[sentence])


_STEMMED: dict[str, frozenset[str]] = {}


def _dictionary(
    owner: psycopg.Connection, company_id: int, sentences: Sequence[str]
) -> dict[str, int]:
    for sentence, stems in owner.execute(
        "select s, tsvector_to_array(to_tsvector('russian', s)) from unnest(%s::text[]) s",
        (list(sentences),),
    ):
        _STEMMED[sentence] = frozenset(stems)
    known = sorted(set().union(*_STEMMED.values())) + [f"w{n}" for n in range(WORDS)]
    rows = owner.execute(
        "insert into knowledge_word (company_id, word) select %s, unnest(%s::text[]) returning word, id",
        (company_id, known),
    )
    return dict(rows.fetchall())


def _mixed(bases: Floats, chosen: NDArray[np.int64], random: np.random.Generator) -> Floats:
    other = bases[random.integers(len(bases), size=len(chosen))]
    noise = random.normal(size=(len(chosen), bases.shape[1])).astype(np.float32)
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    mixed = bases[chosen] + 0.4 * other + 0.5 * noise
    return np.asarray(mixed / np.linalg.norm(mixed, axis=1, keepdims=True), np.float32)


def _bag(
    own: Sequence[NDArray[np.int32]],
    filler: NDArray[np.int32],
    chosen: NDArray[np.int64],
    random: np.random.Generator,
) -> NDArray[np.int32]:
    """The sentence's words and others by Zipf's law, each once, rising."""
    bags = np.empty((len(chosen), WORDS_A_CHUNK), np.int32)
    drawn = filler[(random.zipf(1.3, size=(len(chosen), 3 * WORDS_A_CHUNK)) - 1) % WORDS]
    spare = filler[random.integers(WORDS, size=(len(chosen), WORDS_A_CHUNK))]
    for bag, about_what, some, more in zip(bags, chosen, drawn, spare, strict=True):
        words = dict.fromkeys([*own[about_what].tolist(), *some.tolist(), *more.tolist()])
        bag[:] = sorted(list(words)[:WORDS_A_CHUNK])
    return bags


def _copy(
    owner: psycopg.Connection,
    company_id: int,
    first: int,
    start: int,
    sentences: Sequence[str],
    chosen: NDArray[np.int64],
    words: NDArray[np.int32],
    vectors: NDArray[np.float16],
) -> None:
    keys = [
        (first + place // CHUNKS_A_DOCUMENT, place % CHUNKS_A_DOCUMENT)
        for place in range(start, start + len(chosen))
    ]
    filling = "lorem ipsum dolor sit amet " * 12
    with owner.cursor() as cursor:
        with cursor.copy(
            "copy knowledge_chunk (company_id, document_id, number, text, starts_at, ends_at, visibility)"
            " from stdin"
        ) as copy:
            for (document, number), about_what in zip(keys, chosen, strict=True):
                body = f"{sentences[about_what]}. {number} {filling}"
                copy.write_row((company_id, document, number, body, 0, len(body), "public"))
        times = "\\\\x" + "01" * WORDS_A_CHUNK
        with cursor.copy(
            "copy knowledge_piece (company_id, document_id, number, source_type, visibility, category,"
            " length, words, times) from stdin"
        ) as copy:
            for (document, number), bag in zip(keys, words[start:].tolist(), strict=False):
                numbers = ",".join(map(str, bag))
                copy.write(
                    f"{company_id}\t{document}\t{number}\tarticle\tpublic\t\t{WORDS_A_CHUNK}"
                    f"\t{{{numbers}}}\t{times}\n"
                )
        with cursor.copy(
            "copy knowledge_vector (company_id, document_id, number, embedder, source_type, visibility,"
            " category, embedding) from stdin with (format binary)"
        ) as copy:
            copy.write(_as_rows(company_id, keys, vectors[start : start + len(chosen)]))


def _as_rows(
    company_id: int, keys: Sequence[tuple[int, int]], vectors: NDArray[np.float16]
) -> bytes:
    """PostgreSQL's binary COPY: every row has the same length, so numpy lays them all out at once."""
    name = open_embedder().name.encode()
    fields: list[tuple[str, bytes | None, str, int]] = [
        ("company", None, ">i4", 4),
        ("document", None, ">i8", 8),
        ("number", None, ">i4", 4),
        ("embedder", name, f"S{len(name)}", len(name)),
        ("source", b"article", "S7", 7),
        ("visibility", b"public", "S6", 6),
        ("category", b"", "", 0),
    ]
    shape: list[tuple[str, str]] = [("count", ">i2")]
    for field, _, kind, _ in fields:
        shape.append((f"{field}_length", ">i4"))
        if kind:
            shape.append((field, kind))
    size = vectors.shape[1]
    layout = np.dtype(
        [
            *shape,
            ("length", ">i4"),
            ("dimensions", ">i2"),
            ("unused", ">i2"),
            ("vector", ">f2", (size,)),
        ]
    )
    rows = np.zeros(len(keys), layout)
    rows["count"] = len(fields) + 1
    for field, value, kind, length in fields:
        rows[f"{field}_length"] = length
        if value is not None and kind:
            rows[field] = value
    rows["company"] = company_id
    rows["document"] = [document for document, _ in keys]
    rows["number"] = [number for _, number in keys]
    rows["length"], rows["dimensions"], rows["vector"] = 4 + 2 * size, size, vectors
    return b"PGCOPY\n\xff\r\n\x00" + b"\x00" * 8 + rows.tobytes() + b"\xff\xff"


def _build(owner: psycopg.Connection, console: Console) -> None:
    owner.execute("set maintenance_work_mem = '3GB'")
    owner.execute("set max_parallel_maintenance_workers = 2")
    for name, statement in (
        (
            "words (GIN)",
            "create index knowledge_piece_found on knowledge_piece using gin (words) with (fastupdate = off)",
        ),
        (
            "vectors (HNSW)",
            "create index knowledge_vector_near_384 on knowledge_vector"
            " using hnsw ((embedding::halfvec(384)) halfvec_cosine_ops) where vector_dims(embedding) = 384",
        ),
    ):
        began = time.perf_counter()
        owner.execute(statement)
        console.print(f"Index of {name} built in {time.perf_counter() - began:.0f} s.")
    owner.execute("vacuum analyze")
    for table, size in owner.execute(
        "select relname, pg_size_pretty(pg_total_relation_size(oid)) from pg_class"
        " where relkind = 'r' and relname like 'knowledge_%' and pg_total_relation_size(oid) > 10000000"
        " union all select 'all of it', pg_size_pretty(pg_database_size(current_database()))"
    ):
        console.print(f"{table}: {size}")


# -- measuring -------------------------------------------------------------------------------------


async def _company(resources: Resources, name: str, load: Load, questions: Sequence[str]) -> Table:
    narrow = Narrow((PUBLIC,))
    for question in questions[:20]:
        await retrieve(resources, load.company_id, Asked(question, narrow))
    taken = []
    for question in questions:
        began = time.perf_counter()
        await retrieve(resources, load.company_id, Asked(question, narrow, limit=AT))
        taken.append(time.perf_counter() - began)
    table = Table("", "", title=f"{name}: {len(load.vectors)} chunks, {len(questions)} questions")
    for share in (50, 95, 99):
        table.add_row(f"retrieve p{share}", f"{np.percentile(taken, share) * 1000:.1f} ms")
    table.add_row(
        f"vectors: recall@{AT} against exact",
        f"{await _vector_recall(resources, load, questions):.3f}",
    )
    table.add_row(
        f"words: recall@{AT} of BM25 against exact",
        f"{await _word_recall(resources, load, questions[:15]):.3f}",
    )
    return table


def _key(load: Load, row: int) -> Key:
    return Key(load.first + row // CHUNKS_A_DOCUMENT, row % CHUNKS_A_DOCUMENT)


async def _vector_recall(resources: Resources, load: Load, questions: Sequence[str]) -> float:
    index = resources.part(PieceIndex)
    vectors, shares = PostgresVectors(), []
    for question in questions:
        place = await index.place(question)
        near = await vectors.nearest(resources.db, load.company_id, place, Narrow((PUBLIC,)), DEPTH)
        likeness = np.concatenate(
            [
                load.vectors[start : start + 200_000].astype(np.float32) @ place.vector
                for start in range(0, len(load.vectors), 200_000)
            ]
        )
        best = np.argpartition(-likeness, AT)[:AT]
        right = {_key(load, int(row)) for row in best}
        shares.append(len(right & {each.key for each in near[:AT]}) / AT)
    return float(np.mean(shares))


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
    for text in questions:
        async with resources.db.transaction(load.company_id) as session:
            question = await read_question(session, text)
            hits = await find_by_words(session, question, Narrow((PUBLIC,)), AT)
        exact = np.sort(question.scorer.score(bags).bm25)[::-1][:AT]
        shares.append(float(np.mean(np.array(hits.bm25 + [0.0] * AT)[:AT] >= exact - 1e-9)))
    return float(np.mean(shares))


async def _indexing(
    resources: Resources, company_id: int, count: int, random: np.random.Generator
) -> str:
    texts = [(f"Measured {n}", " ".join(_questions(random, 12))[:800]) for n in range(count)]
    began, worked = time.perf_counter(), time.process_time()
    await shelve(resources, company_id, texts)
    taken = time.perf_counter() - began
    cpu = time.process_time() - worked
    return (
        f"Indexing: {count / taken:.0f} chunks/s of 800 characters, embedding included"
        f" ({cpu / count * 1000:.1f} ms of processor time each in this process)."
    )


def _explain(connection: psycopg.Connection, load: Load, vector: Floats, console: Console) -> None:
    connection.execute("set role ticketyard_app")
    connection.execute("select enter_company(%s)", (load.company_id,))
    connection.execute(
        "select set_config('app.company_id', %s, false), set_config('hnsw.iterative_scan',"
        " 'relaxed_order', false), set_config('hnsw.ef_search', '120', false)",
        (str(load.company_id),),
    )
    place = "[" + ",".join(f"{value:.6g}" for value in vector.tolist()) + "]"
    for statement in (
        "select document_id, number, embedding::halfvec(384) <=> $v$::halfvec(384) as distance"
        " from knowledge_vector where company_id = current_company() and embedder = 'minilm-l6-v2-q8'"
        " and visibility = any('{public}') and vector_dims(embedding) = 384"
        " order by distance limit 60",
        "select count(*) from word_hits((select array_agg(id) from (select id from knowledge_word"
        " where pieces between 200 and 300 limit 4) x), '[]', '{\"visibilities\": [\"public\"]}', 4000)",
    ):
        console.print(statement.replace("$v$", "…"))
        for (line,) in connection.execute(
            "explain (analyze, buffers) " + statement.replace("$v$", f"'{place}'")
        ):
            console.print(line[:200], markup=False)


if __name__ == "__main__":
    main()
