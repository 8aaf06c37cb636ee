"""Put the web application together."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from fastapi.staticfiles import StaticFiles
from starlette.datastructures import State
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.middleware.cors import CORSMiddleware

import ticketyard
from ticketyard.core.live import Live
from ticketyard.core.resources import Resources
from ticketyard.web.api import ROUTERS as API_ROUTERS
from ticketyard.web.body_limit import BodyLimitAnswers
from ticketyard.web.deps import WebSettings, access_of
from ticketyard.web.errors import LastResort, add_error_answers
from ticketyard.web.headers import Headers
from ticketyard.web.openapi import describe
from ticketyard.web.pages import ROUTERS as PAGE_ROUTERS
from ticketyard.web.pages.rendering import STATIC

# JSON bodies; routes that take files say their own limit.
BODY_MAX_BYTES = 2 * 1024 * 1024

DESCRIPTION = """
A service desk that sorts every ticket to the right person, and can say why.

Show an API key as `X-API-Key` or `Authorization: Bearer`; where the integration documents say so,
`api_key` in the body does as well. Every path also answers under `/api/v1`. Refusals are problem
details (RFC 9457). `Idempotency-Key` makes any POST that creates safe to repeat.
"""


class UndeclaredRoute(RuntimeError):
    """A route does not say who may use it: a mistake of ours that must not go out."""


def create_app(
    resources: Resources,
    *,
    settings: WebSettings | None = None,
    allowed_origins: Sequence[str] = (),
) -> FastAPI:
    """The application over these resources. Raises UndeclaredRoute."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        await app.state.live.close()

    app = FastAPI(
        title="Ticketyard",
        version=ticketyard.__version__,
        description=DESCRIPTION,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        separate_input_output_schemas=False,
    )
    stand_on(app, resources, settings or WebSettings())
    add_error_answers(app)
    for router in (*API_ROUTERS, *PAGE_ROUTERS):
        _check_declared(router)
        app.include_router(router)
    describe(app, [*API_ROUTERS, *PAGE_ROUTERS])
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    if allowed_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(allowed_origins),
            allow_methods=["*"],
            allow_headers=["Authorization", "X-API-Key", "Content-Type", "Idempotency-Key"],
        )
    # Here and not as a setting of the framework, which would let it answer outside of our layers.
    app.add_middleware(RequestBodyLimitMiddleware, max_body_size=BODY_MAX_BYTES)
    app.add_middleware(BodyLimitAnswers)
    app.add_middleware(LastResort)
    app.add_middleware(Headers)
    return app


def stand_on(app: FastAPI, resources: Resources, settings: WebSettings) -> None:
    """Let the application work over these resources, and remember nothing of others."""
    app.state = State(
        {
            "resources": resources,
            "web_settings": settings,
            "key_cache": {},
            "live": Live(resources.db),
        }
    )


def _check_declared(router: APIRouter) -> None:
    for route in router.routes:
        if isinstance(route, APIRoute) and len(access_of(list(route.dependencies))) != 1:
            raise UndeclaredRoute(
                f"{sorted(route.methods or ())} {route.path} must declare exactly one of "
                "may(…) and public()."
            )
