"""Reads word lists: sections of phrases, each with a weight, in a text file people can edit."""

import re
from collections.abc import Iterator
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

    Phrases are parted by commas and may run over the end of a line; `#` starts a comment line.
    """
    lexicon = Lexicon()
    for heading, body in _sections(path.read_text(encoding="utf-8")):
        section = lexicon.setdefault(heading, {})
        for weight, phrases in _blocks(body):
            section.update((phrase, weight) for phrase in phrases)
    return lexicon


def _sections(text: str) -> Iterator[tuple[str, list[str]]]:
    heading, body = "", list[str]()
    for line in map(str.strip, text.splitlines()):
        if found := _SECTION.fullmatch(line):
            if heading:
                yield heading, body
            heading, body = found[1], []
        elif line and not line.startswith("#"):
            body.append(line)
    if heading:
        yield heading, body


def _blocks(lines: list[str]) -> Iterator[tuple[float, list[str]]]:
    """Weight and phrases, a block beginning at each weight."""
    weight, pieces = _USUAL_WEIGHT, list[str]()
    for line in lines:
        if weighted := _WEIGHTED.match(line):
            yield weight, _phrases(pieces)
            weight, pieces = float(weighted[1]), [weighted[2]]
        else:
            pieces.append(line)
    yield weight, _phrases(pieces)


def _phrases(pieces: list[str]) -> list[str]:
    return [phrase for phrase in map(str.strip, " ".join(pieces).split(",")) if phrase]
