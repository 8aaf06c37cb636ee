"""What may be asked of the ticket list: filters, orders, pages. Pure."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from ticketyard.core.shapes import storable
from ticketyard.insights.ticket_filters import normal_filters
from ticketyard.tickets.errors import BadField

SORTS: Final = (
    "created_at",
    "updated_at",
    "due",
    "priority",
    "severity",
    "number",
    "id",
    "relevance",
)
LIMIT_MAX: Final = 500
OFFSET_MAX: Final = 10_000_000


@dataclass(frozen=True, kw_only=True)
class TicketQuery:
    """One question to the list. Repeated values of a filter mean any of them, of `tag` all.

    where: filter to its values; checked and brought into the stored form when the question is made.
    after: the keys of the last ticket of the page before, from a cursor; else offset counts.
    """

    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sort: str = "created_at"
    descending: bool = True
    limit: int = 50
    offset: int = 0
    after: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "where", normal_filters(self.where))
        if self.sort not in SORTS:
            raise BadField(f"Tickets can be sorted by {', '.join(SORTS)}.")
        if self.sort == "relevance" and "q" not in self.where:
            # Where nothing is searched for, everything is equally relevant.
            object.__setattr__(self, "sort", "created_at")
        if not 1 <= self.limit <= LIMIT_MAX:
            raise BadField(f"A page has 1 to {LIMIT_MAX} tickets.")
        if not 0 <= self.offset <= OFFSET_MAX:
            raise BadField(f"Pages reach to {OFFSET_MAX:,} tickets; go on with `next_cursor`.")

    def narrowed(self, **filters: tuple[str, ...]) -> "TicketQuery":
        """The same question about fewer tickets: these filters replace given ones."""
        return replace(self, where={**self.where, **filters})

    def asked(self) -> dict[str, Any]:
        """As the database function `list_tickets` takes it."""
        asked: dict[str, Any] = {
            "where": {name: list(values) for name, values in self.where.items()},
            "sort": self.sort,
            "descending": self.descending,
            "limit": self.limit,
            "offset": 0 if self.after else self.offset,
        }
        if self.after:
            asked["after"] = list(self.after)
        return asked


_KEYS: Final = {
    "created_at": 2,
    "updated_at": 2,
    "due": 2,
    "priority": 3,
    "severity": 3,
    "number": 2,
    "id": 1,
}


def render_cursor(query: TicketQuery, keys: list[Any]) -> str:
    """Where the next page begins, as an opaque word for an address."""
    value = [query.sort, query.descending, *(str(key) for key in keys)]
    return base64.urlsafe_b64encode(orjson.dumps(value)).decode().rstrip("=")


def with_cursor(query: TicketQuery, cursor: str) -> TicketQuery:
    """The question that continues where the cursor says, in its order. Raises BadField."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        sort, descending, *keys = orjson.loads(base64.urlsafe_b64decode(padded.encode("ascii")))
    except (binascii.Error, ValueError, TypeError) as error:
        raise BadField("That cursor is none of ours.") from error
    usable = all(isinstance(key, str) and len(key) <= 60 for key in keys)
    if len(cursor) > 400 or not usable or _KEYS.get(str(sort)) != len(keys):
        raise BadField("That cursor is none of ours.")
    after = _checked_keys(str(sort), keys)
    return replace(query, sort=str(sort), descending=bool(descending), after=tuple(after))


def _checked_keys(sort: str, keys: list[str]) -> list[str]:
    """A cursor comes back from outside: its keys must still be what the order compares."""
    ranked = sort in ("priority", "severity")
    numbers = [(keys[-1], 18), *([(keys[0], 1)] if ranked else [])]
    if not all(_is_number(key, digits) for key, digits in numbers):
        raise BadField("That cursor is none of ours.")
    if sort == "due" and keys[0] == "infinity":
        return keys
    if ranked or sort in ("created_at", "updated_at", "due"):
        try:
            # In our own words: Python knows ways to write a date that PostgreSQL does not.
            keys = [
                *keys[:-2],
                datetime.fromisoformat(keys[-2]).astimezone(UTC).isoformat(),
                keys[-1],
            ]
        except (ValueError, OverflowError) as error:
            raise BadField("That cursor is none of ours.") from error
    return [str(storable(key)) for key in keys]


def _is_number(key: str, digits: int) -> bool:
    return key.isascii() and key.isdigit() and len(key) <= digits
