"""The word lists of triage, ready to search."""

import functools
from pathlib import Path

from ticketyard.ai.lexicon import read_lexicon
from ticketyard.ai.phrases import PhraseTable

_WORDS = Path(__file__).with_name("words")


@functools.cache
def phrases(name: str) -> dict[str, PhraseTable]:
    """Section to phrases of one word list (`letters`, `it`, `intents`, `topics`, `urgency`)."""
    lexicon = read_lexicon(_WORDS / f"{name}.txt")
    return {section: PhraseTable(weights) for section, weights in lexicon.items()}
