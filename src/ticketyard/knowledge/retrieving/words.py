"""Finding pieces by their words: candidates from the index in the database, scored by BM25."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from psycopg.adapt import Buffer, Loader
from psycopg.pq import Format
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.ai.bm25 import Bags, Plan, Scorer, Term, plan
from ticketyard.core.db import raw_connection
from ticketyard.knowledge.retrieving.asked import Key, Narrow

# So many pieces are fetched and scored for a question, rarest words first.
BUDGET = 1_500
# Of a long question the rarest words count; the others would only cost time.
TERMS_MAX = 96

_INT4_ARRAY, _INT8_ARRAY = 1007, 1016
# A one-dimensional array as PostgreSQL sends it: 20 bytes of head, then 4 of length and 4 of value each.
_HEAD = 20


class _AsSent(Loader):
    """An array of numbers as the bytes it came in; numpy reads thousands of them at once."""

    format = Format.BINARY

    def load(self, data: Buffer) -> bytes:
        return bytes(data)


@dataclass(frozen=True)
class Question:
    """A question's words as the company's index knows them."""

    scorer: Scorer
    plan: Plan
    words: frozenset[str]


@dataclass(frozen=True)
class WordHits:
    """Pieces with their scores, the best first."""

    keys: list[Key]
    bm25: list[float]


async def read_question(session: AsyncSession, text: str) -> Question:
    """Look up the question's words, and how many pieces there are."""
    connection = await raw_connection(session)
    cursor = await connection.execute(_QUESTION, (text,), prepare=True)
    rows = await cursor.fetchall()
    pieces, words = (int(rows[0][4]), int(rows[0][5])) if rows else (0, 0)
    terms = [(word, Term(id, times, held or 0)) for word, times, id, held, *_ in rows]
    # Words that nobody wrote find nothing; they only say how much of the question is left open.
    terms.sort(key=lambda pair: (pair[1].texts == 0, pair[1].texts))
    terms = terms[:TERMS_MAX]
    chosen = [term for _, term in terms]
    return Question(
        scorer=Scorer(chosen, pieces, words / pieces if pieces else 0.0),
        plan=plan(chosen, pieces, BUDGET),
        words=frozenset(word for word, _ in terms),
    )


async def count_pieces(session: AsyncSession, narrow: Narrow) -> int:
    """How many of the company's pieces may be found, as far as groups tell."""
    connection = await raw_connection(session)
    cursor = await connection.execute(
        "select coalesce(sum(pieces), 0)::bigint from knowledge_group"
        " where company_id = current_company() and visibility = any(%(visibilities)s)"
        " and (%(category)s::text is null or category = %(category)s)",
        {"visibilities": list(narrow.visibilities), "category": narrow.category},
        prepare=True,
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def find_by_words(
    session: AsyncSession, question: Question, narrow: Narrow, limit: int
) -> WordHits:
    """The pieces whose words answer best."""
    if not question.plan.any_of and not question.plan.sets:
        return WordHits([], [])
    connection = await raw_connection(session)
    async with connection.cursor(binary=True) as cursor:
        for array in (_INT4_ARRAY, _INT8_ARRAY):
            cursor.adapters.register_loader(array, _AsSent)
        await cursor.execute(
            _HITS,
            (
                question.plan.any_of,
                json.dumps(question.plan.sets),
                json.dumps(narrow.as_json()),
                BUDGET,
            ),
            prepare=True,
        )
        row = await cursor.fetchone()
    if row is None or row[0] is None:
        return WordHits([], [])
    documents, numbers, lengths, counts = _longs(row[0]), *map(_ints, row[1:4])
    bags = Bags(
        words=np.frombuffer(row[4], ">i4")[1::2].astype(np.int32),
        times=np.frombuffer(row[5], np.uint8),
        owner=np.repeat(np.arange(len(documents)), counts),
        lengths=lengths,
    )
    scores = question.scorer.score(bags).bm25
    best: dict[Key, float] = {}
    for place in np.argsort(-scores, kind="stable"):
        # Found by its rare words and by a set of others it stands there twice.
        best[Key(int(documents[place]), int(numbers[place]))] = float(scores[place])
        if len(best) == limit:
            break
    return WordHits(list(best), list(best.values()))


def _ints(sent: bytes) -> NDArray[np.int64]:
    return np.frombuffer(sent[_HEAD:], ">i4")[1::2].astype(np.int64)


def _longs(sent: bytes) -> NDArray[np.int64]:
    pairs = np.frombuffer(sent[_HEAD:], np.dtype([("length", ">i4"), ("value", ">i8")]))
    return pairs["value"].astype(np.int64)


def bags_of(pieces: Sequence[tuple[int, Sequence[int], bytes]]) -> Bags:
    """The same from (length, numbers of words, times) of a few pieces."""
    numbers = [np.asarray(words, np.int32) for _, words, _ in pieces]
    return Bags(
        words=np.concatenate(numbers) if numbers else np.zeros(0, np.int32),
        times=np.frombuffer(b"".join(bytes(times) for _, _, times in pieces), np.uint8),
        owner=np.repeat(np.arange(len(pieces)), [len(each) for each in numbers]),
        lengths=np.array([length for length, _, _ in pieces], np.int64),
    )


_QUESTION = """
    select q.word, q.times, q.id, q.pieces, g.pieces, g.words
    from asked_words(%s) q,
         (select coalesce(sum(pieces), 0)::bigint as pieces, coalesce(sum(words), 0)::bigint as words
          from knowledge_group where company_id = current_company()) g
"""
# One row for all hits: thousands of rows would cost more to take apart than to score.
_HITS = """
    select array_agg(document_id), array_agg(number), array_agg(length), array_agg(octet_length(times)),
           string_agg(substring(array_send(words) from 21), ''), string_agg(times, '')
    from word_hits(%s, %s, %s, %s)
"""
