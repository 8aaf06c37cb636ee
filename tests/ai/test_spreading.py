"""Labels handed on along likeness, and nearness to examples."""

import numpy as np
import pytest

from ticketyard.ai.neighbours import Neighbours, seen_from
from ticketyard.ai.spreading import Likeness


def _clouds(sizes: tuple[int, ...], spread: float = 0.35) -> tuple[np.ndarray, np.ndarray]:
    """So many unit vectors around each of several far points, and which point each is near."""
    generator = np.random.default_rng(1)
    points = np.eye(16)[: len(sizes)]
    members = np.repeat(np.arange(len(sizes)), sizes)
    vectors = points[members] + generator.normal(0, spread / 4, (len(members), 16))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors.astype(np.float32), members


def test_one_label_each_reaches_all_texts_that_are_alike() -> None:
    vectors, members = _clouds((60, 60, 60))
    answers = np.full(180, -1)
    answers[[0, 60, 120]] = 0, 1, 2
    guesses = Likeness(vectors).spread(answers, 3)
    assert (guesses.labels == members).mean() > 0.98
    assert guesses.trust.min() >= 0
    assert guesses.trust.max() <= 1


def test_a_small_group_is_not_swallowed_by_a_large_one() -> None:
    vectors, members = _clouds((200, 20))
    answers = np.full(220, -1)
    answers[:10], answers[200] = 0, 1
    guesses = Likeness(vectors).spread(answers, 2)
    assert (guesses.labels == members)[200:].mean() > 0.9
    assert (guesses.labels == members)[:200].mean() > 0.9


@pytest.mark.parametrize("texts", [2, 3, 20])
def test_texts_all_alike_and_few_texts_are_no_trouble(texts: int) -> None:
    answers = np.full(texts, -1)
    answers[:2] = 0, 1
    guesses = Likeness(np.full((texts, 4), 0.5, np.float32)).spread(answers, 2)
    assert np.isfinite(guesses.trust).all()
    assert set(guesses.labels.tolist()) <= {0, 1}


def test_what_all_texts_share_does_not_make_two_of_them_alike() -> None:
    shared = np.array([3.0, 0, 0, 0])
    vectors = (shared + np.eye(4)[[1, 2, 3]]).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    assert vectors[0] @ vectors[1] > 0.8
    apart = seen_from(vectors.mean(axis=0), vectors)
    assert apart[0] @ apart[1] < 0


def test_kin_is_the_label_whose_examples_are_near_and_trusted() -> None:
    examples = np.eye(4, dtype=np.float32)
    asked = np.array([[0.7, 0.0, 0.7, 0.1]], np.float32)
    asked /= np.linalg.norm(asked)

    def kin(trust: list[float]) -> int:
        known = Neighbours(
            np.zeros(4, np.float32), examples, np.array([0, 2]), np.array(trust, np.float32)
        )
        return int(known.look(asked)[0].argmax())

    assert kin([1, 1, 0.2, 1]) == 0
    assert kin([0.2, 1, 1, 1]) == 1
