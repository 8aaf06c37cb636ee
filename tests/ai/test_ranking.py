"""A small logistic model, learned from where it started."""

import numpy as np
from numpy.typing import NDArray

from ticketyard.ai.ranking import Ranker, learn

START = Ranker(("good", "noise"), (1.0, 0.0), -1.0)


def _questions(
    count: int, seed: int = 4
) -> tuple[list[NDArray[np.float64]], list[NDArray[np.bool_]]]:
    """Ten candidates each; the noise looks like the good one, and only the second feature is right."""
    random = np.random.default_rng(seed)
    rows = [random.normal(size=(10, 2)) for _ in range(count)]
    right = [random.random(10) < 1 / (1 + np.exp(-(3 * each[:, 1] - 3))) for each in rows]
    return rows, right


def test_a_score_is_a_probability_even_far_out() -> None:
    scores = START.score(np.array([[0.0, 0.0], [1e6, 0.0], [-1e6, 0.0]]))
    assert np.allclose(scores, [1 / (1 + np.e), 1.0, 0.0])


def test_without_questions_it_stays_as_it_was() -> None:
    assert learn([], [], START) == START


def test_many_questions_move_it_and_a_handful_hardly() -> None:
    few = learn(*_questions(3), START)
    many = learn(*_questions(2_000), START)

    assert few.weights[0] > few.weights[1]
    assert many.weights[1] > 10 * abs(many.weights[0])


def test_scores_are_calibrated_on_questions_it_has_not_seen() -> None:
    ranker = learn(*_questions(2_000), START)
    rows, right = _questions(2_000, seed=5)
    scores, flags = ranker.score(np.concatenate(rows)), np.concatenate(right)

    for low in (0.1, 0.3, 0.5, 0.7):
        held = (scores >= low) & (scores < low + 0.2)
        assert abs(float(flags[held].mean()) - float(scores[held].mean())) < 0.05


def test_questions_without_an_answer_make_it_careful() -> None:
    rows, right = _questions(500)
    with_answers = learn(rows, right, START)
    none = [np.zeros(10, bool)] * 500
    careful = learn([*rows, *rows], [*right, *none], START)

    assert careful.score(rows[0]).mean() < with_answers.score(rows[0]).mean()


def test_a_feature_that_never_changes_keeps_its_weight() -> None:
    rows, right = _questions(200)
    for each in rows:
        each[:, 0] = 0.5
    learned = learn(rows, right, Ranker(("a", "b"), (0.7, 1.0), 0.0))
    assert learned.weights[0] == 0.7
    assert learned.weights[1] > 1.0
