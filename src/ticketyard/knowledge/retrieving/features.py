"""Pure: how a candidate looks beside the question and the other candidates, as numbers for ranking."""

import re
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from math import exp, log

import numpy as np
from numpy.typing import NDArray

from ticketyard.knowledge.retrieving.asked import Candidate

FEATURES = (
    "cosine",
    "cosine_best",
    "bm25_share",
    "bm25_ideal",
    "coverage",
    "coverage_best",
    "agreement",
    "title",
    "phrase",
    "length",
    "category",
    "recency",
    "helpful",
    "bm25_long",
    "coverage_long",
)

_YEAR_SECONDS = 365 * 86_400.0
_TOKEN = re.compile(r"\w+")
# Only the beginning of a long question is compared word pair by word pair.
_TOKENS_READ = 64
_LONG = 60.0


def feature_rows(
    query: str,
    query_words: frozenset[str],
    likely_category: str | None,
    candidates: Sequence[Candidate],
    *,
    ideal: float,
    average_length: float,
    now: datetime,
) -> NDArray[np.float64]:
    """One row a candidate, in the order of FEATURES.

    What is the best among the candidates is the same for all of them: it says nothing of their order,
    but whether the question has an answer here at all.

    ideal: the BM25 of a text that held every word of the question very often.
    """
    best_bm25 = max((each.bm25 for each in candidates), default=0.0) or 1.0
    best_cosine = max((max(each.cosine or 0.0, 0.0) for each in candidates), default=0.0)
    best_coverage = max((each.coverage for each in candidates), default=0.0)
    # In single sentences words say less than in whole paragraphs.
    long = min(average_length / _LONG, 1.0)
    pairs = _pairs(query, _TOKENS_READ)
    rows = np.zeros((len(candidates), len(FEATURES)))
    for row, each in zip(rows, candidates, strict=True):
        cosine = max(each.cosine or 0.0, 0.0)
        row[:] = (
            cosine,
            best_cosine,
            each.bm25 / best_bm25,
            each.bm25 / ideal if ideal else 0.0,
            each.coverage,
            best_coverage,
            cosine * each.coverage,
            _share(query_words, each.title_words),
            _share(pairs, _pairs(each.text)) if pairs else each.coverage,
            _length(each.length, average_length),
            _same(likely_category, each.category),
            exp(-max((now - each.updated_at).total_seconds(), 0.0) / _YEAR_SECONDS),
            (each.helpful + 1) / (each.helpful + each.unhelpful + 2) - 0.5,
            long * each.bm25 / best_bm25,
            long * each.coverage,
        )
    return rows


def _pairs(text: str, read: int = 100_000) -> frozenset[tuple[str, str]]:
    tokens = _TOKEN.findall(text.lower())[:read]
    return frozenset(pairwise(tokens))


def _share(wanted: frozenset[object] | frozenset[str], given: frozenset[object]) -> float:
    return len(wanted & given) / len(wanted) if wanted else 0.0


def _length(length: int, average: float) -> float:
    return max(-2.0, min(2.0, log((length + 1) / (average + 1))))


def _same(likely: str | None, category: str | None) -> float:
    return float(
        bool(likely) and bool(category) and (likely or "").lower() == (category or "").lower()
    )
