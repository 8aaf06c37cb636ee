"""What happened: stored once, for ever, with the work it wakes, in the transaction of the change."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any, ClassVar

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal
from ticketyard.core.db import now_of
from ticketyard.core.shapes import storable


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened. Subclasses are named in the past tense and set `type`.

    Fields must be plain values (JSON); `ticket_id` is None where no ticket is concerned.
    """

    type: ClassVar[str] = ""
    # Its place in the history, where it comes from there: for listeners that must know who did it.
    stored_id: ClassVar[int | None] = None

    ticket_id: int | None = field(default=None)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.type:
            _KNOWN[cls.type] = cls

    def payload(self) -> dict[str, Any]:
        """The fields as stored."""
        return asdict(self)


_KNOWN: dict[str, type[Event]] = {}


def known_events() -> dict[str, type[Event]]:
    """Every kind of event by its stored name."""
    return dict(_KNOWN)


def restore(event_type: str, payload: dict[str, Any], event_id: int | None = None) -> Event:
    """The event that was stored. A field that a newer version added takes its default, one that
    was dropped is passed over."""
    kind = _KNOWN[event_type]
    names = {each.name for each in fields(kind)}
    event = kind(**{name: value for name, value in payload.items() if name in names})
    object.__setattr__(event, "stored_id", event_id)
    return event


def acting(by: Principal) -> dict[str, Any]:
    """A principal as kept beside an event."""
    return {"kind": by.kind, "id": by.id, "name": by.name}


_EMIT = text("select emit_events(cast(:events as jsonb), cast(:by as jsonb), :at)")


async def emit(session: AsyncSession, *events: Event, by: Principal) -> None:
    """Store what happened and queue whoever listens, in this transaction: all of it or nothing."""
    if not events:
        return
    listeners = session.info["listeners"]
    rows = [
        {
            "type": event.type,
            "ticket_id": event.ticket_id,
            "payload": event.payload(),
            "listeners": list(listeners.get(event.type, ())),
        }
        for event in events
    ]
    await session.flush()
    await session.execute(
        _EMIT,
        {
            "events": orjson.dumps(storable(rows)).decode(),
            "by": orjson.dumps(storable(acting(by))).decode(),
            "at": now_of(session),
        },
    )
