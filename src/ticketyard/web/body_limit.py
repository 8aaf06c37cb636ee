"""The framework stops a body that is too large; this words its answer like every other refusal."""

from fastapi import Request, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ticketyard.web.errors import problem
from ticketyard.web.pages.errors import render_error_page, wants_html

_DETAIL = "What was sent is larger than this address takes."


class BodyLimitAnswers:
    """Replaces the plain 413 of the framework's body limit by problem details, or by a page.

    The limit answers outside the routes, where no exception handler reaches.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        replaced = False

        async def sending(message: Message) -> None:
            nonlocal replaced
            if message["type"] == "http.response.start" and _is_plain_413(message):
                replaced = True
                await _too_large(Request(scope))(scope, receive, send)
            elif not replaced:
                await send(message)

        await self._app(scope, receive, sending)


def _is_plain_413(message: Message) -> bool:
    kinds = [value for name, value in message["headers"] if name == b"content-type"]
    return message["status"] == 413 and any(each.startswith(b"text/plain") for each in kinds)


def _too_large(request: Request) -> Response:
    if wants_html(request):
        return render_error_page(request, 413, _DETAIL, {})
    return problem(413, _DETAIL, "Too large")
