"""Pure: does a model's summary keep to the request, or does it bring something from elsewhere?

A summary is in other words than its text, so these cannot all be checked. But who sums up takes up most of
what was said, and has no figure, address or name of a thing that the text has not.
"""

import re
from itertools import groupby

from ticketyard.ai.function_words import ALWAYS_COMMON
from ticketyard.ai.phrases import plain_words

MIN_SHARE = 0.5
"""How many of a summary's words that carry meaning are the request's own, in some form."""

MAX_IN_A_ROW = 2
"""So many words from elsewhere may follow one another: of three a phrase can be made."""

_STEM = 5
_HIDDEN = re.compile(r"\[[A-Z][A-Z -]{1,20} \d{1,6}\]")
_EXACT = re.compile(r"\S*(?:\d|_|@|\\|//|www\.|`|\]\(|!\[)\S*")
_AROUND = ".,;:!?()\"'«»“”"


def strays(summary: str, text: str) -> bool:
    """Whether a summary says what its text cannot have told. An empty one says nothing."""
    summary = _HIDDEN.sub(" ", summary)
    exact = {part.strip(_AROUND).casefold() for part in _EXACT.findall(summary)}
    whole = text.casefold()
    if any(part not in whole for part in exact):
        return True
    known = {word[:_STEM] for word in plain_words(text)}
    carrying = [word for word in plain_words(summary) if _carries(word)]
    own = [word[:_STEM] in known for word in carrying]
    longest = max((len(list(run)) for is_own, run in groupby(own) if not is_own), default=0)
    return longest > MAX_IN_A_ROW or sum(own) < MIN_SHARE * len(own)


def _carries(word: str) -> bool:
    return len(word) > 2 and word not in ALWAYS_COMMON
