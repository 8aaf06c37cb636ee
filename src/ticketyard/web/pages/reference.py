"""The API reference, drawn from the OpenAPI document by Swagger UI (spec 5: `/docs`)."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from ticketyard.web.deps import public
from ticketyard.web.pages.rendering import render

router = APIRouter(include_in_schema=False)

# Swagger UI sets style attributes and has its icons as data addresses; nothing else is let loose.
_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


# Public: it describes the product, not anybody's data.
@router.get("/docs", dependencies=[public()], response_class=HTMLResponse)
async def show_reference() -> HTMLResponse:
    """Every route of the API, to read and to try."""
    page = render("reference/page.html")
    return HTMLResponse(page, headers={"Content-Security-Policy": _POLICY})
