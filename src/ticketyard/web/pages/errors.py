"""The page somebody sees in place of the one they wanted."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from ticketyard.web.pages.frame import local_path, public_frame
from ticketyard.web.pages.rendering import render

_TITLES = {
    401: "Please log in",
    403: "This is not yours to do",
    404: "Nothing stops here",
    409: "Not as things stand now",
    413: "Too large",
    422: "That cannot be used as it is",
    429: "A little slower, please",
    500: "Off the rails",
}


def wants_html(request: Request) -> bool:
    """Whether a person's browser asked for a page; API paths always answer JSON."""
    if request.url.path.startswith(("/api/", "/rag/", "/health", "/ready", "/metrics")):
        return False
    return "text/html" in request.headers.get("accept", "")


def render_error_page(
    request: Request, status: int, detail: str, extra: Mapping[str, Any]
) -> Response:
    """The page for a refusal; who is not logged in is sent to the log-in and comes back after."""
    if status == HTTPStatus.UNAUTHORIZED and request.url.path != "/login":
        back = request.url.path if request.method == "GET" else "/"
        return RedirectResponse(f"/login?next={quote(back)}", HTTPStatus.SEE_OTHER)
    details = [
        f"{each['path']}: {each['problem']}" for each in extra.get("errors", ()) if "path" in each
    ]
    page = render(
        "faults/page.html",
        frame=public_frame(request),
        home="/",
        status=status,
        title=_TITLES.get(status, HTTPStatus(status).phrase),
        text=detail,
        details=details,
        ways=_ways(request),
    )
    return HTMLResponse(page, status)


def _ways(request: Request) -> list[tuple[str, str]]:
    """Where one may go on: back to the page with the form, if it was one of ours, or to the start."""
    start = ("To the start", "/")
    referrer = request.headers.get("referer", "")
    base = str(request.base_url).rstrip("/")
    path = referrer.removeprefix(base)
    if not referrer.startswith(base) or local_path(path) != path or path == request.url.path:
        return [start]
    return [("Back to where you were", path), start]
