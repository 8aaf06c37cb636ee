"""How a candidate looks to the ranking, and which of two that say the same is dropped."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
import pytest

from ticketyard.knowledge.retrieving.asked import Asked, Candidate, Found, Key, Narrow
from ticketyard.knowledge.retrieving.collapsing import collapse
from ticketyard.knowledge.retrieving.features import FEATURES, feature_rows
from ticketyard.knowledge.retrieving.finding import weighted_sum
from ticketyard.knowledge.retrieving.shipped import SHIPPED, WORDS_ALONE

NOW = datetime(2026, 11, 21, tzinfo=UTC)
PLAIN = Candidate(
    key=Key(1, 0),
    text="Open the rear tray and pull the paper out.",
    context="",
    title="Paper jam",
    title_words=frozenset({"paper", "jam"}),
    category="printer",
    visibility="public",
    source_type="article",
    file_id=UUID(int=7),
    ticket_id=None,
    original_name="",
    kind="text",
    content_type="",
    language=None,
    place={},
    updated_at=NOW,
    helpful=0,
    unhelpful=0,
    length=8,
    bm25=4.0,
    coverage=0.5,
    cosine=0.6,
)


def _row(candidate: Candidate, *others: Candidate, **asked: object) -> dict[str, float]:
    given: dict[str, object] = {
        "query": "paper jam", "query_words": frozenset({"paper", "jam"}), "likely_category": None,
    } | asked  # fmt: skip
    rows = feature_rows(
        candidates=[candidate, *others],
        ideal=20.0,
        average_length=8.0,
        now=NOW,
        **given,  # type: ignore[arg-type]
    )
    return dict(zip(FEATURES, rows[0].tolist(), strict=True))


@pytest.mark.parametrize(
    ("feature", "better"),
    [
        ("cosine", {"cosine": 0.9}),
        ("bm25_ideal", {"bm25": 9.0}),
        ("coverage", {"coverage": 1.0}),
        ("agreement", {"cosine": 0.9, "coverage": 1.0}),
        ("phrase", {"text": "What to do about a paper jam"}),
        ("length", {"length": 30}),
        ("helpful", {"helpful": 9}),
    ],
)
def test_each_view_rises_with_what_it_sees(feature: str, better: dict[str, object]) -> None:
    assert _row(replace(PLAIN, **better))[feature] > _row(PLAIN)[feature]  # type: ignore[arg-type]


def test_views_beside_the_others_are_relative() -> None:
    better = replace(PLAIN, cosine=0.8, bm25=8.0)
    row = _row(PLAIN, better)
    assert row["bm25_share"] == 0.5
    assert row["cosine_best"] == 0.8


def test_title_category_and_age_count() -> None:
    assert _row(PLAIN)["title"] == 1.0
    assert _row(PLAIN, likely_category="Printer")["category"] == 1.0
    assert _row(PLAIN, likely_category="network")["category"] == 0.0
    assert _row(replace(PLAIN, category=None), likely_category="x")["category"] == 0.0
    old = replace(PLAIN, updated_at=NOW - timedelta(days=365))
    assert _row(old)["recency"] == pytest.approx(np.exp(-1))
    assert _row(replace(PLAIN, updated_at=NOW + timedelta(days=1)))["recency"] == 1.0


def test_a_candidate_without_anything_looks_like_nothing_and_harms_nothing() -> None:
    empty = replace(
        PLAIN, text="", title_words=frozenset(), bm25=0.0, coverage=0.0, cosine=None, length=0
    )
    row = _row(empty, query="", query_words=frozenset())
    assert all(np.isfinite(value) for value in row.values())
    assert weighted_sum([]).tolist() == []
    assert weighted_sum([empty]).tolist() == [0.0]


def test_the_shipped_rankings_want_more_of_what_is_good() -> None:
    for ranker in (SHIPPED, WORDS_ALONE):
        assert ranker.features == FEATURES
        assert len(ranker.weights) == len(FEATURES)
        weight = dict(zip(ranker.features, ranker.weights, strict=True))
        assert weight["helpful"] > 0
        assert weight["category"] > 0
        assert weight["coverage"] + weight["bm25_share"] + weight["bm25_ideal"] > 0
    assert all(
        weight == 0
        for name, weight in zip(WORDS_ALONE.features, WORDS_ALONE.weights, strict=True)
        if name in ("cosine", "cosine_best", "agreement")
    )


def _found(text: str, score: float) -> Found:
    return Found(replace(PLAIN, text=text), score)


LONG = (
    "Open the settings of the client, choose mail, remove the account, add it again and restart it"
)


@pytest.mark.parametrize(
    ("texts", "kept"),
    [
        ([LONG, LONG.upper()], 1),
        ([LONG, f"{LONG} slowly"], 1),
        ([LONG, f"{LONG} slowly, then call us when the light of the box on the wall is red"], 2),
        (["Turn it on.", "Turn it off."], 2),
        (["Turn it on.", "turn it ON"], 1),
        (["", ""], 2),
        ([LONG] * 50, 1),
    ],
)
def test_what_repeats_a_better_one_is_dropped(texts: list[str], kept: int) -> None:
    found = [_found(text, 1 - place / 100) for place, text in enumerate(texts)]
    collapsed = collapse(found, 50)
    assert len(collapsed) == kept
    assert collapsed[0] is found[0]


def test_the_limit_counts_what_is_kept() -> None:
    found = [
        _found(LONG, 0.9),
        _found(LONG, 0.8),
        _found("Something else", 0.7),
        _found("More", 0.6),
    ]
    assert [each.score for each in collapse(found, 2)] == [0.9, 0.7]


def test_a_ticket_is_called_by_its_id_and_a_file_by_its_file_id() -> None:
    ticket = Found(replace(PLAIN, source_type="ticket", ticket_id=41), 0.5)
    assert ticket.source_id == "41"
    assert ticket.chunk_id == f"{UUID(int=7)}-0"
    assert Found(PLAIN, 0.5).source_id == str(UUID(int=7))


def test_a_question_is_read_from_its_beginning() -> None:
    assert Asked(f"  {'a' * 9_000}", Narrow(("public",))).read == "a" * 7_998
