"""How a provider's alerts are taken, as a form writes it: lengths as in 10m, fields with commas."""

from collections.abc import Mapping
from typing import Any, Final

from ticketyard.alerts.models import AlertProvider
from ticketyard.alerts.told import is_path
from ticketyard.sla.errors import BadPolicy
from ticketyard.web.service_level_forms import length_of, seconds_of

PATHS: Final = ("fingerprint_fields", "group_by")
# The least and the most, in seconds.
LENGTHS: Final = {
    "group_seconds": (1, 604_800),
    "reopen_seconds": (0, 2_592_000),
    "flap_seconds": (1, 86_400),
    "storm_seconds": (1, 3_600),
}
NUMBERS: Final = {"flap_start": (2, 50), "flap_stop": (0, 49), "storm_alerts": (0, 100_000)}
NAME_MAX = 120
PATHS_MAX = 20


def shown_values(provider: AlertProvider) -> dict[str, str]:
    """What the form shows."""
    return {
        "name": provider.name,
        **{name: ", ".join(getattr(provider, name)) for name in PATHS},
        **{name: length_of(getattr(provider, name)) or "0s" for name in LENGTHS},
        **{name: str(getattr(provider, name)) for name in NUMBERS},
        "recovery_resolves": "1" if provider.recovery_resolves else "",
    }


def read_values(given: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """What is to change, and field by field what cannot be used."""
    changes: dict[str, Any] = {"recovery_resolves": bool(given["recovery_resolves"])}
    errors: dict[str, str] = {}
    readers = {"name": _name, **dict.fromkeys(PATHS, _paths)}
    for name in ("name", *PATHS, *LENGTHS, *NUMBERS):
        try:
            if name in LENGTHS:
                changes[name] = _seconds(given[name], *LENGTHS[name])
            elif name in NUMBERS:
                changes[name] = _number(given[name], *NUMBERS[name])
            else:
                changes[name] = readers[name](given[name])
        except ValueError as error:
            errors[name] = str(error)
    if not errors and changes["flap_stop"] >= changes["flap_start"]:
        errors["flap_stop"] = "This has to be lower than the number it begins with."
    return changes, errors


def _name(words: str) -> str:
    if len(words.strip()) > NAME_MAX or not words.isprintable():
        raise ValueError(f"A name has up to {NAME_MAX} letters.")
    return words.strip()


def _paths(words: str) -> list[str]:
    paths = [each.strip() for each in words.split(",") if each.strip()]
    if len(paths) > PATHS_MAX:
        raise ValueError(f"Name up to {PATHS_MAX} fields.")
    for path in paths:
        if not is_path(path) or not path.isprintable():
            raise ValueError(f"“{path[:60]}” is no field of an alert.")
    return paths


def _seconds(words: str, least: int, most: int) -> int:
    try:
        seconds = int(words) if words.isascii() and words.isdigit() else seconds_of(words)
    except BadPolicy:
        seconds = -1
    if not least <= seconds <= most:
        raise ValueError(
            f"Write a time as in 90s, 10m or 2h, from {length_of(least) or '0s'} to {length_of(most)}."
        )
    return seconds


def _number(words: str, least: int, most: int) -> int:
    number = int(words) if words.isascii() and words.isdigit() and len(words) < 10 else -1
    if not least <= number <= most:
        raise ValueError(f"Write a whole number from {least} to {most:,}.")
    return number
