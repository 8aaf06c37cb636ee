"""Pure: any other system's object, read as a company's own mapping says."""

import re
from collections.abc import Mapping
from typing import Any, Final

from pydantic import Field

from ticketyard.alerts.errors import BadRule
from ticketyard.alerts.shapes.provider import INTEGER_MAX, Id
from ticketyard.alerts.told import (
    ToldAlert,
    digest_of,
    instant_of,
    is_clear_word,
    link_of,
    severity_of,
)
from ticketyard.core.shapes import Body, is_deeper, read, storable, unreadable

ALERTS_MAX: Final = 1_000
_TITLE_MAX: Final = 500
_PLACE: Final = re.compile(r"{([^{}]{1,200})}")
_PATH_MAX: Final = 200
SEVERITIES: Final = frozenset({"info", "low", "medium", "high", "critical"})


class MappingIn(Body):
    """How an object is read. Each field is a path (`event.host.name`, `items.0.id`) or, with braces,
    a text with paths in it (`{event.host} is {event.state}`)."""

    provider_id: Id = Field(examples=["zabbix"])
    alerts: str | None = Field(
        None, max_length=200, description="Where the list of alerts is; left out: it is one."
    )
    title: str = Field(max_length=500, examples=["{event.name} on {host.name}"])
    description: str | None = Field(None, max_length=2_000, examples=["{event.text}"])
    severity: str | None = Field(None, max_length=200, examples=["event.severity"])
    severity_words: dict[str, str] = Field(
        default_factory=dict,
        max_length=100,
        examples=[{"Disaster": "critical", "Average": "medium"}],
        description="Its words for ours, in any case; the usual ones are known.",
    )
    state: str | None = Field(None, max_length=200, examples=["event.value"])
    clear_words: list[str] = Field(
        default_factory=list,
        max_length=50,
        examples=[["0", "OK"]],
        description="States that end the alert; left out: ok, resolved, recovered and the like.",
    )
    fingerprint: list[str] = Field(
        default_factory=list,
        max_length=20,
        examples=[["host.id", "trigger.id"]],
        description="What makes it the same alert again; left out: its title.",
    )
    identity: str | None = Field(
        None, max_length=200, description="Its id of this very report, which is counted once."
    )
    occurred_at: str | None = Field(None, max_length=200)
    camera_id: str | None = Field(None, max_length=200)
    organization_id: str | None = Field(None, max_length=200)
    labels: dict[str, str] = Field(default_factory=dict, max_length=64)
    link_url: str | None = Field(None, max_length=500)
    thumbnail_url: str | None = Field(None, max_length=500)
    video_clip_url: str | None = Field(None, max_length=500)


def check_mapping(definition: Mapping[str, Any]) -> MappingIn:
    """The mapping in its shape. Raises Unreadable, BadRule."""
    mapping = read(MappingIn, definition)
    unknown = sorted(set(mapping.severity_words.values()) - SEVERITIES)
    if unknown:
        raise BadRule(f"Severities are {', '.join(sorted(SEVERITIES))}.")
    return mapping


def read_mapped(mapping: MappingIn, data: object) -> list[ToldAlert]:
    """The alerts in an object. Raises Unreadable, also where the mapping finds no title in it."""
    return [_told(mapping, each) for each in items_of(mapping, data)]


def items_of(mapping: MappingIn, data: object) -> list[object]:
    """The objects that are alerts. Raises Unreadable."""
    if is_deeper(data, 32):
        raise unreadable("body", "Nested deeper than 32 levels")
    found = at(data, mapping.alerts) if mapping.alerts else [data]
    if not isinstance(found, list):
        raise unreadable(mapping.alerts or "body", "Input should be a list of alerts")
    if len(found) > ALERTS_MAX:
        raise unreadable(mapping.alerts or "body", f"No more than {ALERTS_MAX} alerts at once")
    return found


def _told(mapping: MappingIn, data: object) -> ToldAlert:
    title = text_of(data, mapping.title).strip()
    if not title:
        raise unreadable("title", "The mapping finds no title in this")
    severity = text_of(data, mapping.severity)
    keys = [at(data, path) for path in mapping.fingerprint]
    identity = text_of(data, mapping.identity)
    camera = text_of(data, mapping.camera_id)
    is_clear = _is_clear(mapping, text_of(data, mapping.state))
    return ToldAlert(
        provider_id=mapping.provider_id,
        fingerprint=f"map:{digest_of(keys if any(key is not None for key in keys) else title)}",
        # Many systems name the end of a problem by the id of its beginning.
        identity=(
            f"map:{mapping.provider_id}:{digest_of([identity, is_clear])}" if identity else None
        ),
        title=" ".join(title.split())[:_TITLE_MAX],
        description=text_of(data, mapping.description)[:200_000],
        severity=_severity(mapping, severity),
        source_severity=severity or None,
        is_clear=is_clear,
        occurred_at=instant_of(text_of(data, mapping.occurred_at)),
        camera_id=_number(camera),
        organization_id=text_of(data, mapping.organization_id).strip()[:120] or None,
        labels={name: text_of(data, path) for name, path in mapping.labels.items()},
        alert_data=storable(data) if isinstance(data, dict) else {"data": storable(data)},
        link_url=link_of(text_of(data, mapping.link_url)),
        thumbnail_url=link_of(text_of(data, mapping.thumbnail_url)),
        video_clip_url=link_of(text_of(data, mapping.video_clip_url)),
    )


def at(data: object, path: str) -> object:
    """What lies at a path of names and places; None for nothing."""
    for name in path.split("."):
        if isinstance(data, Mapping):
            data = data.get(name)
        elif isinstance(data, list) and name.isascii() and name.isdigit() and len(name) < 6:
            data = data[int(name)] if int(name) < len(data) else None
        else:
            return None
    return data


def text_of(data: object, told: str | None) -> str:
    """The text a field of the mapping stands for; empty for nothing."""
    if not told:
        return ""
    if "{" in told:
        return _PLACE.sub(lambda place: _plain(at(data, place[1])), told)
    return _plain(at(data, told))


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(storable(str(value)))[:20_000] if isinstance(value, str | int | float) else ""


def _severity(mapping: MappingIn, word: str) -> str:
    own = {key.strip().casefold(): value for key, value in mapping.severity_words.items()}
    return own.get(word.strip().casefold()) or severity_of(word)


def _is_clear(mapping: MappingIn, state: str) -> bool:
    if mapping.clear_words:
        return state.strip().casefold() in {word.strip().casefold() for word in mapping.clear_words}
    return is_clear_word(state)


def _number(word: str) -> int | None:
    is_number = word.removeprefix("-").isdigit() and word.isascii() and len(word) < 11
    return int(word) if is_number and abs(int(word)) <= INTEGER_MAX else None
