"""Pure: how fields of a foreign body are read, so that none of them can do harm.

Numbers where text is meant become text; NUL and lone surrogates become a mark; a list, an object or
a truth value where text is meant is refused with the field's path.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

import orjson
from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    ValidationError,
)

from ticketyard.intake.errors import Unreadable
from ticketyard.tickets.opening import storable

M = TypeVar("M", bound=BaseModel)

DEPTH_MAX = 32
EXTRAS_MAX_BYTES = 32_768
_EMAIL = re.compile(r"[^\s@\x00-\x1f\x7f<>]{1,64}@[^\s@\x00-\x1f\x7f<>]{1,190}")
_IN_BRACKETS = re.compile(r"^(?P<name>[^<>]*)<(?P<email>[^<>]+)>\s*$")


def _as_text(value: object) -> object:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)[:400]
    return value


Text = Annotated[str, BeforeValidator(_as_text)]
Words = Annotated[str, BeforeValidator(_as_text), StringConstraints(strip_whitespace=True)]
Line = Annotated[
    str, BeforeValidator(_as_text), StringConstraints(strip_whitespace=True, max_length=500)
]


def _as_email(value: object) -> object:
    text = _as_text(value)
    if not isinstance(text, str):
        return text
    text = text.strip()
    if not _EMAIL.fullmatch(text):
        raise ValueError("not an e-mail address")
    return text


# Where a person or our own form gives the address; other systems' are read by `usable_email`.
Email = Annotated[str, BeforeValidator(_as_email)]


class Closed(BaseModel):
    """A shape that the documents close: a field it does not name is refused."""

    model_config = ConfigDict(extra="forbid")


class Open(BaseModel):
    """Another system's object: we take what we know and keep the rest beside the ticket."""

    model_config = ConfigDict(extra="ignore")


def read(shape: type[M], data: object, at: str = "") -> M:
    """The data in this shape. Raises Unreadable, which names each field by its path below `at`."""
    if is_deeper(data, DEPTH_MAX):
        raise Unreadable([_fault(at or "body", f"Nested deeper than {DEPTH_MAX} levels")])
    try:
        return shape.model_validate(data)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        raise Unreadable([_told(each, at) for each in faults]) from None


def _told(error: Mapping[str, Any], at: str) -> dict[str, str]:
    # A name of a field that we do not know may be anything, so it is cut and cleaned as well.
    path = ".".join(str(part)[:100] for part in (at, *error["loc"]) if part != "")
    return _fault(str(storable(path)) or "body", _MESSAGES.get(error["type"], error["msg"]))


# Where pydantic's own words would name our classes.
_MESSAGES = {
    "value_error": "Value is not usable",
    "model_type": "Input should be an object",
    "dict_type": "Input should be an object",
}


def _fault(path: str, problem: str) -> dict[str, str]:
    return {"path": path, "where": "body", "problem": problem}


def is_deeper(data: object, limit: int) -> bool:
    """Whether lists and objects lie in each other more than `limit` deep. Never recurses."""
    level = [data]
    for _ in range(limit):
        level = [
            inner
            for each in level
            if isinstance(each, dict | list)
            for inner in (each.values() if isinstance(each, dict) else each)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True


def extras(data: object, taken: frozenset[str] = frozenset()) -> dict[str, Any]:
    """What a foreign object says beyond the fields that found their place on the ticket.

    More than 32 kB stays in the raw message alone: the ticket is read often, that is not.
    """
    rest = {
        str(storable(name)): storable(value)
        for name, value in (data.items() if isinstance(data, dict) else ())
        if name not in taken and value not in (None, "", [], {})
    }
    if len(orjson.dumps(rest)) > EXTRAS_MAX_BYTES:
        return {"left_out": "too long; see the message as it came"}
    return rest


def names_of(shape: type[BaseModel]) -> frozenset[str]:
    """Every name under which a shape reads a field."""
    names: set[str] = set()
    for name, field in shape.model_fields.items():
        match field.validation_alias:
            case AliasChoices(choices=choices):
                names.update(str(choice) for choice in choices)
            case alias:
                names.add(alias if isinstance(alias, str) else name)
    return frozenset(names)


def usable_email(text: str | None) -> str | None:
    """The address if it is one; another system's odd entry is no reason to refuse its ticket."""
    found = _IN_BRACKETS.match(text or "")
    address = (found["email"] if found else text or "").strip()
    return address if _EMAIL.fullmatch(address) else None


def name_beside_email(text: str | None) -> str | None:
    """The name in `Name <address>`."""
    found = _IN_BRACKETS.match(text or "")
    return (found["name"].strip(" \"'") or None) if found else None
