"""Finding pieces by what they mean: what every index of vectors does, and the one in PostgreSQL."""

import time
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.ai.embedding import Vectors
from ticketyard.core.db import Database, raw_connection
from ticketyard.knowledge.retrieving.asked import Key, Narrow
from ticketyard.knowledge.retrieving.words import count_pieces

# Up to so many pieces, reading all of them is as quick as the index, and exact.
EXACT_MAX = 10_000
# The index holds all companies: where only one in so many may be found, more are read without it.
_EXACT_AMONG_MANY = 30_000
_PASSED_BY = 10
# How many there are is believed so long, of so many companies.
_BELIEVED_SECONDS = 30.0
_COUNTS_MAX = 10_000
# How many the index keeps in view while it walks, and how many it may look at where many are filtered
# out: the price of finding what exact search would find.
_IN_VIEW = 600
_LOOKED_AT_MAX = 8_000
# The lengths that have an index of their own (knowledge_vectors.sql).
_INDEXED = (384, 512, 768, 1024, 1536, 3072)


class VectorsUnavailable(Exception):
    """The index of vectors cannot be asked just now; words alone can answer."""


class Near(NamedTuple):
    """A piece and how like the question it is (cosine)."""

    key: Key
    cosine: float


class Place(NamedTuple):
    """A question's place among all texts, and the model that gave it."""

    embedder: str
    vector: Vectors


class VectorIndex(Protocol):
    """Where vectors of pieces are kept. Both verbs raise VectorsUnavailable where it cannot be reached."""

    @property
    def name(self) -> str:
        """How it is called in notes and logs."""
        ...

    @property
    def is_beside(self) -> bool:
        """Whether it is in the database itself; else no transaction is held while it is asked."""
        ...

    async def nearest(
        self, db: Database, company_id: int, place: Place, narrow: Narrow, limit: int
    ) -> list[Near]:
        """The nearest pieces of this company that may be found, the nearest first."""
        ...

    async def likeness(
        self, session: AsyncSession | None, company_id: int, place: Place, keys: Sequence[Key]
    ) -> dict[Key, float]:
        """How like the question these pieces are; those without a vector are left out.

        session: a transaction of the company, where the index is beside.
        """
        ...


class PostgresVectors:
    """Vectors beside the pieces, in the same transaction; needs the extension `vector`."""

    name = "pgvector"
    is_beside = True

    def __init__(self) -> None:
        self._counted: dict[tuple[object, ...], tuple[float, tuple[int, int]]] = {}

    async def nearest(
        self, db: Database, company_id: int, place: Place, narrow: Narrow, limit: int
    ) -> list[Near]:
        """The nearest pieces: exactly where few may be found, by the index (HNSW) where many."""
        async with db.transaction(company_id) as session:
            counted = await self._count(session, company_id, narrow)
            if not counted[0]:
                return []
            dimensions = len(place.vector)
            indexed = dimensions in _INDEXED and not narrow.document_id and _is_many(*counted)
            connection = await raw_connection(session)
            await connection.execute(_BY_INDEX if indexed else _EXACTLY)
            cursor = await connection.execute(
                _nearest(dimensions, narrow, indexed=indexed),
                {
                    "place": as_text(place.vector),
                    "embedder": place.embedder,
                    "visibilities": list(narrow.visibilities),
                    "category": narrow.category,
                    "source_type": narrow.source_type,
                    "document_id": narrow.document_id,
                    "but_document_id": narrow.but_document_id,
                    "limit": limit,
                },
                prepare=False,
            )
            rows = await cursor.fetchall()
        return sorted(
            (Near(Key(document, number), 1.0 - distance) for document, number, distance in rows),
            key=lambda near: -near.cosine,
        )

    async def _count(
        self, session: AsyncSession, company_id: int, narrow: Narrow
    ) -> tuple[int, int]:
        """Roughly how many may be found, of how many in all: believed for a while where it is many."""
        key = (company_id, narrow.visibilities, narrow.category)
        until, known = self._counted.get(key, (0.0, (0, 0)))
        if until > time.monotonic():
            return known
        pieces = await count_pieces(session, narrow)
        if len(self._counted) >= _COUNTS_MAX:
            self._counted.clear()
        if pieces <= EXACT_MAX:
            return pieces, pieces
        connection = await raw_connection(session)
        row = await (await connection.execute(_IN_ALL)).fetchone()
        counted = pieces, max(int(row[0]) if row else 0, pieces)
        self._counted[key] = (time.monotonic() + _BELIEVED_SECONDS, counted)
        return counted

    async def likeness(
        self, session: AsyncSession | None, company_id: int, place: Place, keys: Sequence[Key]
    ) -> dict[Key, float]:
        """The cosine of each."""
        if session is None or not keys:
            return {}
        connection = await raw_connection(session)
        cursor = await connection.execute(
            _LIKENESS,
            {
                "place": as_text(place.vector),
                "embedder": place.embedder,
                "dimensions": len(place.vector),
                "documents": [key.document_id for key in keys],
                "numbers": [key.number for key in keys],
            },
            prepare=True,
        )
        rows = await cursor.fetchall()
        return {Key(document, number): 1.0 - distance for document, number, distance in rows}


