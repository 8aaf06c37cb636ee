"""Pure: which category a text belongs to before anything was learned, by words and definitions.

The confidence is modest on purpose: a rule that fires is right about as often as it says, measured
on letters and requests of our own (tests/triage), and where nothing fires it says so.
"""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ticketyard.ai.phrases import Hit, PhraseTable, plain_words
from ticketyard.ai.sentiment import Sentiment
from ticketyard.triage.lexicons import phrases

COMPLAINT = "Жалоба"
DATA_CHANGE = "Смена данных"
CONSULTATION = "Консультация"
CLAIM = "Претензия"
APP_BROKEN = "Неработоспособность приложения"
FRAUD = "Мошеннические действия"
SPAM = "Спам"
LETTER_CATEGORIES = (COMPLAINT, DATA_CHANGE, CONSULTATION, CLAIM, APP_BROKEN, FRAUD, SPAM)

EVIDENCE_WORDS = 4
MAX_CONFIDENCE = 0.92

# Score that doubt has before anything is found: one hint of weight 1 gives even odds.
_DOUBT = 1.0
_REPEATED = 0.3
_TITLE_FACTOR = 1.5
_HINT, _STRONG, _CERTAIN = 0.6, 3.0, 4.0


@dataclass(frozen=True)
class Finding:
    """One answer with its probability and the words that led to it. `value` None: no answer."""

    value: str | None
    confidence: float
    ranking: tuple[tuple[str, float], ...] = ()
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reading:
    """What rules look at: the subject, the whole text, and how the writer feels."""

    title: str
    text: str
    sentiment: Sentiment


def is_letters(categories: Sequence[str]) -> bool:
    """Whether a company sorts by the seven categories for letters of clients."""
    return len(set(categories) & set(LETTER_CATEGORIES)) >= 4


def categorize(reading: Reading, categories: Sequence[str]) -> Finding:
    """The likeliest of the company's categories. Only these can be answered.

    A category nobody wrote rules for is known by the words of its own name.
    """
    tables = _tables(categories)
    title, text = plain_words(reading.title), plain_words(reading.text)
    hits = {name: table.find(text) for name, table in tables.items()}
    scores = {name: _score(found) for name, found in hits.items()}
    for name, table in tables.items():
        scores[name] += (_TITLE_FACTOR - 1) * _score(table.find(title))
    if is_letters(categories):
        _weigh_letters(scores, reading, text)
    return _finding({name: scores[name] for name in categories}, hits)


def has_rules(category: str) -> bool:
    """Whether somebody wrote word lists for a category of this name."""
    return category.casefold() in _written()


def _tables(categories: Sequence[str]) -> Mapping[str, PhraseTable]:
    written = _written()
    return {
        category: written.get(category.casefold()) or _table_of_name(category)
        for category in categories
    }


@functools.cache
def _written() -> Mapping[str, PhraseTable]:
    """Every word list by its category's name; where two share a name, the later one."""
    lists = ("topics", "intents", "it", "letters")
    return {name.casefold(): table for each in lists for name, table in phrases(each).items()}


def _table_of_name(category: str) -> PhraseTable:
    words = plain_words(category.replace("_", " ").replace("-", " "))
    weights = {f"{word}*" if len(word) > 4 else word: 1.5 for word in words if len(word) > 2}
    return PhraseTable(weights | ({" ".join(words): 3.0} if words else {}))


def _score(hits: Sequence[Hit]) -> float:
    """Each phrase counts once in full, again only a little; overlapping ones count the strongest."""
    seen: dict[str, int] = {}
    taken: set[int] = set()
    total = 0.0
    for hit in sorted(hits, key=lambda hit: -abs(hit.weight)):
        if hit.start in taken:
            continue
        taken.update(range(hit.start, hit.start + len(hit.words.split())))
        total += hit.weight * (_REPEATED if hit.phrase in seen else 1.0)
        seen[hit.phrase] = 1
    return total


def _weigh_letters(scores: dict[str, float], reading: Reading, words: Sequence[str]) -> None:
    """What the definitions say beyond words (contracts 5.4).

    Spam beats every feeling. Who asks is consulted; who is angry complains; a claim names what it
    wants back; a fault is a fault however angrily told.
    """
    if not any(word.isalpha() for word in words):
        return
    for name in LETTER_CATEGORIES:
        scores.setdefault(name, 0.0)
    _weigh_question(scores, "?" in reading.text)
    _weigh_feeling(scores, reading.sentiment.score)
    if "?" not in reading.text and reading.sentiment.score < 0:
        # Who asks nothing and is not content has something to complain of.
        scores[COMPLAINT] += _HINT
    # The rarer, weightier matter decides when several are named.
    if any(scores[name] >= _STRONG for name in (FRAUD, CLAIM, DATA_CHANGE, APP_BROKEN)):
        scores[CONSULTATION] *= 0.5
        scores[COMPLAINT] *= 0.7
    if scores[FRAUD] >= _CERTAIN:
        for name in (CLAIM, APP_BROKEN, DATA_CHANGE):
            scores[name] *= 0.6
    if scores[SPAM] < _CERTAIN:
        scores[SPAM] *= 0.5


def _weigh_question(scores: dict[str, float], asks: bool) -> None:
    scores[CONSULTATION] = scores[CONSULTATION] * (1.0 if asks else 0.8) + 0.5 + 1.0 * asks


def _weigh_feeling(scores: dict[str, float], feeling: float) -> None:
    if feeling <= -0.3:
        scores[COMPLAINT] += min(2.0, -2.0 * feeling)
        scores[CONSULTATION] *= 0.5
    elif feeling >= 0.3:
        scores[CONSULTATION] += 1.5
        scores[COMPLAINT] *= 0.5


def _finding(scores: Mapping[str, float], hits: Mapping[str, Sequence[Hit]]) -> Finding:
    positive = {name: max(0.0, score) for name, score in scores.items()}
    total = sum(positive.values()) + _DOUBT
    ranking = sorted(
        ((name, round(min(MAX_CONFIDENCE, score / total), 3)) for name, score in positive.items()),
        key=lambda item: -item[1],
    )
    if not ranking or ranking[0][1] == 0:
        return Finding(None, 0.0, tuple(ranking))
    best, confidence = ranking[0]
    strongest = sorted(hits[best], key=lambda hit: -hit.weight)
    words = tuple(dict.fromkeys(hit.words for hit in strongest if hit.weight > 0))
    return Finding(best, confidence, tuple(ranking), words[:EVIDENCE_WORDS])
