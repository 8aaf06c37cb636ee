"""How many requests were answered, how, and how fast: counted for /metrics."""

from prometheus_client import Histogram
from starlette.types import Scope

_REQUESTS = Histogram(
    "ticketyard_http_request_seconds",
    "Time until a request was answered, by route and status.",
    ["method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)


def count_request(scope: Scope, status: int, seconds: float) -> None:
    """Count one answered request under its route's pattern, never under its address."""
    path = getattr(scope.get("route"), "path", None) or "none"
    _REQUESTS.labels(scope["method"], path, str(status)).observe(seconds)
