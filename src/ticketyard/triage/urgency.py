"""Pure: how pressing a ticket is, 1 to 10, and the priority that follows (contracts 0.2, 5.5)."""

from collections.abc import Sequence
from dataclasses import dataclass

from ticketyard.ai.phrases import plain_words
from ticketyard.ai.sentiment import Sentiment
from ticketyard.triage.coldstart import (
    APP_BROKEN,
    CLAIM,
    COMPLAINT,
    CONSULTATION,
    DATA_CHANGE,
    FRAUD,
    SPAM,
)
from ticketyard.triage.lexicons import phrases

BASE_BY_CATEGORY = {
    FRAUD: 9,
    CLAIM: 8,
    COMPLAINT: 7,
    APP_BROKEN: 6,
    DATA_CHANGE: 4,
    CONSULTATION: 3,
    SPAM: 1,
}
FLOOR_BY_SEGMENT = {"vip": 8, "priority": 7}
UNKNOWN_LETTER = 5
SAID_CONFIDENCE = 0.6

_FROM_URGENCY = ((9, "critical"), (8, "urgent"), (6, "high"), (4, "medium"), (1, "low"))
_MIDDLE = {"critical": 9, "urgent": 8, "high": 6, "medium": 5, "low": 2}
_VERY_NEGATIVE = -0.6


@dataclass(frozen=True)
class Urgency:
    """priority follows from value; evidence: the words, or the rule, that counted."""

    value: int
    priority: str
    confidence: float
    evidence: tuple[str, ...] = ()


def priority_of(urgency: int) -> str:
    """The priority an urgency of 1 to 10 stands for."""
    return next(priority for lowest, priority in _FROM_URGENCY if urgency >= lowest)


def judge_letter(
    category: str | None, confidence: float, segment: str | None, sentiment: Sentiment, text: str
) -> Urgency:
    """A client's letter: by its category, raised by what is at stake and who writes."""
    value = BASE_BY_CATEGORY.get(category or "", UNKNOWN_LETTER)
    evidence = [category] if category else []
    if category == SPAM:
        return Urgency(1, priority_of(1), confidence, tuple(evidence))
    words = plain_words(text)
    pressing = _found("pressing", words)
    at_risk = category == FRAUD and bool(_found("money at risk", words))
    if pressing or at_risk or (sentiment.score <= _VERY_NEGATIVE and category != COMPLAINT):
        value += 1
        evidence += pressing
    if category == CONSULTATION and sentiment.label == "positive":
        value -= 1
    floor = FLOOR_BY_SEGMENT.get((segment or "").strip().casefold(), 1)
    if floor > value:
        evidence.append(segment or "")
    value = max(floor, min(10, value))
    return Urgency(value, priority_of(value), round(0.4 + 0.5 * confidence, 3), tuple(evidence))


def judge_request(
    title: str, tags: Sequence[str], text: str, sentiment: Sentiment, segment: str | None = None
) -> Urgency:
    """A request to a desk: words of the subject and tags settle it, others only move it."""
    subject = plain_words(" ".join((title, *tags)))
    for priority, confidence in (("critical", 0.9), ("high", 0.85), ("low", 0.7)):
        if found := _found(priority, subject):
            return _floored(_MIDDLE[priority], confidence, found, segment)
    words = plain_words(text)
    if found := _found("everybody", words):
        return _floored(8, 0.7, found, segment)
    if found := _found("unhurried", words):
        return _floored(2, 0.75, found, segment)
    pressing, broken = _found("pressing", words), _found("broken", words)
    value = 5 + 2 * bool(pressing) + bool(broken) * (1 if pressing else 0)
    if not pressing and sentiment.score <= _VERY_NEGATIVE:
        value += 1
    confidence = 0.65 if pressing else 0.5
    return _floored(value, confidence, pressing + broken, segment)


def judge_said(priority: str, segment: str | None) -> Urgency:
    """What a language model takes it for: the middle of that priority, never below the client's floor."""
    return _floored(_MIDDLE[priority], SAID_CONFIDENCE, [], segment)


def _found(section: str, words: Sequence[str]) -> list[str]:
    hits = phrases("urgency")[section].find(words)
    return list(dict.fromkeys(hit.words for hit in hits))[:3]


def _floored(value: int, confidence: float, evidence: list[str], segment: str | None) -> Urgency:
    value = max(FLOOR_BY_SEGMENT.get((segment or "").strip().casefold(), 1), value)
    return Urgency(value, priority_of(value), confidence, tuple(evidence))
