"""Pure: an event in the words of a webhook. The same event gives the same bytes, however late."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

TEST_TYPE = "webhook.test"


@dataclass(frozen=True)
class Happening:
    """What happened, as stored. number: of the ticket, where one is concerned."""

    event_id: int | None
    type: str
    at: datetime
    ticket_id: int | None
    number: str | None
    by_kind: str
    by_name: str
    payload: dict[str, Any]


def body_of(what: Happening, *, public_url: str) -> bytes:
    """`type`, `timestamp`, `data`, as Standard Webhooks wants it."""
    data: dict[str, Any] = {
        "event_id": what.event_id,
        "by": {"kind": what.by_kind, "name": what.by_name},
    }
    if what.ticket_id is not None:
        data["ticket"] = {"id": what.ticket_id, "number": what.number}
        if public_url:
            data["ticket"]["url"] = f"{public_url.rstrip('/')}/tickets/{what.number}"
    data |= {name: value for name, value in what.payload.items() if name not in data}
    return orjson.dumps(
        {
            "type": what.type,
            "timestamp": what.at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "data": data,
        }
    )
