"""Strange texts are told from those that a model knows."""

import numpy as np

from ticketyard.ai.scope import STRANGE_SHARE, learn_scope


def test_of_texts_like_the_held_out_one_in_twenty_is_called_strange() -> None:
    generator = np.random.default_rng(0)
    scope = learn_scope(generator.normal(1, 0.4, 4000), generator.normal(0.6, 0.1, 4000))
    fresh = scope.judge(generator.normal(1, 0.4, 4000), generator.normal(0.6, 0.1, 4000))
    assert abs((fresh < STRANGE_SHARE).mean() - STRANGE_SHARE) < 0.015


def test_the_less_sure_and_the_less_familiar_is_the_stranger() -> None:
    generator = np.random.default_rng(0)
    scope = learn_scope(generator.normal(1, 0.4, 500), generator.normal(0.6, 0.1, 500))
    usual, unsure, unfamiliar, both = scope.judge(
        np.array([1, -0.2, 1, -0.2]), np.array([0.6, 0.6, 0.25, 0.25])
    )
    assert usual > unsure > both
    assert usual > unfamiliar >= both
    assert both < STRANGE_SHARE


def test_held_out_texts_all_alike_do_not_break_it() -> None:
    scope = learn_scope(np.ones(3), np.zeros(3))
    assert np.isfinite(scope.judge(np.array([0.0, 1.0, 2.0]), np.zeros(3))).all()
