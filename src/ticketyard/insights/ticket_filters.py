"""What the filters of the ticket list may hold, each brought into the form the tickets have. Pure."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from ticketyard.core.shapes import storable
from ticketyard.tickets.errors import BadField
from ticketyard.tickets.labels import NUMBER, normal_priority, normal_severity, normal_tags
from ticketyard.tickets.lifecycle import STATUSES

WORDS_MAX: Final = 100
WORD_MAX: Final = 400
ID_MAX: Final = 2**31 - 1
SOURCES: Final = ("web_form", "email", "chatbot", "glpi", "solman", "alert", "csv", "api")

_SENTIMENTS: Final = {
    "позитивный": "positive",
    "нейтральный": "neutral",
    "негативный": "negative",
}
_LANGUAGES: Final = {"KK": "KZ", "EN": "ENG"}
_SEGMENTS: Final = {"mass": "Mass", "vip": "VIP", "priority": "Priority"}
_TRUTHS: Final = {"true": "true", "1": "true", "false": "false", "0": "false"}


def normal_filters(given: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """The filters with values as they are stored; ones without a value are left out.

    Raises BadField, which names the filter, never the value.
    """
    unknown = sorted(set(given) - set(_NORMAL))
    if unknown:
        raise BadField(f"No such filter; there are {', '.join(sorted(_NORMAL))}.")
    where: dict[str, tuple[str, ...]] = {}
    for name, values in given.items():
        if len(values) > WORDS_MAX or any(len(each) > WORD_MAX for each in values):
            raise BadField(f"That is too much to filter by: {name}.")
        words = [_NORMAL[name](name, each.strip()) for each in values if each.strip()]
        if words:
            where[name] = tuple(dict.fromkeys(words))
    for name in (
        "q",
        "created_after",
        "created_before",
        "unassigned",
        "needs_review",
        "sla_breach",
        "due_before",
    ):
        if len(where.get(name, ())) > 1:
            raise BadField(f"One value only, please: {name}.")
    return _with_number(where)


def _with_number(where: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Who types a ticket's number into the search box means that ticket."""
    if "q" in where and NUMBER.fullmatch(where["q"][0]) and "number" not in where:
        where["number"] = (where.pop("q")[0].upper(),)
    return where


def _text(name: str, word: str) -> str:
    return str(storable(word))


def _one_of(allowed: Sequence[str]) -> Callable[[str, str], str]:
    def check(name: str, word: str) -> str:
        if word.lower() not in allowed:
            raise BadField(f"No such {name}; there are {', '.join(allowed)}.")
        return word.lower()

    return check


def _source(name: str, word: str) -> str:
    word = word.lower().replace("-", "_")
    return _one_of(SOURCES)(name, "web_form" if word == "webform" else word)


def _sentiment(name: str, word: str) -> str:
    known = ("positive", "neutral", "negative")
    return _one_of(known)(name, _SENTIMENTS.get(word.lower(), word))


def _number(name: str, word: str) -> str:
    if not (word.isascii() and word.isdigit() and len(word) <= 10 and int(word) <= ID_MAX):
        raise BadField(f"A number, please: {name}.")
    return str(int(word))


def _truth(name: str, word: str) -> str:
    if word.lower() not in _TRUTHS:
        raise BadField(f"true or false, please: {name}.")
    return _TRUTHS[word.lower()]


def _instant(name: str, word: str) -> str:
    # A plus sign in an address that nobody escaped arrives as a blank.
    try:
        instant = datetime.fromisoformat(word.replace(" ", "+") if "T" in word else word)
        instant = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
        return instant.astimezone(UTC).isoformat()
    except (ValueError, OverflowError) as error:
        raise BadField(f"A date or time as in 2025-12-31T09:30:00Z, please: {name}.") from error


def _tag(name: str, word: str) -> str:
    (tag,) = normal_tags([word]) or [""]
    return tag


def _field(name: str, word: str) -> str:
    field, colon, value = word.partition(":")
    if not (colon and field.strip() and value.strip()):
        raise BadField(f"A field of the tickets and its value, as in Floor:3, please: {name}.")
    return f"{_text(name, field.strip())}:{_text(name, value.strip())}"


_NORMAL: Final[Mapping[str, Callable[[str, str], str]]] = {
    "status": _one_of(STATUSES),
    "priority": lambda _, word: normal_priority(word),
    "severity": lambda _, word: normal_severity(word) or "",
    "source": _source,
    "category": _text,
    "sentiment": _sentiment,
    "language": lambda name, word: _LANGUAGES.get(word.upper(), _text(name, word.upper())),
    "segment": lambda name, word: _SEGMENTS.get(word.lower(), _text(name, word)),
    "assignee_id": _number,
    "unassigned": _truth,
    "team_id": _number,
    "team": _text,
    "office_id": _number,
    "office": _text,
    "requester_id": _number,
    "requester_email": _text,
    "camera_id": _number,
    "organization_id": _text,
    "provider_id": _text,
    "tag": _tag,
    "field": _field,
    "number": lambda name, word: _text(name, word.upper()),
    "created_after": _instant,
    "created_before": _instant,
    "needs_review": _truth,
    "sla_breach": _truth,
    "due_before": _instant,
    "q": _text,
}
FILTERS: Final = frozenset(_NORMAL)
