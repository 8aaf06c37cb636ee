"""Pure: what a custom field of each kind may hold, and how it is kept."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from ticketyard.tickets.errors import BadField
from ticketyard.tickets.labels import clean

KINDS: Final = ("text", "number", "date", "choice", "yes_no")
TEXT_MAX: Final = 1_000
NUMBER_MAX: Final = 10**15
_YES: Final = frozenset({"yes", "true", "1", "on", "да", "ja"})
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NO: Final = frozenset({"no", "false", "0", "off", "нет", "nej", "nein"})


@dataclass(frozen=True)
class Rule:
    """One field as the company defined it."""

    name: str
    kind: str
    choices: tuple[str, ...] = ()
    is_required: bool = False
    on_form: bool = False
    help: str = ""


def typed_fields(rules: Sequence[Rule], given: Mapping[str, Any]) -> dict[str, Any]:
    """The values under the names and in the forms in which they are kept; an empty one is None.

    A name that the company did not define is left as it is: what other systems send along is kept,
    whatever it is. Raises BadField, which names the field and says what it may hold.
    """
    by_name = {_key(rule.name): rule for rule in rules}
    found: dict[str, Any] = {}
    for name, value in given.items():
        rule = by_name.get(_key(name))
        found[rule.name if rule else name] = typed_value(rule, value) if rule else value
    return found


def typed_value(rule: Rule, value: Any) -> Any:
    """One value as it is kept, or None for nothing. Raises BadField."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    return _READ[rule.kind](rule, value)


def refuse_missing(rules: Sequence[Rule], values: Mapping[str, Any]) -> None:
    """Raises BadField where a field that is asked for has no value."""
    missing = [rule.name for rule in rules if rule.is_required and values.get(rule.name) is None]
    if missing:
        raise BadField(f"Please fill in: {', '.join(missing)}.", fields=missing)


def _text(rule: Rule, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _bad(rule, "a text")
    text = " ".join(clean(str(value)).split())
    if len(text) > TEXT_MAX:
        raise _bad(rule, f"a text of {TEXT_MAX:,} characters at most")
    return text


def _number(rule: Rule, value: Any) -> int | float:
    if isinstance(value, str):
        try:
            value = float(value.strip().replace("\u00a0", "").replace(" ", "").replace(",", "."))
        except ValueError:
            raise _bad(rule, "a number") from None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _bad(rule, "a number")
    if not math.isfinite(value) or abs(value) > NUMBER_MAX:
        raise _bad(rule, "a number that is not so large")
    return int(value) if value == int(value) else value


def _date(rule: Rule, value: Any) -> str:
    if isinstance(value, str) and _DATE.fullmatch(value.strip()):
        try:
            return date.fromisoformat(value.strip()).isoformat()
        except ValueError:
            pass
    raise _bad(rule, "a date as in 2026-12-31")


def _choice(rule: Rule, value: Any) -> str:
    wanted = _key(str(value)) if isinstance(value, str | int | float) else ""
    for choice in rule.choices:
        if _key(choice) == wanted:
            return choice
    raise _bad(rule, f"one of {', '.join(rule.choices)}")


def _yes_no(rule: Rule, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().casefold() if isinstance(value, str | int) else ""
    if word not in _YES | _NO:
        raise _bad(rule, "yes or no")
    return word in _YES


def _bad(rule: Rule, allowed: str) -> BadField:
    return BadField(f"{rule.name} holds {allowed}.", field=rule.name)


def _key(name: str) -> str:
    return " ".join(clean(name).split()).casefold()


_READ: Final[Mapping[str, Callable[[Rule, Any], Any]]] = {
    "text": _text,
    "number": _number,
    "date": _date,
    "choice": _choice,
    "yes_no": _yes_no,
}
