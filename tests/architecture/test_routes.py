"""Every route that is written is served, and none stands in another's way."""

import importlib
import re
from pathlib import Path

from fastapi import APIRouter
from fastapi.routing import APIRoute

from ticketyard.web.api import ROUTERS as API_ROUTERS
from ticketyard.web.pages import ROUTERS as PAGE_ROUTERS

WEB = Path(__file__).resolve().parents[2] / "src" / "ticketyard" / "web"
ROUTERS = (*API_ROUTERS, *PAGE_ROUTERS)


def _routes() -> list[tuple[str, str]]:
    return [
        (method, route.path)
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in sorted(route.methods or ())
    ]


def test_every_router_is_served() -> None:
    served = {id(router) for router in ROUTERS}
    forgotten = []
    for folder in ("api", "pages"):
        for path in sorted((WEB / folder).glob("*.py")):
            module = importlib.import_module(f"ticketyard.web.{folder}.{path.stem}")
            router = getattr(module, "router", None)
            if isinstance(router, APIRouter) and id(router) not in served:
                forgotten.append(path.name)

    assert not forgotten


def test_no_route_is_hidden_behind_an_earlier_one() -> None:
    """`/tickets/stats` after `/tickets/{ticket_id}` could never be reached."""
    hidden: list[str] = []
    seen: list[tuple[str, str, re.Pattern[str]]] = []
    for method, path in _routes():
        hidden += [
            f"{method} {path} behind {earlier}"
            for before, earlier, pattern in seen
            if before == method and pattern.fullmatch(path)
        ]
        matched = re.sub(r"\\{\w+:path\\}", ".+", re.escape(path))
        seen.append((method, path, re.compile(re.sub(r"\\{\w+\\}", "[^/]+", matched))))

    assert not hidden
