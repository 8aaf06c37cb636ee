"""What happens to people."""

from dataclasses import dataclass
from typing import ClassVar

from ticketyard.core.events import Event


@dataclass(frozen=True, kw_only=True)
class PersonAdded(Event):
    """Somebody can now act here."""

    type: ClassVar[str] = "person.added"
    person_id: int
    role: str


@dataclass(frozen=True, kw_only=True)
class PersonChanged(Event):
    """A person's role, name or access changed; `fields` says what, never to which value."""

    type: ClassVar[str] = "person.changed"
    person_id: int
    fields: list[str]


@dataclass(frozen=True, kw_only=True)
class KeyCreated(Event):
    """An API key was made."""

    type: ClassVar[str] = "key.created"
    key_id: int
    name: str


@dataclass(frozen=True, kw_only=True)
class KeyRevoked(Event):
    """An API key no longer works."""

    type: ClassVar[str] = "key.revoked"
    key_id: int
    name: str


@dataclass(frozen=True, kw_only=True)
class CompanyChanged(Event):
    """Settings of the company changed."""

    type: ClassVar[str] = "company.changed"
    fields: list[str]
