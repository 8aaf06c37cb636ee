"""Whether confidence can be believed, and from where on answers keep a promise."""

import json
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketyard.ai.measuring import (
    MAX_CONFUSIONS,
    calibration_bins,
    calibration_error,
    coverage_at,
    measure,
    threshold_for,
)


def _answers(*runs: tuple[float, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Texts as runs of (confidence, right, wrong)."""
    confidence = np.concatenate([np.full(good + bad, said) for said, good, bad in runs])
    right = np.concatenate(
        [np.r_[np.ones(good, bool), np.zeros(bad, bool)] for _, good, bad in runs]
    )
    return confidence, right


@pytest.mark.parametrize(
    ("runs", "error_share", "expected"),
    [
        pytest.param([(0.9, 100, 0)], 0.03, 0.9, id="a hundred right promise 3 %"),
        pytest.param([(0.9, 98, 0)], 0.03, None, id="a few less do not"),
        pytest.param([(0.9, 1000, 0), (0.5, 10, 90)], 0.03, 0.9, id="the unsure stay out"),
        pytest.param([(0.9, 1000, 0), (0.5, 95, 5)], 0.03, 0.5, id="the sure pay for the unsure"),
        pytest.param([(0.9, 0, 100)], 0.5, None, id="all wrong"),
        pytest.param([(0.9, 300, 300), (0.4, 2, 0)], 0.5, None, id="ties are not split"),
        pytest.param([(0.3, 500, 0)], 0.01, 0.3, id="any confidence will do when all are right"),
    ],
)
def test_the_threshold_is_the_lowest_that_keeps_the_promise(
    runs: list[tuple[float, int, int]], error_share: float, expected: float | None
) -> None:
    assert threshold_for(*_answers(*runs), error_share) == expected


def test_nothing_seen_promises_nothing() -> None:
    assert threshold_for(np.zeros(0), np.zeros(0, bool), 0.5) is None


def test_more_certainty_asks_for_more_proof() -> None:
    confidence, right = _answers((0.9, 120, 0), (0.8, 300, 8))
    assert threshold_for(confidence, right, 0.03, certainty=0.6) == 0.8
    assert threshold_for(confidence, right, 0.03, certainty=0.95) == 0.9
    assert threshold_for(confidence, right, 0.03, certainty=0.999) is None


def test_the_promise_is_kept_on_texts_not_seen() -> None:
    generator = np.random.default_rng(0)
    kept = []
    for _ in range(200):
        confidence = generator.uniform(0.3, 1, 1000)
        threshold = threshold_for(confidence, generator.random(1000) < confidence, 0.05)
        fresh = generator.uniform(0.3, 1, 4000)
        right = generator.random(4000) < fresh
        kept.append(threshold is None or (~right[fresh >= threshold]).mean() <= 0.05 + 0.01)
    assert np.mean(kept) > 0.9


@given(
    said=st.lists(st.floats(0, 1), min_size=1, max_size=80), seed=st.integers(0, 9)
)  # fmt: skip
def test_a_threshold_never_promises_what_its_own_texts_break(said: list[float], seed: int) -> None:
    confidence = np.array(said)
    right = np.random.default_rng(seed).random(len(said)) < 0.8
    threshold = threshold_for(confidence, right, 0.2)
    if threshold is not None:
        assert (~right[confidence >= threshold]).mean() <= 0.2


def test_figures_say_what_was_mistaken_for_what() -> None:
    answers = np.array([0, 0, 0, 1, 1, 2])
    answered = np.array([0, 1, 1, 1, 1, 0])
    chances = np.full((6, 3), 0.1)
    chances[np.arange(6), answered] = 0.8
    quality = measure(chances, answers, ["a", "b", "c"])
    assert quality.accuracy == 0.5
    assert quality.per_label == {"a": (1 / 3, 3), "b": (1.0, 2), "c": (0.0, 1)}
    assert quality.precision == {"a": 0.5, "b": 0.5}
    assert quality.confusions == [("a", "b", 2), ("c", "a", 1)]
    assert quality.bins == [(pytest.approx(0.8), 0.5, 6)]
    assert quality.thresholds == {}


def test_figures_survive_being_stored_as_json() -> None:
    generator = np.random.default_rng(0)
    chances = generator.dirichlet(np.full(60, 0.01), 4000).astype(np.float32)
    answers = np.array([generator.choice(60, p=row / row.sum()) for row in chances.astype(float)])
    quality = measure(chances, answers, [f"label {number}" for number in range(60)])
    stored = json.loads(json.dumps(asdict(quality)))
    assert stored["thresholds"]["0.10"] <= stored["thresholds"]["0.05"] < 1
    assert len(stored["confusions"]) == MAX_CONFUSIONS
    assert sum(texts for _, _, texts in stored["bins"]) == 4000


def test_honest_confidence_has_no_calibration_error_and_boasting_has() -> None:
    honest = _answers((0.9, 90, 10), (0.5, 50, 50))
    assert calibration_error(*honest) == pytest.approx(0)
    assert calibration_error(*_answers((0.9, 50, 50))) == pytest.approx(0.4)
    assert len(calibration_bins(*honest)) == 2
    assert coverage_at(*honest, 0.1) == (0.5, 0.9)
