"""Pure: an answer made of the passages' own sentences, each with where it stands.

Nothing is put into other words, so nothing can be invented. What answers is rarely what sounds most like
the question: a heading or a question repeated in the passage only shows where the answer begins.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ticketyard.ai.function_words import ALWAYS_COMMON
from ticketyard.ai.phrases import plain_words
from ticketyard.knowledge.answering.citing import Citation, unmarked
from ticketyard.knowledge.answering.spans import Span, spans_of, without_bullet

MAX_STEPS = 10
MAX_SENTENCES = 4
_STEM = 6
_HEADING_WORDS = 9
# How much a sentence's own words, its meaning and its passage's rank say; found by hand on own articles.
_BY_WORDS, _BY_MEANING, _BY_PASSAGE = 0.35, 0.4, 0.25
_GOES_ON = 0.3
_SECOND_OPINION = 0.85

Likeness = Callable[[Sequence[str]], Sequence[float]]


@dataclass(frozen=True)
class Passage:
    """A piece that was found. score: how likely it answers, 0 to 1."""

    citation: Citation
    text: str
    score: float


@dataclass(frozen=True)
class Step:
    """One sentence of an answer. quote: the words of the passage it stands on."""

    text: str
    citation: Citation
    quote: str

    def __str__(self) -> str:
        return f"{self.text} {self.citation}"


class _Place(NamedTuple):
    score: float
    passage: int
    span: int


def extract_steps(question: str, passages: Sequence[Passage], likeness: Likeness) -> list[Step]:
    """The sentences that answer best, in their passages' order; [] when nothing was found.

    likeness: of each text to the question, -1 to 1.
    """
    spans = [spans_of(passage.text) for passage in passages]
    places = sorted(_rated(question, passages, spans, likeness), reverse=True)
    if not places:
        return []
    best = places[0]
    steps = list(_run(best, places, passages, spans))
    for place in places[1:]:
        if place.score < _SECOND_OPINION * best.score or len(steps) >= MAX_SENTENCES:
            break
        if place.passage != best.passage:
            steps += _run(place, places, passages, spans)
    return _each_once(steps)[:MAX_STEPS]


def _rated(
    question: str,
    passages: Sequence[Passage],
    spans: Sequence[Sequence[Span]],
    likeness: Likeness,
) -> Iterator[_Place]:
    texts = [span.text for each in spans for span in each]
    if not texts:
        return
    near = iter(likeness(texts))
    weights = _weights(_stems(question), [_stems(passage.text) for passage in passages])
    total = sum(weights.values()) or 1.0
    for number, (passage, each) in enumerate(zip(passages, spans, strict=True)):
        for place, span in enumerate(each):
            shared = sum(weights.get(stem, 0.0) for stem in _stems(span.text)) / total
            score = (
                _BY_WORDS * shared
                + _BY_MEANING * max(0.0, next(near))
                + _BY_PASSAGE * passage.score
            )
            yield _Place(score, number, place)


def _weights(asked: frozenset[str], passages: Sequence[frozenset[str]]) -> dict[str, float]:
    """A word that few of the found passages have tells them apart."""
    return {
        stem: 1.0 / (1.0 + math.log1p(sum(stem in passage for passage in passages)))
        for stem in asked
    }


def _run(
    place: _Place,
    places: Sequence[_Place],
    passages: Sequence[Passage],
    spans: Sequence[Sequence[Span]],
) -> Iterator[Step]:
    """The sentences of one passage that answer together: the whole list, or a few in a row."""
    passage, each = passages[place.passage], spans[place.passage]
    start = _answer_begins(each, place.span)
    scores = {found.span: found.score for found in places if found.passage == place.passage}
    for number in _together(each, start, place.span, scores, place.score):
        span = each[number]
        yield Step(unmarked(without_bullet(span.text)).strip(), passage.citation, span.text)


def _answer_begins(spans: Sequence[Span], found: int) -> int:
    """After a heading or a question the answer follows. A list is told from its first item on, and so
    is a paragraph short enough to be told whole: the order of what is to be done matters."""
    start = found
    while start + 1 < len(spans) and _only_leads(spans[start]):
        start += 1
    first, last = start, start
    while first > 0 and _belong_together(spans[first - 1], spans[start]):
        first -= 1
    while last + 1 < len(spans) and _belong_together(spans[last + 1], spans[start]):
        last += 1
    return first if spans[start].is_item or last - first < MAX_SENTENCES else start


def _belong_together(one: Span, other: Span) -> bool:
    return one.is_item == other.is_item and not _only_leads(one)


def _only_leads(span: Span) -> bool:
    if span.is_item:
        return False
    text = span.text.rstrip("\"'”») ")
    is_heading = text[-1:] not in ".!…" and len(text.split()) <= _HEADING_WORDS
    return text.endswith(("?", ":")) or text.startswith("#") or is_heading


def _together(
    spans: Sequence[Span], start: int, found: int, scores: dict[int, float], best: float
) -> Iterator[int]:
    if spans[start].is_item:
        for number in range(start, len(spans)):
            if not spans[number].is_item:
                return
            yield number
        return
    yield start
    for number in range(start + 1, min(start + MAX_SENTENCES, len(spans))):
        goes_on = number <= found or scores.get(number, 0.0) >= _GOES_ON * best
        if _only_leads(spans[number]) or not goes_on:
            return
        yield number


def _each_once(steps: Sequence[Step]) -> list[Step]:
    """Pieces overlap, and pages repeat themselves."""
    seen: set[str] = set()
    kept = []
    for step in steps:
        key = " ".join(plain_words(step.text))
        if key and key not in seen:
            seen.add(key)
            kept.append(step)
    return kept


def _stems(text: str) -> frozenset[str]:
    return frozenset(
        word[:_STEM] for word in plain_words(text) if len(word) > 2 and word not in ALWAYS_COMMON
    )
