"""Calls from other sites: only from those that a company named, and with what a browser asks of us then.

For the public chat. A call without an `Origin`, or from our own pages, is nobody else's.
"""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any
from urllib.parse import urlsplit

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from ticketyard.core.errors import NotAllowed, Refusal
from ticketyard.knowledge.chatbot.setting_up import is_listed

ALLOWED_METHODS = "GET, POST"
ALLOWED_HEADERS = "Authorization, Content-Type"
_REMEMBERED_SECONDS = "600"


class StrangeOrigin(NotAllowed):
    """The page that calls belongs to a site that was not named."""


def check_origin(request: Request, origins: Sequence[str], own: str) -> None:
    """Raises StrangeOrigin unless the calling page is ours or of a listed site; that site may then
    read the answer.

    own: the desk's address as its operator says, which a proxy may hide from us.
    """
    origin = request.headers.get("origin")
    if origin is None or _is_own(request, origin, own):
        return
    if not is_listed(origin, origins):
        raise StrangeOrigin("This chat may not be used from that site.")
    request.state.crossing = origin


def _is_own(request: Request, origin: str, own: str) -> bool:
    if origin == "null":
        return False
    try:
        said, ours = urlsplit(origin), urlsplit(own)
    except ValueError:
        return False
    return said.netloc in (request.headers.get("host"), ours.netloc or None)


class CrossingRoute(APIRoute):
    """A route whose answers, refusals too, may be read by the site that `check_origin` let through."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The usual handler, with the headers a browser looks for."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                response = await handle(request)
            except (Refusal, RequestValidationError) as error:
                kind = Refusal if isinstance(error, Refusal) else RequestValidationError
                response = await request.app.exception_handlers[kind](request, error)
            origin = getattr(request.state, "crossing", None)
            if origin is not None:
                response.headers["Access-Control-Allow-Origin"] = origin
                response.headers["Access-Control-Allow-Methods"] = ALLOWED_METHODS
                response.headers["Access-Control-Allow-Headers"] = ALLOWED_HEADERS
                response.headers["Access-Control-Expose-Headers"] = "Retry-After"
                response.headers["Access-Control-Max-Age"] = _REMEMBERED_SECONDS
            response.headers.append("Vary", "Origin")
            return response

        return answer
