"""Pure: of pieces that say nearly the same, the best stands for all."""

import re
from collections.abc import Sequence

from ticketyard.knowledge.retrieving.asked import Found

# Which share of their words two pieces have in common when they count as the same.
_ALIKE = 0.9
# Short texts differ in a word and mean something else: those have to have all words in common.
_SHORT = 12
_TOKEN = re.compile(r"\w+")


def collapse(found: Sequence[Found], limit: int) -> list[Found]:
    """The first `limit` that do not repeat one before them, whatever their titles."""
    kept: list[Found] = []
    said: list[frozenset[str]] = []
    for each in found:
        if len(kept) == limit:
            break
        words = frozenset(_TOKEN.findall(each.candidate.text.lower()))
        if not any(_repeats(words, other) for other in said):
            kept.append(each)
            said.append(words)
    return kept


def _repeats(words: frozenset[str], other: frozenset[str]) -> bool:
    shorter, longer = sorted((len(words), len(other)))
    if shorter < _SHORT:
        return words == other and bool(words)
    # Cheaper than counting: of sets so different in size few words can be common.
    return shorter >= _ALIKE * longer and len(words & other) >= _ALIKE * len(words | other)
