"""Take in what arrives: raw and ticket in one transaction, once, whoever sends it again.

One request is one statement (`migrations/functions/receive.sql`) and one round trip: that is what
intake speed hangs on.
"""

import hashlib
from dataclasses import asdict, dataclass
from typing import Any, Literal

import orjson
import psycopg
from prometheus_client import Counter
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.auth import Principal, new_token
from ticketyard.core.db import raw_connection
from ticketyard.core.events import acting
from ticketyard.core.resources import Resources
from ticketyard.intake.arrivals import Arrival
from ticketyard.intake.errors import KeyReused, SourceNotAllowed
from ticketyard.intake.own_fields import with_typed_fields
from ticketyard.people.errors import InvalidKey
from ticketyard.tickets.events import TicketOpened
from ticketyard.tickets.numbering import Numbers
from ticketyard.tickets.opening import row_of

Outcome = Literal["created", "joined", "repeated", "replayed"]

_TRIES = 5
_RECEIVED = Counter(
    "ticketyard_messages_received", "Messages filed, by source and outcome.", ["source", "outcome"]
)
_RECEIVE = (
    "select o_outcome, o_id, o_number, o_status from receive_ticket"
    "(%s, %s::jsonb, %b, %s::jsonb, %s::jsonb, %s::jsonb, %s::jsonb, %s)"
)


@dataclass(frozen=True, kw_only=True)
class RawMessage:
    """What was sent, as it was sent, without the sender's secret.

    key: the sender's Idempotency-Key.  once: the token of a form that was shown, so that a second
    click on the same content is no second ticket.
    """

    content: bytes
    content_type: str = "application/json"
    key: str | None = None
    once: str | None = None

    @property
    def sha256(self) -> str:
        """The hash of what was sent."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class Received:
    """The ticket a message is filed under.

    outcome: created now; joined: added to a ticket it continues; repeated: filed before under its
    own id; replayed: the same key again.
    """

    ticket_id: int
    number: str
    status: str
    outcome: Outcome


def check_source(by: Principal, source: str) -> None:
    """Raises SourceNotAllowed when the key is for other sources."""
    if by.sources and source not in by.sources:
        raise SourceNotAllowed(f"This API key may not be used for {source}.")


async def receive(
    resources: Resources, arrival: Arrival, *, message: RawMessage, by: Principal
) -> Received:
    """File a message: a new ticket, or the one it was filed under before.

    It is on disk when this returns. Raises SourceNotAllowed; KeyReused when the key came with
    another content; InvalidKey when the key was revoked a moment ago; BadField for a value that a
    field of the company's own does not allow.
    """
    check_source(by, arrival.ticket.source)
    arrival = await with_typed_fields(resources, by.company_id, arrival)
    number = await resources.part(Numbers).take(by.company_id, resources.clock())
    arguments = _arguments(
        resources, arrival, message, identity_of(arrival, message, by), by, number
    )
    for attempt in range(_TRIES):
        try:
            async with resources.db.hot() as connection:
                cursor = await connection.execute(_RECEIVE, arguments)
                row = await cursor.fetchone()
            break
        except psycopg.errors.UniqueViolation:
            # Somebody brought the same at this moment, and has now finished.
            if attempt == _TRIES - 1:
                raise
    assert row is not None
    return _counted(_told(row), arrival)


async def receive_within(
    session: AsyncSession,
    resources: Resources,
    arrival: Arrival,
    *,
    message: RawMessage,
    identity: str,
    by: Principal,
    joins: int | None = None,
) -> Received:
    """The same inside of a transaction that does more, whose caller lets nobody else file the same
    message meanwhile.

    joins: the ticket it is kept under, unless it was filed before; the caller adds its words there.
    """
    number = await resources.part(Numbers).take(by.company_id, resources.clock())
    arguments = _arguments(resources, arrival, message, identity, by, number, joins)
    await session.flush()
    cursor = await (await raw_connection(session)).execute(_RECEIVE, arguments)
    row = await cursor.fetchone()
    assert row is not None
    return _counted(_told(row), arrival)


def _counted(received: Received, arrival: Arrival) -> Received:
    _RECEIVED.labels(arrival.ticket.source, received.outcome).inc()
    return received


def _arguments(
    resources: Resources,
    arrival: Arrival,
    message: RawMessage,
    identity: str,
    by: Principal,
    number: str,
    joins: int | None = None,
) -> tuple[Any, ...]:
    new = arrival.ticket
    row = row_of(new, number)
    if arrival.category_is_guess:
        row["category_by"] = "default"
    about = {
        "source": new.source,
        "identity": identity,
        "by_key": message.key is not None,
        "sha256": message.sha256,
        "content_type": message.content_type,
        "joins": joins,
    }
    return (
        by.company_id,
        _json(about),
        message.content,
        _json(row),
        _json([asdict(each) for each in arrival.files]) if arrival.files else None,
        _json(arrival.alert) if arrival.alert else None,
        _json(acting(by)),
        list(resources.db.listeners.get(TicketOpened.type, ())),
    )


def identity_of(arrival: Arrival, message: RawMessage, by: Principal) -> str:
    """What makes it the same message: the sender's key (each sender has their own), the source's
    own id, the form it was typed into, or nothing."""
    reference = arrival.ticket.source_reference
    if message.key is not None:
        return f"key:{by.kind}:{by.id}:{message.key}"
    if reference is not None:
        return f"ref:{reference}"
    if message.once:
        return f"form:{hashlib.sha256(message.once.encode()).hexdigest()}:{message.sha256}"
    return f"one:{new_token()}"


def _told(row: tuple[Any, ...]) -> Received:
    outcome, ticket_id, number, status = row
    if outcome == "key_revoked":
        raise InvalidKey("Invalid API key")
    if outcome == "other_body":
        raise KeyReused("This Idempotency-Key was used before, for something else.")
    return Received(ticket_id, number, status, outcome)


def _json(value: object) -> str:
    return orjson.dumps(value).decode()
