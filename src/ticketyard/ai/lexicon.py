"""Reads word lists: sections of phrases, each with a weight, in a text file people can edit."""

import re
from functools import cached_property
from pathlib import Path

WORDS = Path(__file__).with_name("words")

_SECTION = re.compile(r"\[(.+)\]")
_WEIGHTED = re.compile(r"(-?\d+(?:\.\d+)?):\s*(.*)")
_USUAL_WEIGHT = 1.0


class Lexicon(dict[str, dict[str, float]]):
    """Section to phrase to weight."""

    @cached_property
    def all_phrases(self) -> dict[str, float]:
        """The phrases of all sections in one table."""
        return {phrase: weight for section in self.values() for phrase, weight in section.items()}


def read_lexicon(path: Path) -> Lexicon:
    """A word list. `[name]` opens a section, `2.5:` sets the weight of what follows.

    Phrases are parted by commas; `#` starts a comment line.
    """
    lexicon = Lexicon()
    section: dict[str, float] = {}
    weight = _USUAL_WEIGHT
    for line in path.read_text(encoding="utf-8").splitlines():
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        if heading := _SECTION.fullmatch(line):
            section = lexicon.setdefault(heading[1], {})
            weight = _USUAL_WEIGHT
            continue
        if weighted := _WEIGHTED.match(line):
            weight, line = float(weighted[1]), weighted[2]
        section.update((piece.strip(), weight) for piece in line.split(",") if piece.strip())
    return lexicon
