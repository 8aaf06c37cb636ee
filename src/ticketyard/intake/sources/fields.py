"""Pure: what the readers of other systems' objects share."""

import re
from typing import Any

import orjson
from pydantic import AliasChoices, BaseModel

from ticketyard.core.shapes import is_email, storable, unreadable
from ticketyard.tickets.drafts import KeptFile, foreign_file

EXTRAS_MAX_BYTES = 32_768
_IN_BRACKETS = re.compile(r"^(?P<name>[^<>]*)<(?P<email>[^<>]+)>\s*$")


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
    return address if is_email(address) else None


def name_beside_email(text: str | None) -> str | None:
    """The name in `Name <address>`."""
    found = _IN_BRACKETS.match(text or "")
    return (found["name"].strip(" \"'") or None) if found else None


def named_file(
    filename: str | None, path: str | None, size_bytes: int | None, content_type: str | None
) -> KeptFile:
    """A file that lies in the other system: its path is kept as its sender's word, never opened."""
    return foreign_file(
        filename=filename or path,
        reference=path or filename or "",
        size_bytes=size_bytes or 0,
        content_type=content_type,
    )


def something_said(at: str, *parts: str | None) -> None:
    """Raises Unreadable when title, text and reference are all missing: then there is no ticket."""
    if not any(part and part.strip() for part in parts):
        raise unreadable(f"{at}.title" if at else "title", "Field required, or a description")
