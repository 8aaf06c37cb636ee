"""Pure: how long a matter of a kind takes, before anybody has looked at it. Source: contracts 1.6."""

from collections.abc import Mapping
from typing import Final

_USUAL: Final = 60
_BY_CATEGORY: Final[Mapping[str, int]] = {
    "vpn": 30,
    "password_reset": 15,
    "email": 45,
    "hardware": 120,
    "software": 90,
    "network": 60,
    "access_control": 45,
    "printer": 30,
}
_BY_PRIORITY: Final[Mapping[str, float]] = {
    "low": 1.5,
    "medium": 1.0,
    "high": 0.8,
    "urgent": 0.6,
    "critical": 0.5,
}


def estimate_minutes(category: str | None, priority: str) -> int:
    """By the category's usual time; the more pressing, the shorter."""
    usual = _BY_CATEGORY.get((category or "").casefold(), _USUAL)
    return round(usual * _BY_PRIORITY.get(priority, 1.0))
