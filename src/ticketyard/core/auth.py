"""Passwords, tokens, who is acting, and what they may do. Knows no table."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, Self

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

Kind = Literal["person", "integration", "system"]

PASSWORD_MIN_LENGTH = 10
PASSWORD_MAX_LENGTH = 256

REQUESTER = frozenset(
    {"tickets:create", "tickets:read_own", "tickets:comment_own", "knowledge:read_public"}
)
AGENT = REQUESTER | {
    "tickets:read",
    "tickets:write",
    "tickets:assign",
    "triage:correct",
    "people:read",
    "insights:read",
    "intake:read",
    "knowledge:read",
    "knowledge:write",
}
ADMIN = AGENT | {
    "imports:run",
    "people:manage",
    "settings:manage",
    "keys:manage",
    "triage:train",
    "intake:manage",
    "knowledge:publish",
}
INTEGRATION = frozenset({"tickets:create"})

ROLES: dict[str, frozenset[str]] = {
    "admin": frozenset(ADMIN),
    "agent": frozenset(AGENT),
    "requester": REQUESTER,
    "integration": INTEGRATION,
}
PERMISSIONS = frozenset().union(*ROLES.values())

# What a key may be bound to: the sources that systems send from.
KEY_SOURCES = ("web_form", "email", "chatbot", "glpi", "solman", "alert", "api")

# Who may do the second may do the first, also where a key was given only that.
_WIDER = {
    "tickets:read_own": "tickets:read",
    "tickets:comment_own": "tickets:write",
    "knowledge:read_public": "knowledge:read",
}


@dataclass(frozen=True)
class Principal:
    """Whoever is acting: a person, an integration, or the system itself.

    id: the person's or key's id; None for the system.
    sources: the ticket sources an integration may use; empty means all.
    """

    kind: Kind
    id: int | None
    company_id: int
    name: str
    permissions: frozenset[str] = field(default_factory=frozenset)
    email: str | None = None
    role: str = ""
    sources: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def system(cls, company_id: int, name: str = "Ticketyard") -> Self:
        """The product acting by itself, in a job; `name` says which part."""
        return cls("system", None, company_id, name, PERMISSIONS)

    @property
    def person_id(self) -> int | None:
        """The person behind it, if a person it is."""
        return self.id if self.kind == "person" else None

    def may(self, permission: str) -> bool:
        """Whether this one action is allowed."""
        return permission in self.permissions or _WIDER.get(permission) in self.permissions


@lru_cache(maxsize=1)
def _hasher() -> PasswordHasher:
    return PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def hash_password(password: str) -> str:
    """argon2id with the parameters of OWASP's password storage advice (19 MiB, 2 rounds)."""
    return _hasher().hash(password)


def password_matches(password: str, stored: str | None) -> bool:
    """Whether it is the password; takes the same time when nobody is stored."""
    try:
        return _hasher().verify(stored or _nobody(), password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


@lru_cache(maxsize=1)
def _nobody() -> str:
    return _hasher().hash(secrets.token_urlsafe(16))


def new_token() -> str:
    """A secret of 256 random bits for keys, sessions and links."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is stored of a token. A plain digest is enough: the token itself cannot be guessed."""
    return hashlib.sha256(token.encode()).hexdigest()


def same(left: str, right: str) -> bool:
    """Equality in constant time; an empty secret equals nothing."""
    return bool(left) and hmac.compare_digest(left.encode(), right.encode())
