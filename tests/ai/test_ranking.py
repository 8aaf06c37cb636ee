"""A small logistic model, learned from where it started."""

import numpy as np

from ticketyard.ai.ranking import Ranker, learn

START = Ranker(("good", "noise"), (1.0, 0.0), -1.0)


def test_a_score_is_a_probability_even_far_out() -> None:
    scores = START.score(np.array([[0.0, 0.0], [1e6, 0.0], [-1e6, 0.0]]))
    assert np.allclose(scores, [1 / (1 + np.e), 1.0, 0.0])


def test_without_examples_it_stays_as_it_was() -> None:
    learned = learn(np.zeros((0, 2)), [], START)
    assert np.allclose([*learned.weights, learned.bias], [1.0, 0.0, -1.0])


def test_many_examples_move_it_and_a_handful_hardly() -> None:
    random = np.random.default_rng(4)
    rows = random.normal(size=(4_000, 2))
    right = random.random(4_000) < 1 / (1 + np.exp(-(4 * rows[:, 0] - 2)))
    few = learn(rows[:5], right[:5].tolist(), START)
    many = learn(rows, right.tolist(), START)

    assert abs(few.weights[0] - 1.0) < 1.0
    assert abs(many.weights[0] - 4.0) < 1.0
    assert abs(many.bias + 2.0) < 0.4
    assert abs(many.weights[1]) < 0.2


def test_a_feature_that_never_changes_keeps_its_weight() -> None:
    rows = np.column_stack([np.linspace(-1, 1, 200), np.zeros(200)])
    learned = learn(rows, (rows[:, 0] > 0).tolist(), Ranker(("a", "b"), (0.0, 0.7), 0.0))
    assert np.isclose(learned.weights[1], 0.7)
