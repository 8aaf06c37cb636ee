"""How a writer feels, from words that show feeling, in English, Russian and Kazakh.

A fault described calmly is neutral: anger is in the words around it, in capitals and in «!!!».
"""

import re
from dataclasses import dataclass

from ticketyard.ai.lexicon import WORDS, read_lexicon
from ticketyard.ai.phrases import PhraseTable, plain_words

NEGATIVE_BELOW = -0.2
POSITIVE_ABOVE = 0.2

_FEELINGS = PhraseTable(read_lexicon(WORDS / "feelings.txt").all_phrases)
_NEGATIONS = frozenset(read_lexicon(WORDS / "negations.txt").all_phrases)
_REACH = 2
_SHOUTED = re.compile(r"\b[A-ZА-ЯЁӘҒҚҢӨҰҮІҺ]{4,}\b")
_EXCLAIMED = re.compile(r"[!?]{2,}")
_SAD_FACES = re.compile(r"[😠😡🤬😤😢😭😞👎]|:-?\(|\({3,}")
_GLAD_FACES = re.compile(r"[😀😃😄😊🙂😍👍❤🎉]|:-?\)|(?<!\()\){3,}")


@dataclass(frozen=True)
class Sentiment:
    """label: positive, neutral or negative. score: −1 to 1. evidence: the words that counted."""

    label: str
    score: float
    confidence: float
    evidence: tuple[str, ...]


def read_sentiment(text: str) -> Sentiment:
    """How the writer feels; a text without any sign of feeling is neutral."""
    words = plain_words(text)
    score = 0.0
    evidence: list[tuple[float, str]] = []
    for hit in _FEELINGS.find(words):
        before = words[max(0, hit.start - _REACH) : hit.start]
        negated = not _NEGATIONS.isdisjoint(before)
        # «Not great» is a complaint; «no problem» is nothing.
        weight = (-0.5 * hit.weight if hit.weight > 0 else 0.0) if negated else hit.weight
        score += weight
        evidence.append((abs(weight), hit.words))
    score += _punctuation(text, score)
    score = round(max(-1.0, min(1.0, score)), 2)
    evidence.sort(key=lambda item: -item[0])
    strongest = tuple(dict.fromkeys(word for weight, word in evidence[:4] if weight >= 0.1))
    return Sentiment(_label(score), score, _confidence(score, len(words)), strongest)


def _punctuation(text: str, score: float) -> float:
    """Shouting makes a complaint worse; a smile makes anything better."""
    change = 0.2 * bool(_GLAD_FACES.search(text)) - 0.3 * bool(_SAD_FACES.search(text))
    if score <= 0:
        change -= 0.12 * bool(_EXCLAIMED.search(text))
        change -= 0.12 * (len(_SHOUTED.findall(text)) >= 3)
    return change


def _label(score: float) -> str:
    if score <= NEGATIVE_BELOW:
        return "negative"
    return "positive" if score >= POSITIVE_ABOVE else "neutral"


def _confidence(score: float, words: int) -> float:
    """Far from a border is sure; of nothing but a few words little can be said."""
    if not words:
        return 0.0
    border = min(abs(score - NEGATIVE_BELOW), abs(score - POSITIVE_ABOVE))
    return round(min(0.9, 0.55 + 0.6 * border), 2)
