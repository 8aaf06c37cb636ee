"""Pure: what a cell means: an id, a date, a number, a list."""

import re
from datetime import date, datetime
from functools import lru_cache
from uuid import UUID

_GUID = re.compile(r"^\{?([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})\}?$")
_NUMBER = re.compile(r"^\d{1,9}(?:[.,]0+)?$")
_DATE_FORMATS = (
    "%Y-%m-%d",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d %H:%M:%S",
    "%d.%m.%Y",
    "%d.%m.%Y %H:%M",
    "%d/%m/%Y",
)
_WHOLE_FLOAT = re.compile(r"^(\d+)[.,]0+$")
_EMPTY_WORDS = frozenset({"", "null", "none", "nan", "n/a", "-", "—"})


def parse_guid(text: str) -> UUID | None:
    """The id, or None when the text is not one in its usual 8-4-4-4-12 form."""
    found = _GUID.match(text)
    return UUID(found[1]) if found else None


def parse_count(text: str) -> int | None:
    """A whole number from zero on ("9", "9.0", "9,0"); None for anything else."""
    return int(re.split("[.,]", text)[0]) if _NUMBER.match(text) else None


def parse_birth_date(text: str, today: date) -> date | None:
    """The day, with or without a time behind it; None when nobody alive was born then."""
    day = _read_day(text)
    return day if day and date(1900, 1, 1) <= day <= today else None


@lru_cache(maxsize=65_536)
def _read_day(text: str) -> date | None:
    for form in _DATE_FORMATS:
        try:
            return datetime.strptime(text.replace("T", " "), form).date()  # noqa: DTZ007
        except ValueError:
            continue
    return None


def parse_list(text: str) -> tuple[str, ...]:
    """The words of a list with commas, semicolons or slashes, each once."""
    words = (word.strip() for word in re.split(r"[,;/\n]", text))
    return tuple(dict.fromkeys(word for word in words if word))


def parse_word(text: str) -> str:
    """The text, or nothing for the words programs write for nothing."""
    return "" if text.casefold() in _EMPTY_WORDS else text


def parse_house(text: str) -> str:
    """A house number as on the door: "9.0" is a 9 that went through a spreadsheet."""
    found = _WHOLE_FLOAT.match(text)
    return found[1] if found else parse_word(text)
