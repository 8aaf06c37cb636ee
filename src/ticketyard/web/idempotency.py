"""Safe to repeat: a POST with an Idempotency-Key is done once and answered alike ever after.

Source: draft-ietf-httpapi-idempotency-key-header-07. The key is stored in the transaction of the
change it guards, so that there is never one without the other.
"""

import hashlib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import orjson
from fastapi import Request, Response
from fastapi.routing import APIRoute
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.errors import Conflict, Invalid

HEADER = "idempotency-key"
REPLAYED = "Idempotent-Replayed"
KEY_MAX = 255


class MalformedKey(Invalid):
    """The Idempotency-Key is empty, too long, or holds characters that a header should not."""

    http_status = 400


class KeyReused(Invalid):
    """The key came before, with another request."""


class StillRunning(Conflict):
    """The first request with this key has no answer yet."""


def key_of(request: Request) -> str | None:
    """The request's Idempotency-Key, bare or as a quoted string. Raises MalformedKey."""
    given = request.headers.get(HEADER)
    if given is None:
        return None
    key = given.strip()
    if len(key) >= 2 and key[0] == key[-1] == '"':
        key = key[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    if not key or len(key) > KEY_MAX or not (key.isascii() and key.isprintable()):
        raise MalformedKey(
            f"An Idempotency-Key is 1 to {KEY_MAX} visible ASCII characters, a UUID for instance."
        )
    return key


@dataclass
class Claim:
    """One request's wish to be done once. `session` is set when it is the first."""

    key: str
    route: str
    request_hash: str
    principal: str = ""
    session: AsyncSession | None = None


class _Replay(Exception):
    def __init__(self, answer: Response) -> None:
        super().__init__()
        self.answer = answer


class IdempotentRoute(APIRoute):
    """A route whose POST may carry an Idempotency-Key: `APIRouter(route_class=IdempotentRoute)`.

    It holds for endpoints that make their change in the `Session` of web/deps.py. A refused request
    leaves no key behind and may be sent again.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The endpoint, done once for each key."""
        endpoint = super().get_route_handler()

        async def once(request: Request) -> Response:
            key = key_of(request) if request.method == "POST" else None
            if key is None:
                return await endpoint(request)
            claim = Claim(key, self.path_format, await _hash(request))
            request.state.idempotency = claim
            try:
                answer = await endpoint(request)
            except _Replay as replay:
                return replay.answer
            await _remember(claim, answer)
            return answer

        return once


async def claim_key(request: Request, session: AsyncSession, by: Principal) -> None:
    """Called when the request's transaction begins. Raises StillRunning or KeyReused; answers for
    the endpoint when the request was done before."""
    claim: Claim | None = getattr(request.state, "idempotency", None)
    if claim is None or claim.session is not None:
        return
    claim.principal = f"{by.kind}:{by.id}"
    arguments = {"company": by.company_id, "principal": claim.principal, "key": claim.key}
    if not (await session.execute(_LOCK, arguments)).scalar_one():
        raise StillRunning("The first request with this Idempotency-Key is still running.")
    row = (await session.execute(_FIND, arguments)).first()
    if row is None:
        claim.session = session
        return
    if (row.route, row.request_hash) != (claim.route, claim.request_hash):
        raise KeyReused("This Idempotency-Key was used before, for something else.")
    raise _Replay(_answer_again(row.status, row.response))


def _answer_again(status: int, stored: dict[str, Any]) -> Response:
    return Response(stored["body"].encode(), status, {**stored["headers"], REPLAYED: "true"})


async def _remember(claim: Claim, answer: Response) -> None:
    body = getattr(answer, "body", None)
    if claim.session is None or body is None or answer.status_code >= 400:
        return
    headers = {
        name: value
        for name, value in answer.headers.items()
        if name in ("content-type", "location", "etag")
    }
    stored = {"body": bytes(body).decode("utf-8", "replace"), "headers": headers}
    await claim.session.execute(
        _STORE,
        {
            "key": claim.key,
            "principal": claim.principal,
            "route": claim.route,
            "request_hash": claim.request_hash,
            "status": answer.status_code,
            "response": orjson.dumps(stored).decode(),
        },
    )


async def _hash(request: Request) -> str:
    """What makes two requests the same. The parts of a form are divided by a mark that is new each
    time, so of a form only the address counts."""
    digest = hashlib.sha256(f"{request.url.path}?{request.url.query}\n".encode())
    if not request.headers.get("content-type", "").startswith("multipart/"):
        digest.update(await request.body())
    return digest.hexdigest()


_LOCK = text(
    "select pg_try_advisory_xact_lock(hashtextextended(:principal || ' ' || :key, :company))"
)
_FIND = text(
    "select route, request_hash, status, response from idempotency_key"
    " where company_id = :company and principal = :principal and key = :key"
)
_STORE = text(
    "insert into idempotency_key (company_id, key, principal, route, request_hash, status, response)"
    " values (current_company(), :key, :principal, :route, :request_hash, :status,"
    " cast(:response as jsonb))"
)
