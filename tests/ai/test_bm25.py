"""Which texts are looked at for a question, and how words alone rank them."""

import numpy as np
import pytest

from ticketyard.ai.bm25 import Bags, Scorer, Term, plan


def _bags(*texts: dict[int, int]) -> Bags:
    return Bags(
        words=np.array([word for text in texts for word in sorted(text)], np.int32),
        times=np.array([text[word] for text in texts for word in sorted(text)], np.uint8),
        owner=np.repeat(np.arange(len(texts)), [len(text) for text in texts]),
        lengths=np.array([sum(text.values()) for text in texts]),
    )


def test_the_rarest_words_choose_what_is_looked_at() -> None:
    terms = [Term(1, 1, 90_000), Term(2, 1, 40), Term(3, 1, 500), Term(4, 1, 3_000)]
    any_of, _ = plan(terms, 100_000, 1_000)
    assert any_of == [2, 3]


def test_of_frequent_words_several_have_to_stand_together() -> None:
    terms = [Term(1, 1, 20_000), Term(2, 1, 30_000), Term(3, 1, 50_000)]
    any_of, sets = plan(terms, 1_000_000, 3_000)
    assert any_of == []
    assert sets == [[1, 2]]


def test_where_nothing_is_rare_enough_all_words_together_are_looked_for() -> None:
    assert plan([Term(1, 1, 9_000), Term(2, 1, 9_500)], 10_000, 100) == ([], [[1, 2]])
    assert plan([Term(7, 1, 9_000)], 10_000, 100) == ([], [[7]])


@pytest.mark.parametrize(
    "terms", [[], [Term(None, 1, 0)], [Term(5, 1, 0)]], ids=["none", "unknown", "nowhere"]
)
def test_words_that_stand_nowhere_find_nothing(terms: list[Term]) -> None:
    assert plan(terms, 1_000, 100) == ([], [])


def test_a_long_question_is_planned_in_no_time() -> None:
    terms = [Term(number, 1, 5_000 + number) for number in range(5_000)]
    any_of, sets = plan(terms, 1_000_000, 2_000)
    assert any_of == []
    assert 0 < len(sets) <= 16


def test_the_score_is_bm25() -> None:
    """One text by hand: idf = ln(1 + (4 - 1 + .5) / 1.5), tf 2, length 3 of mean 2."""
    scorer = Scorer([Term(10, 1, 1)], texts=4, average=2.0)
    (score,), (coverage,) = scorer.score(_bags({10: 2, 11: 1}))
    idf = np.log(1 + 3.5 / 1.5)
    assert score == pytest.approx(idf * 2 * 2.2 / (2 + 1.2 * (0.25 + 0.75 * 1.5)))
    assert coverage == 1.0


def test_rare_repeated_and_short_count_more() -> None:
    scorer = Scorer([Term(1, 1, 2), Term(2, 1, 500)], texts=1_000, average=10)
    rare, frequent, twice, long = scorer.score(
        _bags({1: 1, 9: 9}, {2: 1, 9: 9}, {1: 2, 9: 8}, {1: 1, 9: 40})
    ).bm25
    assert twice > rare > long > frequent > 0


def test_coverage_is_the_share_of_the_questions_weight() -> None:
    """A word that no text has is missing from all of them."""
    scorer = Scorer([Term(1, 1, 5), Term(None, 1, 0)], texts=100, average=5)
    (held, none) = scorer.score(_bags({1: 1}, {3: 1})).coverage
    assert 0 < held < 1
    assert none == 0


def test_nothing_asked_scores_nothing() -> None:
    assert Scorer([], 10, 5.0).score(_bags({1: 1})).bm25.tolist() == [0.0]
    assert Scorer([Term(1, 1, 1)], 10, 5.0).score(_bags()).bm25.tolist() == []
