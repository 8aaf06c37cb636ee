"""Pure: what categories are called, and what they were called before."""

from collections.abc import Mapping
from typing import Any, Final

FORMER_NAMES: Final = "former_categories"
"""The company's setting: a category's name to the names it had before, the oldest first."""


def former_names(settings: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """A category's name to its earlier ones, of those that were ever renamed."""
    return {now: tuple(names) for now, names in settings.get(FORMER_NAMES, {}).items()}


def present_names(settings: Mapping[str, Any]) -> dict[str, str]:
    """Every former name to what it is called today."""
    return {
        name: now for now, names in former_names(settings).items() for name in names if name != now
    }


def first_names(settings: Mapping[str, Any]) -> dict[str, str]:
    """What was renamed to what it was called first, by which it is known for good."""
    return {now: names[0] for now, names in former_names(settings).items() if names[0] != now}
