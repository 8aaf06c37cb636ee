"""Pure: how likely each solution works, and which comes first. Source: contracts 1.6."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

MAX_BOOSTED: Final = 0.95
_BONUS: Final = {"self_service_link": 0.1, "automated_script": 0.05}
_ESCALATION: Final = -0.2
_PRESSING: Final = frozenset({"high", "urgent", "critical"})
_LONG_MINUTES: Final = 120
_QUICKNESS: Final = 0.1
# What its writer expects counts as much as this many outcomes: one failure at the start does not
# stop a solution, two of ten do.
_PRIOR: Final = 20
_ALIKE: Final = 0.7


@dataclass(frozen=True)
class Known:
    """A solution as its writer described it."""

    id: int
    title: str
    kind: str
    success_rate: float
    minutes: int
    action: str | None = None
    link: str | None = None


@dataclass(frozen=True)
class Record:
    """What came of a solution: outcomes that are settled, and those of them that were good."""

    settled: int = 0
    successes: int = 0


@dataclass(frozen=True)
class Candidate:
    """A solution with how sure it works, and the score by which it is ranked."""

    solution_id: int
    title: str
    kind: str
    confidence: float
    score: float
    action: str | None = None
    link: str | None = None


def expected_success(stated: float, record: Record) -> float:
    """What its writer expects, moved by what really came of it."""
    return (_PRIOR * stated + record.successes) / (_PRIOR + record.settled)


def boosted(confidence: float, share: float) -> float:
    """History boost. share: of past successes in the category, those that came this way."""
    return max(confidence, min(MAX_BOOSTED, confidence * (1 + share)))


def score(kind: str, confidence: float, minutes: int, priority: str) -> float:
    """Helping oneself before scripts before steps, the quick before the long."""
    extra = _BONUS.get(kind, 0.0)
    if kind == "escalation_required" and priority not in _PRESSING:
        extra = _ESCALATION
    return confidence + extra + _QUICKNESS * max(0.0, 1 - minutes / _LONG_MINUTES)


def rank(
    solutions: Sequence[Known], records: Mapping[int, Record], priority: str
) -> list[Candidate]:
    """The best first. The boost ranks; the confidence shown is that of the solution itself, so
    that a way that often helped elsewhere cannot hide that this one fails."""
    won = {each.id: records.get(each.id, Record()).successes for each in solutions}
    total = sum(won.values())
    by_kind: dict[str, int] = {}
    for each in solutions:
        by_kind[each.kind] = by_kind.get(each.kind, 0) + won[each.id]
    found = []
    for each in solutions:
        confidence = expected_success(each.success_rate, records.get(each.id, Record()))
        likely = boosted(confidence, by_kind[each.kind] / total if total else 0.0)
        found.append(
            Candidate(
                solution_id=each.id,
                title=each.title,
                kind=each.kind,
                confidence=round(confidence, 4),
                score=round(score(each.kind, likely, each.minutes, priority), 4),
                action=each.action,
                link=each.link,
            )
        )
    return sorted(found, key=lambda candidate: (-candidate.score, candidate.solution_id))


def is_twin(words: frozenset[str], others: frozenset[str]) -> bool:
    """Whether two solutions say the same: Jaccard likeness of their words above 0.7."""
    return bool(words | others) and len(words & others) / len(words | others) > _ALIKE
