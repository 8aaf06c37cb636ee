"""Pure: one key for the many ways a place name is typed, and how far two keys are apart."""

import re
import unicodedata
from functools import lru_cache

# Cyrillic (Russian and Kazakh) to the sounds people write in Latin; ь and ъ are silent.
_SOUNDS = {
    **dict(zip("абвгдезийклмнопрстуфыэ", "abvgdeziyklmnoprstufye", strict=True)),
    **{
        "ё": "e",
        "ж": "zh",
        "х": "h",
        "ц": "ts",
        "ч": "ch",
        "ш": "sh",
        "щ": "sch",
        "ю": "yu",
        "я": "ya",
    },
    **{"ъ": "", "ь": "", "ә": "a", "ғ": "g", "қ": "k", "ң": "n", "ө": "o", "ұ": "u", "ү": "u"},
    **{"һ": "h", "і": "y", "ı": "y", "ї": "y", "є": "e", "ў": "u", "ј": "y", "җ": "zh", "ł": "l"},
}
_LATIN = str.maketrans(_SOUNDS)
# What one alphabet reform or another writes in another way: Qaraghandy is Karagandy.
_SAME_SOUND = (
    ("shch", "sch"),
    ("dzh", "zh"),
    ("j", "zh"),
    ("kh", "h"),
    ("gh", "g"),
    ("q", "k"),
    ("w", "u"),
    ("i", "y"),
    ("ye", "e"),
)
_DOUBLED = re.compile(r"(.)\1+")
_NO_LETTER = re.compile(r"[^a-z0-9]+")
_QUIET = str.maketrans("", "", "'’ʼ`\"«»“”")


@lru_cache(maxsize=65_536)
def spelling_key(text: str) -> str:
    """Lower-case Latin words that Cyrillic, Latin and Kazakh spellings of one name share."""
    text = text.casefold().translate(_QUIET).translate(_LATIN)
    text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    for written, heard in _SAME_SOUND:
        text = text.replace(written, heard)
    return _DOUBLED.sub(r"\1", _NO_LETTER.sub(" ", text).strip())


@lru_cache(maxsize=65_536)
def says_nothing(text: str) -> bool:
    """Whether a field is empty or holds one of the words programs and people write for empty."""
    return spelling_key(text) in _NOTHING


def allowed_typos(key: str) -> int:
    """How many slips a name of this length may hold and still be that name."""
    if len(key) < 5:
        return 0
    return 1 if len(key) < 8 else 2


def typos_between(one: str, other: str, *, at_most: int) -> int | None:
    """Letters missing, added, swapped or wrong between two keys; None when more than `at_most`.

    Source: restricted Damerau-Levenshtein distance, stopped as soon as a whole row is too far.
    """
    if abs(len(one) - len(other)) > at_most:
        return None
    before: list[int] = []
    above = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        row = [i]
        for j, b in enumerate(other, 1):
            cost = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and b == one[i - 2]:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > at_most:
            return None
        before, above = above, row
    return above[-1] if above[-1] <= at_most else None


_NOTHING = {
    spelling_key(word)
    for word in (
        "",
        "NULL",
        "None",
        "NaN",
        "N/A",
        "нет",
        "не указан",
        "не указано",
        "unknown",
        "жоқ",
    )
}
