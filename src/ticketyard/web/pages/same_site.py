"""Forms for people nobody knows yet: they must be sent from our own pages.

Who is known proves it with the session's token (`deps.check_csrf`). Here there is no session, so the
browser's own word counts: no other site can make it say `same-origin`.
"""

from typing import Any
from urllib.parse import urlsplit

from fastapi import Depends, Request

from ticketyard.core.errors import NotAllowed


async def _check(request: Request) -> None:
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None:
        trusted = site in ("same-origin", "none")
    elif origin is not None:
        trusted = urlsplit(origin).netloc == request.headers.get("host")
    else:
        # Neither header: no browser of this decade, so no page that could be made to send it.
        trusted = True
    if not trusted:
        raise NotAllowed("This form was sent from another site.")


def own_pages_only() -> Any:
    """For `dependencies=[…]` of a public POST route."""
    return Depends(_check)
