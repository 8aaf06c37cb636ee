"""Shares with their range, and distances between distributions."""

import pytest

from ticketyard.triage.learning.figures import Share, drift


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [
        # Against the tables of R's prop.test(correct = FALSE).
        (31, 40, 0.6250, 0.8768),
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (1, 2, 0.0945, 0.9055),
        (500, 1000, 0.4691, 0.5309),
    ],
)
def test_a_share_lies_in_wilsons_interval(hits: int, of: int, low: float, high: float) -> None:
    share = Share(hits, of)
    assert share.share == hits / of
    assert share.low == pytest.approx(low, abs=5e-4)
    assert share.high == pytest.approx(high, abs=5e-4)


def test_of_nothing_there_is_no_share() -> None:
    assert (Share(0, 0).share, Share(0, 0).low, Share(0, 0).high) == (None, None, None)


@pytest.mark.parametrize(
    ("now", "before", "verdict"),
    [
        ({"a": 500, "b": 500}, {"a": 5_000, "b": 5_000}, "steady"),
        ({"a": 650, "b": 350}, {"a": 5_000, "b": 5_000}, "steady"),
        ({"a": 700, "b": 300}, {"a": 5_000, "b": 5_000}, "shifting"),
        ({"a": 900, "b": 100}, {"a": 5_000, "b": 5_000}, "different"),
        # A category that was never there before.
        ({"a": 500, "b": 250, "c": 250}, {"a": 500, "b": 500}, "different"),
        # One that is gone.
        ({"a": 1_000}, {"a": 500, "b": 500}, "different"),
        ({"a": 20, "b": 1}, {"a": 5_000, "b": 5_000}, "too_few"),
        # Ten categories and fifty tickets differ by chance alone.
        ({str(n): 5 for n in range(10)}, {"0": 900, **{str(n): 10 for n in range(1, 10)}}, "too_few"),
        ({}, {"a": 1}, "too_few"),
        ({"a": 100}, {"a": 100}, "too_few"),
    ],
)  # fmt: skip
def test_drift_is_judged_beyond_chance(
    now: dict[str, int], before: dict[str, int], verdict: str
) -> None:
    assert drift(now, before).verdict == verdict


def test_drift_says_how_far_and_what_moved() -> None:
    found = drift({"a": 700, "b": 300}, {"a": 500, "b": 500})
    # (0.7-0.5)ln(0.7/0.5) + (0.3-0.5)ln(0.3/0.5), softened by half a case a label
    assert found.distance == pytest.approx(0.1695, abs=2e-3)
    assert found.by_chance == pytest.approx(1 / 1000 + 1 / 1000)
    assert found.moved is not None
    assert found.moved[0] in ("a", "b")
    assert abs(found.moved[1]) == pytest.approx(0.2)
