"""API keys: make, find, revoke. A key is shown once and kept as a hash."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import (
    INTEGRATION,
    KEY_SOURCES,
    PERMISSIONS,
    Principal,
    new_token,
    token_hash,
)
from ticketyard.core.db import company_of
from ticketyard.core.errors import Invalid
from ticketyard.core.events import emit
from ticketyard.people.errors import KeyNotFound
from ticketyard.people.events import KeyCreated, KeyRevoked
from ticketyard.people.models import ApiKey

PREFIX = "ty_"


async def create_key(
    session: AsyncSession,
    *,
    name: str,
    by: Principal,
    permissions: Sequence[str] = tuple(INTEGRATION),
    sources: Sequence[str] = (),
    secret: str | None = None,
) -> tuple[ApiKey, str]:
    """Make a key; gives it and its secret, which cannot be had again.

    permissions: what the key may do; nobody can give away what they may not do themselves.
    sources: ticket sources it may use; empty means all.
    secret: a given one (INTEGRATION_API_KEY) instead of a new one; an empty one is refused.
    """
    if not name.strip():
        raise Invalid("A key needs a name.")
    if not PERMISSIONS.issuperset(permissions):
        raise Invalid(f"No such permission; there are {', '.join(sorted(PERMISSIONS))}.")
    if not set(KEY_SOURCES).issuperset(sources):
        raise Invalid(f"No such source; there are {', '.join(KEY_SOURCES)}.")
    if not set(permissions) <= by.permissions:
        raise Invalid("You can only give permissions that you have.")
    if secret is not None and not secret.strip():
        raise Invalid("An empty secret is no key.")
    token = secret or f"{PREFIX}{company_of(session)}_{new_token()}"
    key = ApiKey(
        company_id=company_of(session),
        name=name.strip(),
        hint=f"…{token[-4:]}" if len(token) >= 16 else "…",
        token_hash=token_hash(token),
        permissions=sorted(set(permissions)),
        sources=sorted(set(sources)),
        created_by=by.person_id,
    )
    session.add(key)
    await session.flush()
    await emit(session, KeyCreated(key_id=key.id, name=key.name), by=by)
    return key, token


def company_named_in(token: str) -> int | None:
    """The company a key says it belongs to; None for a key that was given to us as it is."""
    if not token.startswith(PREFIX):
        return None
    number = token.removeprefix(PREFIX).partition("_")[0]
    return int(number) if number.isascii() and number.isdigit() and len(number) < 10 else None


async def find_key(session: AsyncSession, token: str) -> Principal | None:
    """Who acts with this key, if it is one of this company's and not revoked."""
    if not token:
        return None
    key = await session.scalar(
        select(ApiKey).where(
            ApiKey.company_id == company_of(session),
            ApiKey.token_hash == token_hash(token),
            ApiKey.revoked_at.is_(None),
        )
    )
    if key is None:
        return None
    key.last_used_at = func.now()
    return Principal(
        kind="integration",
        id=key.id,
        company_id=key.company_id,
        name=key.name,
        permissions=frozenset(key.permissions),
        role="integration",
        sources=frozenset(key.sources),
    )


async def revoke_key(session: AsyncSession, *, key_id: int, by: Principal) -> ApiKey:
    """End a key. Revoking it again changes nothing. Raises KeyNotFound."""
    key = await session.get(ApiKey, key_id)
    if key is None:
        raise KeyNotFound(f"There is no key {key_id}.")
    if key.revoked_at is None:
        key.revoked_at = func.now()
        await emit(session, KeyRevoked(key_id=key.id, name=key.name), by=by)
    return key
