"""What titles, tags, priorities and custom fields may be. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any, Final

import orjson

from ticketyard.core.shapes import storable
from ticketyard.tickets.errors import BadField
from ticketyard.tickets.lifecycle import PRIORITIES, SEVERITIES

NUMBER: Final = re.compile(r"TKT-\d{8}-\d{3,}", re.IGNORECASE)
TITLE_MAX: Final = 300
TAGS_MAX: Final = 20
TAG_MAX: Final = 50
FIELDS_MAX: Final = 50
FIELD_NAME_MAX: Final = 60
FIELD_BYTES_MAX: Final = 4_000
FIELDS_BYTES_MAX: Final = 32_000


def normal_title(title: str | None) -> str:
    """The title on one line. Raises BadField for an empty or overlong one."""
    line = " ".join(clean(title or "").split())
    if not line:
        raise BadField("A ticket needs a title.")
    if len(line) > TITLE_MAX:
        raise BadField(f"A title has {TITLE_MAX} characters at most.")
    return line


def normal_priority(word: str | None) -> str:
    """The priority meant; *normal* is medium. Raises BadField."""
    given = (word or "").strip().lower()
    given = "medium" if given == "normal" else given
    if given not in PRIORITIES:
        raise BadField(f"No such priority; there are {', '.join(PRIORITIES)}.")
    return given


def normal_severity(word: str | None) -> str | None:
    """The severity meant, or None. Raises BadField."""
    if word is None:
        return None
    if word.strip().lower() not in SEVERITIES:
        raise BadField(f"No such severity; there are {', '.join(SEVERITIES)}.")
    return word.strip().lower()


def normal_tags(tags: Iterable[str]) -> list[str]:
    """Tags in lower case with single blanks, each once, in the order given, empty ones left out.

    Raises BadField for more than twenty, or for one that is too long.
    """
    found: dict[str, None] = {}
    for tag in tags:
        word = " ".join(clean(tag).lower().lstrip("#").split())
        if len(word) > TAG_MAX:
            raise BadField(f"A tag has {TAG_MAX} characters at most.")
        if word:
            found[word] = None
    if len(found) > TAGS_MAX:
        raise BadField(f"A ticket has {TAGS_MAX} tags at most.")
    return list(found)


def merged_fields(present: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Custom fields after the changes; a value of None takes its field away.

    Raises BadField for odd names, and for more than can be kept.
    """
    merged = dict(present)
    for given, value in changes.items():
        name = " ".join(clean(given).split())
        if not name or len(name) > FIELD_NAME_MAX:
            raise BadField(f"The name of a custom field has 1 to {FIELD_NAME_MAX} characters.")
        if value is None:
            merged.pop(name, None)
            continue
        merged[name] = _field_value(value)
    if len(merged) > FIELDS_MAX or len(orjson.dumps(merged)) > FIELDS_BYTES_MAX:
        raise BadField(
            f"A ticket has {FIELDS_MAX} custom fields at most, of {FIELDS_BYTES_MAX} bytes together."
        )
    return merged


def _field_value(value: Any) -> Any:
    try:
        value = storable(value)
        size = len(orjson.dumps(value))
    except (TypeError, RecursionError) as error:
        raise BadField("A custom field holds text, numbers, lists and objects.") from error
    if size > FIELD_BYTES_MAX:
        raise BadField(f"A custom field holds {FIELD_BYTES_MAX} bytes at most.")
    return value


def clean(text: str) -> str:
    """The text in one Unicode form, without control characters and the marks that turn its
    direction (so that nothing can look like something else)."""
    whole = unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode())
    return "".join(" " if mark in "\t\r\n" else mark for mark in whole if _harmless(mark))


def _harmless(mark: str) -> bool:
    if mark in "\t\r\n\u200c\u200d":
        return True
    return unicodedata.category(mark) not in ("Cc", "Cf", "Cs")
