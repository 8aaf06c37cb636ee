"""Refusals as RFC 9457 problem details; everything else as a plain 500 whose story is in the log.

No answer ever holds what was sent: FastAPI's own 422 would echo the body, API keys included.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ticketyard.core.db import is_database_away
from ticketyard.core.errors import (
    Conflict,
    Invalid,
    NotAllowed,
    NotFound,
    NotKnown,
    Refusal,
    TooLarge,
)
from ticketyard.core.log import get_logger
from ticketyard.core.shapes import field_name
from ticketyard.web.pages.errors import render_error_page, wants_html

log = get_logger(__name__)

_STATUS: tuple[tuple[type[Refusal], int], ...] = (
    (NotKnown, 401),
    (TooLarge, 413),
    (NotFound, 404),
    (NotAllowed, 403),
    (Conflict, 409),
    (Invalid, 422),
)


def status_of(refusal: Refusal) -> int:
    """The HTTP status of a refusal; its own `http_status` wins where a spec document wants one."""
    own = getattr(refusal, "http_status", None)
    if own:
        return int(own)
    return next((status for kind, status in _STATUS if isinstance(refusal, kind)), 400)


def problem(
    status: int, detail: str, title: str | None = None, extra: Mapping[str, Any] | None = None
) -> JSONResponse:
    """One problem-details answer."""
    body = {
        **(extra or {}),
        "type": "about:blank",
        "title": title or HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    headers = {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else None
    return JSONResponse(body, status, headers, media_type="application/problem+json")


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    status = status_of(error)
    if wants_html(request):
        return render_error_page(request, status, error.detail, error.extra)
    answer = problem(status, error.detail, error.title, error.extra)
    if "retry_after_seconds" in error.extra:
        answer.headers["Retry-After"] = str(error.extra["retry_after_seconds"])
    return answer


async def _malformed(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    problems = field_problems(error)
    names = ", ".join(dict.fromkeys(item["path"] for item in problems))
    detail = f"Cannot be used as it is: {names[:500]}."
    if wants_html(request):
        return render_error_page(request, 422, detail, {"errors": problems})
    return problem(422, detail, "Malformed request", {"errors": problems[:100]})


def field_problems(error: RequestValidationError) -> list[dict[str, str]]:
    """What is wrong with which field of a request, without what it held."""
    return [
        {
            "path": ".".join(map(field_name, each["loc"][1:])) or str(each["loc"][0]),
            "where": str(each["loc"][0]),
            "problem": _readable(each),
        }
        for each in error.errors()
    ]


def _readable(error: Mapping[str, Any]) -> str:
    """Pydantic's own words, which never hold the value, except where they quote it."""
    if error["type"] in ("value_error", "assertion_error", "json_invalid"):
        return {"json_invalid": "not valid JSON"}.get(error["type"], "not a usable value")
    return str(error["msg"])


# Where the framework says no more than what the status means.
_SAYINGS = {
    "Not Found": "There is nothing at this address.",
    "Method Not Allowed": "This address does not take that method; see `Allow`.",
    "There was an error parsing the body": "The body is not what its Content-Type says.",
}


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    detail = _SAYINGS.get(str(error.detail), str(error.detail))
    if wants_html(request):
        return render_error_page(request, error.status_code, detail, {})
    answer = problem(error.status_code, detail)
    answer.headers.update(error.headers or {})
    return answer


def _sorry(request: Request) -> Response:
    detail = "Something went wrong here; it has been noted."
    if wants_html(request):
        return render_error_page(request, 500, detail, {})
    return problem(500, detail)


AWAY_RETRY_SECONDS = 5


def _come_again(request: Request) -> Response:
    detail = "The database does not answer; try again in a moment."
    answer: Response = problem(503, detail)
    if wants_html(request):
        answer = render_error_page(request, 503, detail, {})
    answer.headers["Retry-After"] = str(AWAY_RETRY_SECONDS)
    return answer


_BODY_LIMIT = "starlette.middleware.body_limit"


class LastResort:
    """The outermost layer: what nobody expected is logged whole, and answered without a word."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except Exception as error:
            if type(error).__module__ == _BODY_LIMIT:
                # The framework has answered 413 and ends the request this way.
                raise
            if is_database_away(error) and not started:
                # Known and said once a request; the whole story would bury the log.
                log.warning("database_away", method=scope["method"], path=scope["path"])
                await _come_again(Request(scope))(scope, receive, send)
                return
            log.exception("unexpected", method=scope["method"], path=scope["path"])
            if started:
                raise
            await _sorry(Request(scope))(scope, receive, send)


def add_error_answers(app: FastAPI) -> None:
    """Teach the app how to say no."""
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _http)
