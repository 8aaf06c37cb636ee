"""The words on the screens, in the language of the reader: English is the key, a catalogue may replace it."""

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

CATALOGUES = Path(__file__).resolve().parent.parent / "catalogues"


class Texts:
    """One language's texts. What a catalogue does not know stays English."""

    def __init__(self, language: str, entries: Mapping[str, str]) -> None:
        self.language = language
        self._entries = entries

    def t(self, text: str, **values: object) -> str:
        """The text in this language, its {names} filled in."""
        found = self._entries.get(text, text)
        return found.format(**values) if values else found

    def tn(self, one: str, many: str, count: int, **values: object) -> str:
        """The text for this many; {count} stands for the number."""
        return self.t(one if count == 1 else many, count=f"{count:,}", **values)


@lru_cache(maxsize=16)
def texts_in(language: str) -> Texts:
    """The texts of a language such as `en` or `ru`; an unknown language reads English."""
    path = CATALOGUES / f"{language}.json"
    if language == "en" or not language.isalpha() or not path.exists():
        return Texts("en", {})
    return Texts(language, json.loads(path.read_text(encoding="utf-8")))
