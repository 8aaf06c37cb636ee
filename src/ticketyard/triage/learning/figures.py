"""Pure: shares with how far they can be trusted, and how far one distribution is from another."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

# Of the normal distribution, for 19 times in 20.
_Z = 1.959964
# Below these a distance between distributions says nothing, whatever it is.
FEW = 30
CHANCE_MAX = 0.1
STEADY_BELOW = 0.1
DIFFERENT_FROM = 0.25

Verdict = Literal["too_few", "steady", "shifting", "different"]
Side = Literal["now", "before"]


@dataclass(frozen=True)
class Share:
    """How many of how many, so that no percentage stands without its number."""

    hits: int
    of: int

    @property
    def share(self) -> float | None:
        """0 to 1; None of nothing."""
        return self.hits / self.of if self.of else None

    @property
    def low(self) -> float | None:
        """The lower end of where the true share lies, 19 times in 20."""
        return self._interval()[0] if self.of else None

    @property
    def high(self) -> float | None:
        """The upper end."""
        return self._interval()[1] if self.of else None

    def _interval(self) -> tuple[float, float]:
        """Source: Wilson 1927; holds also for few cases and for none wrong."""
        n, share = self.of, self.hits / self.of
        middle = share + _Z * _Z / (2 * n)
        half = _Z * math.sqrt(share * (1 - share) / n + _Z * _Z / (4 * n * n))
        spread = 1 + _Z * _Z / n
        return max(0.0, (middle - half) / spread), min(1.0, (middle + half) / spread)

    def __add__(self, other: "Share") -> "Share":
        return Share(self.hits + other.hits, self.of + other.of)


@dataclass(frozen=True)
class Drift:
    """How far counts are from what was expected.

    distance: the population stability index; by_chance: what so few cases give with no drift.
    moved: the label whose share changed most, and by how much.
    lacking: where there are too few cases, on which side; None too where there is one label only.
    """

    distance: float | None
    by_chance: float | None
    verdict: Verdict
    moved: tuple[str, float] | None
    lacking: Side | None = None


def drift(now: Mapping[str, int], before: Mapping[str, int]) -> Drift:
    """Compare counts by label with those they are measured against.

    Source: the population stability index of credit scoring, 0.1 and 0.25 its usual marks; its
    expectation without drift (Yurdakul 2018) is taken off before it is judged.
    """
    labels = sorted({label for label, count in (*now.items(), *before.items()) if count})
    n, m = sum(now.values()), sum(before.values())
    if not n or not m or len(labels) < 2:
        return Drift(None, None, "too_few", None, _lacking(n, m))
    # Half a case for each label, so that one that is new, or gone, is far off and not endlessly so.
    share = {label: (now.get(label, 0) + 0.5) / (n + len(labels) / 2) for label in labels}
    expected = {label: (before.get(label, 0) + 0.5) / (m + len(labels) / 2) for label in labels}
    distance = sum(
        (share[label] - expected[label]) * math.log(share[label] / expected[label])
        for label in labels
    )
    by_chance = (len(labels) - 1) * (1 / n + 1 / m)
    change = {label: now.get(label, 0) / n - before.get(label, 0) / m for label in labels}
    most = max(labels, key=lambda label: abs(change[label]))
    verdict = _verdict(n, distance, by_chance)
    lacking = _lacking(n, m) if verdict == "too_few" else None
    return Drift(distance, by_chance, verdict, (most, change[most]), lacking)


def _lacking(n: int, m: int) -> Side | None:
    """The side whose few cases hinder the comparison: the smaller one, for it gives most chance."""
    if n < FEW:
        return "now"
    return "before" if m < n else "now" if n < m else None


def _verdict(n: int, distance: float, by_chance: float) -> Verdict:
    if n < FEW or by_chance > CHANCE_MAX:
        return "too_few"
    beyond = distance - by_chance
    if beyond < STEADY_BELOW:
        return "steady"
    return "shifting" if beyond < DIFFERENT_FROM else "different"
