"""Routes of specs that want a malformed request answered with 400 and a list for each field."""

from collections import defaultdict
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from ticketyard.web.errors import field_problems, problem


class FieldErrors(APIRoute):
    """As any route, but for that answer (contracts 4.5, 4.6)."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The usual handler, with that answer."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError as error:
                return _refusal(error, self._names())

        return answer

    def _names(self) -> frozenset[str]:
        kind = self.body_field.field_info.annotation if self.body_field else None
        return frozenset(getattr(kind, "model_fields", ()))


def _refusal(error: RequestValidationError, names: frozenset[str]) -> Response:
    problems = field_problems(error)
    fields: dict[str, list[str]] = defaultdict(list)
    for each in problems:
        if each["path"] in names:
            fields[each["path"]].append(each["problem"])
    wrong = ", ".join(dict.fromkeys(each["path"] for each in problems))
    detail = f"Cannot be used as it is: {wrong[:500]}."
    return problem(400, detail, "Malformed request", {**fields, "errors": problems[:100]})
