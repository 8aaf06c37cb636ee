"""Pure: does a passage support a sentence that claims to come from it?

Strict on purpose: what is not found in the passage is not said. Figures, addresses, names of commands and
files must stand there as they are; nearly all other words must, in some form, in one place; and both must
agree on "not". A word that stands neither in the passage nor in the question is said by nobody but the
model, and who knows where it heard it. A sentence that only says it differently is dropped: a person is
then asked, which is the better mistake.
"""

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from ticketyard.ai.function_words import ALWAYS_COMMON
from ticketyard.ai.lexicon import WORDS, read_lexicon
from ticketyard.ai.phrases import plain_words
from ticketyard.knowledge.answering.spans import spans_of

MIN_SHARE = 0.75
MIN_SHARE_OF_TWO = 0.9
"""Of a sentence's words that carry meaning, how many must stand in one sentence of the passage, or in
two that are neighbours: of words gathered from all over a page anything could be made."""

_STEM = 5
# Whatever would be wrong if it were changed by one character.
_EXACT = re.compile(
    r"https?://[^\s<>\"')\]]+|www\.[^\s<>\"')\]]+|[\w.+-]+@[\w-]+\.[\w.-]+|[~/\\][\w./\\-]{2,}"
    r"|\b\w+(?:[._-]\w+)*\.[a-z]{2,5}\b|\b\d[\d.,:/%-]*\d\b|\b\d+\b|\b[A-Z]{2,}[A-Z0-9_-]*\b"
    r"|\b[\w-]*\d[\w-]*\b|--?[a-z][\w-]+"
)
_CLAIMS = read_lexicon(Path(__file__).parents[1] / "words" / "claims.txt")
_NEGATIONS = frozenset({**read_lexicon(WORDS / "negations.txt").all_phrases, **_CLAIMS["not"]})
_CONNECTING = frozenset(word[:_STEM] for word in _CLAIMS["connecting"])
# What a sentence is written with; every other sign is the beginning of a link, a picture or markup.
_PLAIN_SIGNS = frozenset(" .,;:!?'\"()-/%&+–—…«»“”„‘’№")
_JOINED_NOT = re.compile(
    r"\b(?:ca|could|do|does|did|is|are|was|were|wo|would|should|must|have|has)n.?t\b"
)


def is_supported(claim: str, passage: str, question: str = "") -> bool:
    """Whether everything the claim says stands in the passage. An empty claim says nothing.

    question: its words may be taken up, for whoever asks knows them.
    """
    wanted = _stems(claim)
    if not wanted and not _EXACT.search(claim):
        return False
    if not set(_exact_parts(claim)) <= set(_exact_parts(passage)):
        return False
    if _foreign_words(claim, f"{passage} {question}") or _foreign_signs(claim, passage):
        return False
    sentences = [span.text for span in spans_of(passage)]
    saying = _having(sentences, wanted, MIN_SHARE)
    if not saying:
        pairs = [f"{first} {second}" for first, second in pairwise(sentences)]
        saying = _having(pairs, wanted, MIN_SHARE_OF_TWO)
    return any(_is_negated(each) == _is_negated(claim) for each in saying)


def _foreign_words(claim: str, told: str) -> frozenset[str]:
    """The claim's words that nobody else said, in no form."""
    known = frozenset(word[:_STEM] for word in plain_words(told)) | _CONNECTING
    return frozenset(
        word
        for word in plain_words(claim)
        if word[:_STEM] not in known
        and word not in ALWAYS_COMMON | _NEGATIONS
        and not _JOINED_NOT.fullmatch(word)
    )


def _foreign_signs(claim: str, passage: str) -> frozenset[str]:
    """Signs of the claim that no sentence needs and its passage has not."""
    odd = {sign for sign in claim if not sign.isalnum()} - _PLAIN_SIGNS
    return frozenset(odd - set(passage))


def _having(texts: Sequence[str], wanted: frozenset[str], share: float) -> list[str]:
    return [text for text in texts if len(wanted & _stems(text)) >= share * len(wanted)]


def contains(passage: str, quote: str) -> bool:
    """Whether the quote stands in the passage word for word, and not as the half of a sentence that
    says the opposite; spaces and capitals aside."""
    wanted = _plain(quote)
    sentences = [_plain(span.text) for span in spans_of(passage)]
    whole = " ".join(sentences)
    at = whole.find(wanted) if wanted else -1
    while at >= 0:
        around = _sentences_around(sentences, at, at + len(wanted))
        if _is_negated(around) == _is_negated(wanted):
            return True
        at = whole.find(wanted, at + 1)
    return False


def _sentences_around(sentences: Sequence[str], start: int, end: int) -> str:
    """The sentences that have a part in these characters of them all."""
    found, begins = [], 0
    for sentence in sentences:
        ends = begins + len(sentence)
        if begins < end and ends > start:
            found.append(sentence)
        begins = ends + 1
    return " ".join(found)


def _stems(text: str) -> frozenset[str]:
    words = [word for word in plain_words(text) if word.isalpha()]
    return frozenset(
        word[:_STEM] for word in words if len(word) > 2 and word not in ALWAYS_COMMON
    ) - frozenset(word[:_STEM] for word in _NEGATIONS)


def _exact_parts(text: str) -> Sequence[str]:
    return [part.casefold().rstrip(".,:;-") for part in _EXACT.findall(text)]


def _is_negated(text: str) -> bool:
    return bool(_JOINED_NOT.search(text.lower())) or not _NEGATIONS.isdisjoint(plain_words(text))


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