def _is_many(pieces: int, in_all: int) -> bool:
    """Whether the index is quicker. Among so many others that it would pass by nine of ten, it is not."""
    few = EXACT_MAX if pieces * _PASSED_BY > in_all else _EXACT_AMONG_MANY
    return pieces > few


def _nearest(dimensions: int, narrow: Narrow, *, indexed: bool) -> str:
    """Only conditions that are asked for stand there: each is a reason less for the planner to err.

    Adding nothing to the distance keeps the index out where all shall be read.
    """
    conditions = [
        "company_id = current_company()",
        "embedder = %(embedder)s",
        f"vector_dims(embedding) = {dimensions}",
        "visibility = any(%(visibilities)s)",
    ]
    conditions += [
        f"{name} = %({name})s"
        for name in ("category", "source_type", "document_id")
        if getattr(narrow, name) is not None
    ]
    if narrow.but_document_id is not None:
        conditions.append("document_id <> %(but_document_id)s")
    if not indexed:
        distance = "(embedding <=> %(place)s::halfvec) + 0.0"
    else:
        distance = f"embedding::halfvec({dimensions}) <=> %(place)s::halfvec({dimensions})"
    return (
        f"select document_id, number, {distance} as distance from knowledge_vector"
        f" where {' and '.join(conditions)} order by distance limit %(limit)s"
    )


def as_text(vector: Vectors) -> str:
    """A vector as the extension reads it."""
    return "[" + ",".join(f"{value:.6g}" for value in np.asarray(vector).tolist()) + "]"


async def store_vectors(
    session: AsyncSession,
    embedder: str,
    keys: Sequence[Key],
    vectors: Vectors,
) -> None:
    """Put vectors in beside pieces whose words are in already."""
    connection = await raw_connection(session)
    await connection.execute(
        _STORE,
        {
            "embedder": embedder,
            "documents": [key.document_id for key in keys],
            "numbers": [key.number for key in keys],
            "vectors": [as_text(vector) for vector in vectors],
        },
    )


_IN_ALL = "select reltuples::bigint from pg_class where oid = 'knowledge_vector'::regclass"
# Relaxed order: the walk goes on until enough of what it meets may be found; sorted afterwards.
_BY_INDEX = (
    "select set_config('hnsw.iterative_scan', 'relaxed_order', true),"
    f" set_config('hnsw.ef_search', '{_IN_VIEW}', true),"
    f" set_config('hnsw.max_scan_tuples', '{_LOOKED_AT_MAX}', true)"
)
# A small company beside a large one: never the whole table for its few rows.
_EXACTLY = "select set_config('enable_seqscan', 'off', true)"
_LIKENESS = """
    select v.document_id, v.number, v.embedding <=> %(place)s::halfvec
    from unnest(%(documents)s::bigint[], %(numbers)s::integer[]) k(document_id, number)
    join knowledge_vector v on v.company_id = current_company()
      and v.document_id = k.document_id and v.number = k.number and v.embedder = %(embedder)s
      and vector_dims(v.embedding) = %(dimensions)s
"""
_STORE = """
    insert into knowledge_vector (company_id, document_id, number, embedder, source_type, visibility,
                                  category, embedding)
    select p.company_id, p.document_id, p.number, %(embedder)s, p.source_type, p.visibility, p.category,
           k.vector::halfvec
    from unnest(%(documents)s::bigint[], %(numbers)s::integer[], %(vectors)s::text[])
      k(document_id, number, vector)
    join knowledge_piece p on p.company_id = current_company()
      and p.document_id = k.document_id and p.number = k.number
    on conflict (company_id, document_id, number)
    do update set embedder = excluded.embedder, embedding = excluded.embedding
"""
