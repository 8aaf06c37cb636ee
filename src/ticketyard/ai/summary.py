"""One or two sentences of the text itself that say what it is about."""

import re
from collections import Counter
from collections.abc import Sequence

from ticketyard.ai.function_words import ALWAYS_COMMON
from ticketyard.ai.lexicon import WORDS, read_lexicon
from ticketyard.ai.phrases import PhraseTable, plain_words

MAX_SENTENCES = 2
MAX_CHARACTERS = 260
_READ_SENTENCES = 60
_STEM = 6
_REASONS = 6

_END = re.compile(r"(?<=[.!?…])\s+(?=[^a-zа-яё])|\n+")
_LEXICON = read_lexicon(WORDS / "sentences.txt")
_COURTESY = PhraseTable(_LEXICON["courtesy"])
_MATTER = PhraseTable(_LEXICON["matter"])


def summarize(text: str) -> str:
    """At most two sentences of the text, in its order; a short text is its own summary."""
    sentences = [" ".join(part.split()) for part in _END.split(text) if part.strip()]
    meant = [sentence for sentence in sentences[:_READ_SENTENCES] if not _is_courtesy(sentence)]
    meant = meant or sentences[:1]
    if not meant:
        return ""
    scores = _scores(meant)
    best = sorted(range(len(meant)), key=lambda place: -scores[place])[:MAX_SENTENCES]
    chosen = [meant[place] for place in sorted(best)]
    while len(chosen) > 1 and len(" ".join(chosen)) > MAX_CHARACTERS:
        chosen.remove(min(chosen, key=lambda sentence: scores[meant.index(sentence)]))
    return _cut(" ".join(_stopped(sentence) for sentence in chosen))


def find_reasons(text: str, summary: str) -> tuple[str, ...]:
    """The words of a summary for which its sentences were taken: those the whole text returns to, the
    commonest first, and those that ask for something."""
    counts = _stems(plain_words(text))
    said = plain_words(summary)
    again = [word for word in said if counts[word[:_STEM]] > 1]
    again.sort(key=lambda word: -counts[word[:_STEM]])
    asked = [hit.words for hit in _MATTER.find(said)]
    first = {word[:_STEM]: word for word in reversed(again)}
    found = dict.fromkeys(first[stem] for stem in dict.fromkeys(word[:_STEM] for word in again))
    return tuple(dict.fromkeys((*found, *asked)))[:_REASONS]


def _stems(words: Sequence[str]) -> Counter[str]:
    return Counter(word[:_STEM] for word in words if word not in ALWAYS_COMMON and len(word) > 2)


def _is_courtesy(sentence: str) -> bool:
    words = plain_words(sentence)
    return len(words) <= 5 and bool(_COURTESY.find(words)) and not _MATTER.find(words)


def _scores(sentences: list[str]) -> list[float]:
    """Sentences score by the words the whole text returns to, by what they ask, and by place."""
    each = [plain_words(sentence) for sentence in sentences]
    counts = _stems([word for words in each for word in words])
    scores = []
    for place, words in enumerate(each):
        known = {word[:_STEM] for word in words}
        weight = sum(counts[word] for word in known) / (len(words) + 4) ** 0.5
        matter = min(3, len(_MATTER.find(words)))
        scores.append(weight + matter + 1.5 / (1 + place))
    return scores


def _stopped(sentence: str) -> str:
    return sentence if sentence[-1] in ".!?…" else sentence + "."


def _cut(text: str) -> str:
    if len(text) <= MAX_CHARACTERS:
        return text
    return text[:MAX_CHARACTERS].rsplit(" ", 1)[0].rstrip(",;:- ") + "…"
