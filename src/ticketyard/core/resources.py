"""What a route or a job may reach, handed to it as one value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ticketyard.core.clock import Clock
from ticketyard.core.db import Database
from ticketyard.core.storage import Blobs

T = TypeVar("T")


@dataclass(frozen=True)
class Resources:
    """The program's long-lived parts.

    parts: what later packages bring along (engines, geocoders), by their class.
    """

    db: Database
    blobs: Blobs
    parts: Mapping[type[Any], Any] = field(default_factory=dict)

    @property
    def clock(self) -> Clock:
        """What time it is here."""
        return self.db.clock

    def part(self, kind: type[T]) -> T:
        """The one part of this class. KeyError when wiring brought none: a bug, not a refusal."""
        found = self.parts[kind]
        if not isinstance(found, kind):
            raise TypeError(f"The part stored as {kind.__name__} is none.")
        return found
