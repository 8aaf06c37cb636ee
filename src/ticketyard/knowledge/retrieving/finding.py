"""Find the pieces that answer a question: by words and by meaning at once, ranked together."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.ai.embedding import EmbedderAway
from ticketyard.ai.ranking import Ranker
from ticketyard.core.log import get_logger
from ticketyard.core.resources import Resources
from ticketyard.knowledge.retrieving.asked import Asked, Candidate, Found, Key, Retrieval
from ticketyard.knowledge.retrieving.candidates import Weighed, read_candidates, weigh_pieces
from ticketyard.knowledge.retrieving.collapsing import collapse
from ticketyard.knowledge.retrieving.features import FEATURES, feature_rows
from ticketyard.knowledge.retrieving.index import PieceIndex
from ticketyard.knowledge.retrieving.rankings import ranking_of
from ticketyard.knowledge.retrieving.shipped import MEANING_SHARE, WORDS_ALONE
from ticketyard.knowledge.retrieving.vectors import (
    Place,
    VectorIndex,
    VectorsUnavailable,
)
from ticketyard.knowledge.retrieving.words import Question, WordHits, find_by_words, read_question

log = get_logger(__name__)

# How many pieces each of the two ways brings, and how many are looked at closely.
DEPTH = 60
POOL = 40


@dataclass(frozen=True)
class Gathered:
    """Everything ranking goes by.

    by_words, near: what each of the two ways brought by itself, the best first.
    """

    question: Question
    ranker: Ranker
    by_words: list[Key]
    near: list[Key]
    candidates: list[Candidate]
    rows: NDArray[np.float64]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Meaning:
    """What the index of vectors said; vectors is None where none can be asked."""

    vectors: VectorIndex | None = None
    place: Place | None = None
    cosines: Mapping[Key, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


async def retrieve(resources: Resources, company_id: int, asked: Asked) -> Retrieval:
    """The pieces of this company that most likely answer, the likeliest first.

    Opens transactions of its own and holds none over the network. Without vectors, or while their
    index or the server that makes them cannot be reached, words alone answer, and `notes` says so.
    """
    gathered = await gather(resources, company_id, asked)
    if gathered is None or not gathered.candidates:
        return Retrieval([], gathered.notes if gathered else ())
    rerank = resources.part(PieceIndex).options.rerank
    scores = gathered.ranker.score(gathered.rows)
    order = np.argsort(-(scores if rerank else weighted_sum(gathered.candidates)), kind="stable")
    found = [
        Found(
            gathered.candidates[place],
            float(scores[place]),
            dict(zip(FEATURES, gathered.rows[place].tolist(), strict=True)),
        )
        for place in order
        if scores[place] >= asked.min_score
    ]
    kept = collapse(found, asked.limit) if asked.collapse else found[: asked.limit]
    return Retrieval(kept, gathered.notes)


async def gather(resources: Resources, company_id: int, asked: Asked) -> Gathered | None:
    """The candidates and how they look; None where nothing is asked."""
    query = asked.read
    if not query:
        return None
    (question, by_words), meaning = await asyncio.gather(
        _by_words(resources, company_id, asked, query),
        _by_meaning(resources, company_id, asked, query),
    )
    keys = list(dict.fromkeys([*by_words.keys, *meaning.cosines]))
    near = list(meaning.cosines)
    meaning = await _compared(meaning, company_id, by_words.keys)
    async with resources.db.transaction(company_id) as session:
        meaning = await _compared(meaning, company_id, by_words.keys, session)
        weighed = await weigh_pieces(session, keys, question, asked.narrow, meaning.cosines)
        closest = _closest(weighed, max(POOL, asked.limit))
        candidates = await read_candidates(session, closest, asked.narrow)
        ranker = await ranking_of(session) if meaning.cosines else WORDS_ALONE
    rows = feature_rows(
        query,
        question.words,
        asked.likely_category,
        candidates,
        ideal=question.scorer.ideal,
        average_length=question.scorer.average,
        now=resources.clock(),
    )
    return Gathered(question, ranker, by_words.keys, near, candidates, rows, meaning.notes)


async def _by_words(
    resources: Resources, company_id: int, asked: Asked, query: str
) -> tuple[Question, WordHits]:
    async with resources.db.transaction(company_id) as session:
        question = await read_question(session, query)
        depth = max(DEPTH, asked.limit)
        return question, await find_by_words(session, question, asked.narrow, depth)


async def _by_meaning(resources: Resources, company_id: int, asked: Asked, query: str) -> _Meaning:
    index = resources.part(PieceIndex)
    vectors = await index.vectors(resources.db)
    if vectors is None:
        return _Meaning(notes=("Without vectors: found by words alone.",))
    depth = max(DEPTH, asked.limit)
    try:
        place = await index.place(query)
        near = await vectors.nearest(resources.db, company_id, place, asked.narrow, depth)
    except EmbedderAway as away:
        log.warning("embedder_away", company_id=company_id, problem=str(away))
        return _Meaning(notes=("The embeddings server cannot be reached: found by words alone.",))
    except VectorsUnavailable as error:
        return _Meaning(notes=_without_vectors(vectors, company_id, error))
    return _Meaning(vectors, place, {each.key: each.cosine for each in near})


async def _compared(
    meaning: _Meaning, company_id: int, keys: Sequence[Key], session: AsyncSession | None = None
) -> _Meaning:
    """With the likeness of what words found: asked inside of the transaction where vectors are in the
    database, and outside of any where they are elsewhere."""
    vectors, place = meaning.vectors, meaning.place
    if vectors is None or place is None or vectors.is_beside != (session is not None):
        return meaning
    missing = [key for key in keys if key not in meaning.cosines]
    try:
        more = await vectors.likeness(session, company_id, place, missing)
    except VectorsUnavailable as error:
        return _Meaning(notes=_without_vectors(vectors, company_id, error))
    return replace(meaning, cosines={**meaning.cosines, **more})


def _without_vectors(
    vectors: VectorIndex, company_id: int, error: VectorsUnavailable
) -> tuple[str, ...]:
    log.warning("vectors_unavailable", index=vectors.name, company_id=company_id, why=str(error))
    return (f"{vectors.name} cannot be reached: found by words alone.",)


def _closest(weighed: Sequence[Weighed], count: int) -> list[Weighed]:
    """As many as are looked at closely, by the weighted sum."""
    order = np.argsort(-weighted_sum(weighed), kind="stable")[:count]
    return [weighed[place] for place in order]


def weighted_sum(candidates: Sequence[Candidate] | Sequence[Weighed]) -> NDArray[np.float64]:
    """Words and meaning, each from 0 for the worst to 1 for the best candidate, added by weight."""
    return MEANING_SHARE * _spread([each.cosine or 0.0 for each in candidates]) + (
        1 - MEANING_SHARE
    ) * _spread([each.bm25 for each in candidates])


def _spread(values: Sequence[float]) -> NDArray[np.float64]:
    given = np.array(values, np.float64)
    if not len(given):
        return given
    width = float(given.max() - given.min())
    return (given - given.min()) / width if width else np.zeros(len(given))
