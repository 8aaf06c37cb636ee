"""Very many pieces at once, made here and put beside what reading would have written.

Vectors: real ones of some thousand generated sentences, each piece's a mixture of two of them and noise.
Words: those of its sentence, and others by Zipf's law.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import psycopg
from numpy.typing import NDArray
from rich.console import Console

from ticketyard.ai.embedding import open_embedder
from ticketyard.knowledge.retrieving.asked import Key

Floats = NDArray[np.float32]

WORDS = 60_000
WORDS_A_CHUNK = 40
CHUNKS_A_DOCUMENT = 10
BATCH = 20_000
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

    def key(self, row: int) -> Key:
        """How the piece in this row is called."""
        return Key(self.first + row // CHUNKS_A_DOCUMENT, row % CHUNKS_A_DOCUMENT)

    def keep(self, path: Path) -> None:
        """Write it beside the database, for another time."""
        np.savez(
            path,
            vectors=self.vectors,
            words=self.words,
            ids=np.array([self.company_id, self.first]),
        )

    @classmethod
    def kept(cls, path: Path) -> Self:
        """What `keep` wrote."""
        with np.load(path) as arrays:
            company_id, first = map(int, arrays["ids"])
            return cls(company_id, arrays["vectors"], arrays["words"], first)


def make_sentences(random: np.random.Generator) -> tuple[list[str], Floats]:
    """Sentences as people write to a desk, and their vectors."""
    every = [
        f"The {thing} {trouble} {place}"
        for thing in THINGS
        for trouble in TROUBLES
        for place in PLACES
    ]
    chosen = [every[place] for place in random.permutation(len(every))[:6_000]]
    return chosen, np.asarray(open_embedder().embed(chosen), np.float32)


def make_questions(random: np.random.Generator, count: int) -> list[str]:
    """Questions about the same things, each with a frequent and a rare word."""
    return [
        f"{random.choice(THINGS)} {random.choice(TROUBLES)} {random.choice(PLACES)},"
        f" w{int(random.zipf(1.3)) % WORDS} w{int(random.integers(WORDS))}"
        for _ in range(count)
    ]


def fill(
    owner: psycopg.Connection,
    company_id: int,
    count: int,
    sentences: Sequence[str],
    bases: Floats,
    random: np.random.Generator,
) -> Load:
    """A company's documents, chunks, words and vectors by COPY; counts as the triggers would have made them."""
    first = _documents(owner, company_id, (count + CHUNKS_A_DOCUMENT - 1) // CHUNKS_A_DOCUMENT)
    stemmed = _stem(owner, sentences)
    numbers = _dictionary(owner, company_id, stemmed)
    own = [np.array(sorted(numbers[word] for word in stems), np.int32) for stems in stemmed]
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


def _stem(owner: psycopg.Connection, sentences: Sequence[str]) -> list[frozenset[str]]:
    rows = owner.execute(
        "select tsvector_to_array(to_tsvector('russian', s))"
        " from unnest(%s::text[]) with ordinality as asked(s, place) order by place",
        (list(sentences),),
    )
    return [frozenset(stems) for (stems,) in rows]


def _dictionary(
    owner: psycopg.Connection, company_id: int, stemmed: Sequence[frozenset[str]]
) -> dict[str, int]:
    known = sorted(frozenset().union(*stemmed)) + [f"w{n}" for n in range(WORDS)]
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


def build_indexes(owner: psycopg.Connection, console: Console) -> None:
    """The two that were dropped for the filling; tells how long each took, and how large all is."""
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
