"""Headers that every answer carries, and the second name of every API path."""

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ticketyard.web.metrics import count_request


def content_policy(frame_ancestors: str = "'none'") -> str:
    """Nothing but our own files; only these may show the page in a frame of theirs."""
    return (
        "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; "
        f"frame-ancestors {frame_ancestors}; form-action 'self'"
    )


_ALWAYS: tuple[tuple[bytes, bytes], ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"content-security-policy", content_policy().encode()),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
)
_PRIVATE = (b"cache-control", b"no-store")
_FOREVER = (b"cache-control", b"public, max-age=31536000, immutable")


def _drop_form_charset(scope: Scope) -> None:
    """A multipart form is UTF-8 and its header names no charset (RFC 7578). One that is named all the
    same could be any codec of Python's, some of which fail, or make what is no text."""
    for number, (name, value) in enumerate(scope["headers"]):
        if name == b"content-type" and value.lower().startswith(b"multipart/"):
            parts = value.split(b";")
            kept = [each for each in parts if not each.strip().lower().startswith(b"charset")]
            scope["headers"][number] = (name, b";".join(kept))


class Headers:
    """Adds the security headers, keeps private answers out of caches, and lets `/api/v1/…` mean
    `/api/…`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path: str = scope["path"]
        if path.startswith("/api/v1/"):
            scope["path"] = path = "/api/" + path.removeprefix("/api/v1/")
            scope["raw_path"] = scope["raw_path"].replace(b"/api/v1/", b"/api/", 1)
        began = time.perf_counter()
        status, is_stream = 0, False
        _drop_form_charset(scope)
        versioned = path.startswith("/static/") and scope["query_string"].startswith(b"v=")

        async def sending(message: Message) -> None:
            nonlocal status, is_stream
            if message["type"] == "http.response.start":
                headers = message["headers"]
                status = message["status"]
                present = {name for name, _ in headers}
                is_stream = any(
                    name == b"content-type" and kind.startswith(b"text/event-stream")
                    for name, kind in headers
                )
                headers.extend(each for each in _ALWAYS if each[0] not in present)
                if versioned:
                    headers.append(_FOREVER)
                elif b"cache-control" not in present and not path.startswith("/static/"):
                    headers.append(_PRIVATE)
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            if status and not is_stream:
                count_request(scope, status, time.perf_counter() - began)
