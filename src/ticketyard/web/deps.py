"""What routes ask for: who is acting, a transaction of their company, the program's parts.

Every route declares exactly one of `may("…")` and `public()`; the app refuses to start otherwise.
"""

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.params import Depends as DependsParam
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import PERMISSIONS, Principal, same
from ticketyard.core.errors import NotAllowed, NotKnown
from ticketyard.core.resources import Resources
from ticketyard.people.errors import InvalidKey
from ticketyard.people.keys import company_named_in, find_key
from ticketyard.people.logging_in import Visitor, find_visitor
from ticketyard.people.queries import default_company_id
from ticketyard.tickets.models import Ticket
from ticketyard.tickets.queries import get_visible_ticket
from ticketyard.web.idempotency import claim_key

COOKIE = "ticketyard_session"
CSRF_HEADER = "x-csrf-token"
CSRF_FIELD = "csrf_token"
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_KEY_CACHE_SECONDS = 5
_KEY_CACHE_MAX = 10_000


@dataclass(frozen=True)
class WebSettings:
    """What the web layer needs of the settings, as plain values."""

    session_hours: int = 12
    secure_cookies: bool = False
    max_upload_bytes: int = 10_485_760
    service_name: str = "ticketyard"
    metrics_token: str = ""
    test_routes: bool = False
    sources_off: frozenset[str] = frozenset()


def resources_of(request: Request) -> Resources:
    """The program's parts."""
    found: Resources = request.app.state.resources
    return found


def web_settings_of(request: Request) -> WebSettings:
    """The web layer's settings."""
    found: WebSettings = request.app.state.web_settings
    return found


# Asynchronous, because FastAPI sends plain functions to a thread, which costs more than they do.
async def _parts(request: Request) -> Resources:
    return resources_of(request)


async def _web_options(request: Request) -> WebSettings:
    return web_settings_of(request)


Parts = Annotated[Resources, Depends(_parts)]
WebOptions = Annotated[WebSettings, Depends(_web_options)]


# -- who is it -------------------------------------------------------------------------------------


async def key_principal(request: Request, token: str | None) -> Principal:
    """Who acts with this API key. Raises InvalidKey for a wrong, revoked, empty or missing one.

    A key that was good stays good for five seconds without asking the database again, and a second
    longer while that is asked.
    """
    if not token:
        raise InvalidKey("Invalid API key")
    cache: dict[str, tuple[float, Principal]] = request.app.state.key_cache
    now = time.monotonic()
    cached = cache.get(token)
    if cached and cached[0] > now:
        return cached[1]
    if cached and cached[0] > now - _KEY_CACHE_SECONDS:
        # One asks anew; whoever comes meanwhile is not made to wait for that answer.
        cache[token] = (now + 1, cached[1])
    resources = resources_of(request)
    company_id = company_named_in(token) or await default_company_id(resources.db)
    async with resources.db.transaction(company_id) as session:
        principal = await find_key(session, token)
    if principal is None:
        cache.pop(token, None)
        raise InvalidKey("Invalid API key")
    if len(cache) >= _KEY_CACHE_MAX:
        cache.clear()
    cache[token] = (time.monotonic() + _KEY_CACHE_SECONDS, principal)
    return principal


def key_in_headers(request: Request) -> str | None:
    """The key shown as `X-API-Key` or `Authorization: Bearer`, if any.

    `Bearer=<key>` is read as well: clients of the assistant's reference send it so.
    """
    given = request.headers.get("x-api-key")
    if given:
        return given.strip()
    scheme = request.headers.get("authorization", "").replace("Bearer=", "Bearer ", 1)
    kind, _, token = scheme.partition(" ")
    return token.strip() if kind.lower() == "bearer" else None


async def current_visitor(request: Request) -> Visitor | None:
    """Whoever shows a valid session cookie; looked up once a request."""
    if not hasattr(request.state, "visitor"):
        request.state.visitor = await _visitor_of_cookie(request)
    found: Visitor | None = request.state.visitor
    return found


async def _visitor_of_cookie(request: Request) -> Visitor | None:
    token = request.cookies.get(COOKIE, "")
    company = token.partition(".")[0]
    if not (company.isascii() and company.isdigit() and len(company) < 10 and len(token) < 200):
        return None
    resources = resources_of(request)
    hours = web_settings_of(request).session_hours
    async with resources.db.transaction(int(company)) as session:
        return await find_visitor(session, token, now=resources.clock(), hours=hours)


async def current_principal(request: Request) -> Principal:
    """Whoever is acting: a key in the headers, else a session cookie. Raises NotKnown.

    With a cookie, what changes something must prove that it comes from our own page.
    """
    token = key_in_headers(request)
    if token is not None:
        return await key_principal(request, token)
    visitor = await current_visitor(request)
    if visitor is None:
        raise NotKnown("Log in, or send an API key.")
    if request.method not in _SAFE_METHODS:
        await check_csrf(request, visitor.csrf_token)
    return visitor.principal


async def check_csrf(request: Request, expected: str) -> None:
    """Raises NotAllowed unless the request carries the session's token, as header or form field."""
    shown = request.headers.get(CSRF_HEADER, "")
    kind = request.headers.get("content-type", "")
    if not shown and kind.startswith(("application/x-www-form-urlencoded", "multipart/form-data")):
        field = (await request.form()).get(CSRF_FIELD, "")
        shown = field if isinstance(field, str) else ""
    if not same(expected, shown):
        raise NotAllowed("This form is out of date; reload the page and try again.")


Acting = Annotated[Principal, Depends(current_principal)]


# -- what may they do ------------------------------------------------------------------------------


class Access:
    """The declaration of a route: which permission it needs, or that it is public."""

    def __init__(self, permission: str | None) -> None:
        self.permission = permission


class _Requires(Access):
    async def __call__(self, by: Acting) -> None:
        if self.permission is not None and not by.may(self.permission):
            raise NotAllowed("You may not do this.")


class _Public(Access):
    async def __call__(self) -> None:
        return None


def may(permission: str) -> Any:
    """Only whoever has this permission. For `dependencies=[…]` of a route."""
    if permission not in PERMISSIONS:
        raise ValueError(f"No such permission: {permission}")
    return Depends(_Requires(permission))


def public() -> Any:
    """Everybody, without being known: say why beside it."""
    return Depends(_Public(None))


def access_of(dependencies: list[DependsParam]) -> list[Access]:
    """The declarations among a route's dependencies."""
    found: list[object] = [each.dependency for each in dependencies]
    return [each for each in found if isinstance(each, Access)]


# -- in which transaction --------------------------------------------------------------------------


async def _session(request: Request, by: Acting) -> AsyncIterator[AsyncSession]:
    async with resources_of(request).db.transaction(by.company_id) as session:
        await claim_key(request, session, by)
        yield session


# scope="function": committed before the answer is sent, so that an answer means it is kept.
Session = Annotated[AsyncSession, Depends(_session, scope="function")]


async def _visible_ticket(ticket_id: str, session: Session, by: Acting) -> Ticket:
    return await get_visible_ticket(session, ticket_id, by)


VisibleTicket = Annotated[Ticket, Depends(_visible_ticket, scope="function")]
