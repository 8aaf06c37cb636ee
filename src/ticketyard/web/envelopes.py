"""What an integration sends: a JSON object with the key inside, or the key in a header."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from fastapi import Depends, Request

from ticketyard.core.auth import Principal
from ticketyard.core.errors import Invalid, NotAllowed, NotKnown, Unreadable
from ticketyard.core.shapes import field_name, unreadable
from ticketyard.intake.looking import keep_for_a_look
from ticketyard.intake.receiving import RawMessage
from ticketyard.people.errors import InvalidKey
from ticketyard.web.deps import (
    Access,
    current_principal,
    key_in_headers,
    key_principal,
    resources_of,
)
from ticketyard.web.idempotency import key_of

KEY = "api_key"
TOKEN_MAX = 512
_STRUCK = b"***"


@dataclass(frozen=True)
class Envelope:
    """An opened one: who sent it, what is in it (the key taken out), and the message to keep."""

    by: Principal
    content: object
    message: RawMessage

    def fields(self, *names: str) -> list[object]:
        """Exactly these fields. Raises Unreadable for one that is missing or that nobody knows."""
        if self.content is None:
            raise no_json()
        if not isinstance(self.content, dict):
            raise unreadable("body", "Input should be an object")
        for name in names:
            if name not in self.content:
                raise unreadable(name, "Field required")
        for name in self.content:
            if name not in names:
                raise unreadable(field_name(name), "Extra inputs are not permitted")
        return [self.content[name] for name in names]


class _ByKey(Access):
    async def __call__(self) -> None:
        return None


def by_key() -> Any:
    """Declares a route whose key may be inside the body: `open_envelope` asks for it."""
    return Depends(_ByKey("tickets:create"))


async def open_envelope(request: Request, *, for_requesters: bool = False) -> Envelope:
    """The request's body and its sender. Raises InvalidKey whatever else may be wrong with it, so
    that a stranger learns nothing; then NotAllowed, MalformedKey, and Unreadable for no JSON.

    for_requesters: people who may only open their own tickets are welcome as well.
    """
    raw = await request.body()
    try:
        content: object = orjson.loads(raw)
    except orjson.JSONDecodeError:
        content = None
    by = await _sender(request, content)
    if not (by.may("tickets:create") and (for_requesters or is_trusted(by))):
        raise NotAllowed("You may not do this.")
    if isinstance(content, dict) and KEY in content:
        shown = content.pop(KEY)
        raw = _without_key(raw, content, shown)
    return Envelope(by, content, RawMessage(content=raw, key=key_of(request)))


def is_trusted(by: Principal) -> bool:
    """Whether it is a program, or somebody of the desk: whoever may say what a machine says."""
    return by.kind == "integration" or by.may("tickets:write")


async def _sender(request: Request, content: object) -> Principal:
    shown = content.get(KEY) if isinstance(content, dict) else None
    try:
        if isinstance(shown, str) and shown and len(shown) <= TOKEN_MAX:
            return await key_principal(request, shown)
        if shown and key_in_headers(request) is None:
            raise InvalidKey("Invalid API key")
        return await current_principal(request)
    except NotKnown:
        hint = {} if content is not None else {"hint": "The body is no JSON, so no key was found."}
        raise InvalidKey("Invalid API key", **hint) from None


def _without_key(raw: bytes, content: Mapping[str, Any], shown: object) -> bytes:
    """The body as it came, but for the secret. Where it might be written with escapes, the rest of
    the content is written anew instead."""
    if isinstance(shown, str) and shown and b"\\" not in raw:
        return raw.replace(shown.encode(), _STRUCK)
    return orjson.dumps(content)


async def keep_refused(request: Request, envelope: Envelope, source: str, refusal: Invalid) -> None:
    """Keep what a known sender sent and nobody understood, and tell where. The refusal stands."""
    problem = refusal.detail
    async with resources_of(request).db.transaction(envelope.by.company_id) as session:
        kept = await keep_for_a_look(
            session, source=source, message=envelope.message, problem=problem, by=envelope.by
        )
    refusal.extra = {**refusal.extra, "kept_as": kept}


def no_json() -> Unreadable:
    """The refusal of a body that is no JSON."""
    return unreadable("body", "not valid JSON")
