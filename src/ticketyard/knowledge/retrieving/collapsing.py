"""Pure: of pieces that say nearly the same, the best stands for all."""

from collections.abc import Sequence

from ticketyard.knowledge.retrieving.asked import Found

# Which share of their words two pieces have in common when they count as the same.
_ALIKE = 0.9
# Short texts differ in a word and mean something else: those have to have all words in common.
_SHORT = 12


def collapse(found: Sequence[Found], limit: int) -> list[Found]:
    """The first `limit` that do not repeat one before them."""
    kept: list[Found] = []
    for each in found:
        if len(kept) == limit:
            break
        if not any(_repeats(each, other) for other in kept):
            kept.append(each)
    return kept


def _repeats(one: Found, other: Found) -> bool:
    left, right = one.candidate.words, other.candidate.words
    if not left or not right:
        return one.candidate.text.split() == other.candidate.text.split()
    if min(len(left), len(right)) < _SHORT:
        return left == right
    # Cheaper than counting: of sets so different in size few words can be common.
    if min(len(left), len(right)) < _ALIKE * max(len(left), len(right)):
        return False
    return len(left & right) >= _ALIKE * len(left | right)
