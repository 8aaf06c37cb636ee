"""Pure: the phrases that hint at a kind of mail, and where they stand in a text.

They lie in label_words/, a file for each language; which one a mail is written in is not asked.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

FOLDER = Path(__file__).with_name("label_words")
_WORD = re.compile(r"\w+")
_APOSTROPHES = "'’`´"


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words in a row. weight: how much one of it says for the label."""

    label: str
    weight: int
    words: tuple[str, ...]

    def starts_at(self, words: Sequence[str], index: int) -> bool:
        """Whether the words from here on are this phrase."""
        found = words[index : index + len(self.words)]
        return len(found) == len(self.words) and all(map(_fits, self.words, found))

    def __str__(self) -> str:
        return " ".join(self.words)


def _fits(wanted: str, word: str) -> bool:
    return word.startswith(wanted[:-1]) if wanted.endswith("*") else word == wanted


@dataclass(frozen=True, slots=True)
class Phrases:
    """All of them by their first word, or by the beginning of it."""

    whole: dict[str, list[Phrase]]
    beginnings: dict[str, list[Phrase]]
    lengths: tuple[int, ...]

    def starting(self, word: str) -> tuple[Phrase, ...]:
        """Those that may begin with this word, the heaviest and longest first."""
        found = list(self.whole.get(word, ()))
        for length in self.lengths:
            if length > len(word):
                break
            found += self.beginnings.get(word[:length], ())
        return tuple(sorted(found, key=lambda each: (each.weight, len(each.words)), reverse=True))


def phrases_in(words: Sequence[str]) -> Iterator[Phrase]:
    """Those that occur, in order; at one place, one of each label, the heaviest."""
    for index, word in enumerate(words):
        seen: set[str] = set()
        for phrase in _starting(word):
            if phrase.label not in seen and phrase.starts_at(words, index):
                seen.add(phrase.label)
                yield phrase


@lru_cache(maxsize=20_000)
def _starting(word: str) -> tuple[Phrase, ...]:
    return load_phrases().starting(word)


def words_of(text: str, limit: int) -> list[str]:
    """The first words in lower case, without apostrophes."""
    text = text[: limit * 12]
    for mark in _APOSTROPHES:
        text = text.replace(mark, "")
    return _WORD.findall(text.lower())[:limit]


@lru_cache(maxsize=1)
def load_phrases() -> Phrases:
    """Every phrase of every language; read once."""
    whole: dict[str, list[Phrase]] = defaultdict(list)
    beginnings: dict[str, list[Phrase]] = defaultdict(list)
    for phrase in _read():
        first = phrase.words[0]
        if first.endswith("*"):
            beginnings[first[:-1]].append(phrase)
        else:
            whole[first].append(phrase)
    return Phrases(dict(whole), dict(beginnings), tuple(sorted({len(each) for each in beginnings})))


def _read() -> Iterator[Phrase]:
    for file in sorted(FOLDER.glob("*.txt")):
        for line in file.read_text("utf-8").splitlines():
            if not line or line.startswith("#"):
                continue
            head, _, listed = line.partition(":")
            label, weight = head.split()
            for each in listed.split(","):
                yield Phrase(label, int(weight), tuple(re.findall(r"\w+\*?", each.lower())))
