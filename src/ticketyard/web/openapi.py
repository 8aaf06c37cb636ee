"""The OpenAPI document: what FastAPI derives, plus keys, permissions and how refusals look."""

import json
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from ticketyard.web.deps import COOKIE, access_of

_SCHEMES = {
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "bearer": {"type": "http", "scheme": "bearer"},
    "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
}
_PROBLEM = {
    "type": "object",
    "title": "Problem",
    "description": "Problem details (RFC 9457). Further members depend on the refusal: a status "
    "that cannot follow comes with `allowed`, a stale version with `version`, a malformed request "
    "with `errors` (path, where, problem).",
    "properties": {
        "type": {"type": "string", "example": "about:blank"},
        "title": {"type": "string", "example": "Not found"},
        "status": {"type": "integer", "example": 404},
        "detail": {"type": "string", "example": "There is no such ticket."},
    },
    "required": ["type", "title", "status", "detail"],
    "additionalProperties": True,
}
_REFUSAL = {
    "description": "Refused",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
# Taken from a running sample company by tools/take_api_examples.py.
_EXAMPLES = Path(__file__).with_name("api_examples.json")
_METHODS = frozenset({"get", "post", "put", "patch", "delete"})


def describe(app: FastAPI, routers: list[APIRouter]) -> None:
    """Give the app its OpenAPI document."""
    needed = {
        (route.path, method.lower()): access_of(list(route.dependencies))[0].permission
        for router in routers
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app, needed)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _document(app: FastAPI, needed: dict[tuple[str, str], str | None]) -> dict[str, Any]:
    schema = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        license_info=app.license_info,
        routes=app.routes,
        separate_input_output_schemas=False,
    )
    components = schema.setdefault("components", {})
    components["securitySchemes"] = _SCHEMES
    shapes = components.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        shapes.pop(name, None)
    shapes["Problem"] = _PROBLEM
    examples = json.loads(_EXAMPLES.read_text(encoding="utf-8"))
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            if method in _METHODS:
                _complete(operation, needed.get((path, method)))
                _show_answer(operation, examples.get(f"{method.upper()} {path}"))
    return schema


def _show_answer(operation: dict[str, Any], example: object) -> None:
    """Put the example into the first answer that means yes."""
    if example is None:
        return
    yes = next(code for code in sorted(operation["responses"]) if code.startswith("2"))
    content = operation["responses"][yes].setdefault("content", {})
    content.setdefault("application/json", {})["example"] = example


def _complete(operation: dict[str, Any], permission: str | None) -> None:
    told = operation.get("description", "").partition("\n")[0].rstrip(".")
    operation["summary"] = told or operation["summary"]
    operation["security"] = [{name: []} for name in _SCHEMES] if permission else []
    if permission:
        operation["description"] = (
            f"{operation.get('description', '')}\n\nNeeds permission `{permission}`."
        ).strip()
    responses = operation["responses"]
    responses["422"] = responses["default"] = _REFUSAL
    if "requestBody" not in operation and not operation.get("parameters"):
        del responses["422"]
