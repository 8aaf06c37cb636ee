"""Pure: values from outside brought into a shape, so that none of them can do harm.

Numbers where text is meant become text; NUL and lone surrogates become a mark; a list, an object or
a truth value where text is meant is refused with the field's path, never with the value.
"""

import math
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from ticketyard.core.errors import Unreadable

M = TypeVar("M", bound=BaseModel)

DEPTH_MAX = 32
BIGINT_MAX = 2**63 - 1
# What looks like the name of a field, and not like something that slipped into a name's place.
_NAME = re.compile(r"[\w.: \[\]-]{1,100}")
# All that ends a line for somebody: what Python splits lines at.
_LINE_BREAKS = re.compile(r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+")
_EMAIL = re.compile(r"[^\s@\x00-\x1f\x7f<>]{1,64}@[^\s@\x00-\x1f\x7f<>]{1,190}")


def storable(value: Any) -> Any:
    """The value without what PostgreSQL cannot keep in text: NUL and lone surrogates."""
    if isinstance(value, str):
        if "\x00" in value:
            value = value.replace("\x00", "\ufffd")
        return value.encode("utf-8", "replace").decode() if not value.isascii() else value
    if isinstance(value, dict):
        return {storable(key): storable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [storable(item) for item in value]
    return value


def is_email(text: str) -> bool:
    """One @ with something on both sides: whether the address exists, only a mail can tell."""
    return _EMAIL.fullmatch(text) is not None


def _as_text(value: object) -> object:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)[:400]
    return value


def _as_line(value: object) -> object:
    text = _as_text(value)
    return _LINE_BREAKS.sub(" ", text) if isinstance(text, str) else text


def _as_email(value: object) -> object:
    text = _as_text(value)
    if isinstance(text, str):
        text = text.strip()
        if not is_email(text):
            raise ValueError("not an e-mail address")
    return text


def _as_number(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("not a number")
    return value


def _none_if_empty(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def _check_instant(instant: datetime) -> datetime:
    if not 1990 <= instant.year < 2200:
        raise PydanticCustomError("instant", "Lies outside of the years 1990 to 2199")
    return instant


Text = Annotated[str, BeforeValidator(_as_text)]
Words = Annotated[str, BeforeValidator(_as_text), StringConstraints(strip_whitespace=True)]
# What is shown on one line is kept on one: other systems break titles as they please, so a line break
# becomes a space and nothing is refused for it.
Line = Annotated[
    str, BeforeValidator(_as_line), StringConstraints(strip_whitespace=True, max_length=500)
]
# An empty text box is one that was left out.
MaybeLine = Annotated[Line | None, BeforeValidator(_none_if_empty)]
# Where a person types the address; what other systems write there is often none.
Email = Annotated[str, BeforeValidator(_as_email)]
Number = Annotated[int, BeforeValidator(_as_number)]
# The id of anything in the database, in a path, a query or a body.
Instant = Annotated[AwareDatetime, AfterValidator(_check_instant)]
RowId = Annotated[int, Field(ge=0, le=BIGINT_MAX)]


class Closed(BaseModel):
    """A shape that the documents close: a field it does not name is refused."""

    model_config = ConfigDict(extra="forbid")


class Body(Closed):
    """A closed shape that a route reads by itself, of JSON that may hold anything."""

    @model_validator(mode="before")
    @classmethod
    def _harmless(cls, data: Any) -> Any:
        if is_deeper(data, DEPTH_MAX):
            raise PydanticCustomError("too_deep", f"Nested deeper than {DEPTH_MAX} levels")
        if _has_odd_number(data):
            raise PydanticCustomError("odd_number", "Numbers should be finite and of 64 bits")
        return storable(data)


class Open(BaseModel):
    """Another system's object: we take what we know; what to do with the rest is up to the reader."""

    model_config = ConfigDict(extra="ignore")


def read(shape: type[M], data: object, at: str = "") -> M:
    """The data in this shape. Raises Unreadable, which names each field by its path below `at`."""
    if is_deeper(data, DEPTH_MAX):
        raise unreadable(at or "body", f"Nested deeper than {DEPTH_MAX} levels")
    try:
        return shape.model_validate(data)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        raise _refusal([_told(each, at) for each in faults]) from None


def unreadable(path: str, problem: str) -> Unreadable:
    """The refusal of one field."""
    return _refusal([{"path": path, "where": "body", "problem": problem}])


def _refusal(errors: list[dict[str, str]]) -> Unreadable:
    names = ", ".join(dict.fromkeys(each["path"] for each in errors))
    return Unreadable(f"Cannot be used as it is: {names[:500]}.", errors=errors[:100])


def _told(error: Mapping[str, Any], at: str) -> dict[str, str]:
    path = ".".join(field_name(part) for part in (at, *error["loc"]) if part != "")
    problem = _MESSAGES.get(error["type"], error["msg"])
    return {"path": path or "body", "where": "body", "problem": problem}


def field_name(part: object) -> str:
    """A field's name as it may be told. One that nobody knows may be anything: a whole body, with its
    secrets, is a single name where JSON is sent as a form."""
    name = str(part)
    return name if _NAME.fullmatch(name) else "(no name of a field)"


# Where pydantic's own words would name our classes or quote the value.
_MESSAGES = {
    "value_error": "Value is not usable",
    "model_type": "Input should be an object",
    "dict_type": "Input should be an object",
}


def _has_odd_number(data: object) -> bool:
    """Whether a number in it is none that JSON and the database both have."""
    if isinstance(data, dict):
        return any(map(_has_odd_number, data.values()))
    if isinstance(data, list):
        return any(map(_has_odd_number, data))
    if isinstance(data, float):
        return not math.isfinite(data)
    return isinstance(data, int) and not -BIGINT_MAX <= data <= BIGINT_MAX


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
