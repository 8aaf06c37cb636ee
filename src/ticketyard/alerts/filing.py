"""Take alerts in: raw, folded, with the ticket they lead to, in one transaction, once.

What is plain (repeats, and new alerts that nothing special is said of) is one statement, a database
function; what has to be decided goes through a transaction that holds its fingerprints.
"""

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import psycopg
from prometheus_client import Counter
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.alerts.acting import file_alert
from ticketyard.alerts.errors import DeliveryKeyReused
from ticketyard.alerts.events import AlertFired
from ticketyard.alerts.one_report import Filing
from ticketyard.alerts.told import ToldAlert, believed, fingerprint_by
from ticketyard.core.auth import Principal, new_token
from ticketyard.core.db import Database
from ticketyard.core.events import acting
from ticketyard.core.gathering import Gathering
from ticketyard.core.resources import Resources
from ticketyard.people.errors import InvalidKey
from ticketyard.tickets.events import TicketOpened
from ticketyard.tickets.numbering import Numbers
from ticketyard.tickets.opening import row_of

_TRIES = 8
_FIELDS_KNOWN_SECONDS = 3.0
# Each new alert holds a lock until its batch is committed, and the database has room for so many.
_WEIGHT_OF_ALERT = 8_192
_TAKEN = Counter("ticketyard_alerts", "Alerts taken in, by outcome.", ["outcome"])
_RECEIVE = (
    "select o_delivery, o_outcome, o_alert, o_id, o_number, o_status, o_is_replay"
    " from receive_alert_deliveries(%s, %s::jsonb, %b::bytea[], %s::jsonb)"
)
_AGAIN = (
    psycopg.errors.UniqueViolation,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.LockNotAvailable,
)


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """What was sent, as it was sent, without the sender's secret. key: their Idempotency-Key."""

    content: bytes
    content_type: str = "application/json"
    key: str | None = None


@dataclass(frozen=True)
class Taken:
    """What became of one alert.

    outcome: opened, joined (another ticket), repeated, reopened, again, suppressed, recovered, late,
    or replayed: its source told of this very event before.
    is_replay: the same delivery was taken in before; with a key, the outcome is what it was then.
    ticket_id: None where it has no ticket.
    """

    outcome: str
    alert_id: int
    ticket_id: int | None
    number: str | None
    status: str | None
    is_replay: bool = False


@dataclass(frozen=True)
class _Sent:
    """A delivery as `receive_alerts` takes it."""

    company_id: int
    about: dict[str, Any]
    raw: bytes
    alerts: list[dict[str, Any]]
    by: dict[str, Any]


class AlertDoor:
    """Hands deliveries to the database; those that come while it is at others go together."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._listeners = {
            kind.type: list(db.listeners.get(kind.type, ())) for kind in (TicketOpened, AlertFired)
        }
        self._gathering = Gathering[_Sent, list[tuple[Any, ...]]](
            self._receive, apart=lambda error: isinstance(error, psycopg.Error) and _is_ours(error)
        )

    async def receive(self, sent: _Sent) -> list[tuple[Any, ...]]:
        """What the function says of each of its alerts. Raises psycopg.Error."""
        weight = len(sent.raw) + _WEIGHT_OF_ALERT * len(sent.alerts)
        return await self._gathering.ask(sent.company_id, sent, weight=weight)

    async def _receive(self, batch: Sequence[_Sent]) -> list[list[tuple[Any, ...]]]:
        # Alike everywhere, so that two processes that bring the same new alerts rarely cross.
        order = sorted(
            range(len(batch)),
            key=lambda n: min(each["row"]["fingerprint"] for each in batch[n].alerts),
        )
        given = [
            {"message": batch[n].about, "alerts": batch[n].alerts, "by": batch[n].by} for n in order
        ]
        async with self._db.hot() as connection:
            cursor = await connection.execute(
                _RECEIVE,
                (
                    batch[0].company_id,
                    _json(given),
                    [batch[n].raw for n in order],
                    _json(self._listeners),
                ),
            )
            rows = await cursor.fetchall()
        answers: list[list[tuple[Any, ...]]] = [[] for _ in batch]
        for delivery, *row in rows:
            answers[order[delivery - 1]].append(tuple(row))
        return answers


def _is_ours(error: psycopg.Error) -> bool:
    """Whether the statement failed, and not the database."""
    return isinstance(error, (psycopg.IntegrityError, psycopg.DataError, *_AGAIN))


class FingerprintFields:
    """What each provider's alerts are told apart by; asked for anew every few seconds."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str], tuple[float, tuple[str, ...]]] = {}

    async def of(self, resources: Resources, company_id: int, provider_id: str) -> tuple[str, ...]:
        """The provider's fields; none where its shape says what makes two alerts the same."""
        known = self._known.get((company_id, provider_id))
        if known and known[0] > time.monotonic():
            return known[1]
        if known:
            # One asks anew; in a rush the others are not all to ask with it.
            self._known[company_id, provider_id] = (time.monotonic() + 1, known[1])
        async with resources.db.transaction(company_id) as session:
            found = await session.scalar(
                text(
                    "select fingerprint_fields from alert_provider"
                    " where company_id = current_company() and provider_id = :provider"
                ),
                {"provider": provider_id},
            )
        if len(self._known) > 10_000:
            self._known.clear()
        fields = tuple(found or ())
        self._known[company_id, provider_id] = (time.monotonic() + _FIELDS_KNOWN_SECONDS, fields)
        return fields

    def forget(self, company_id: int) -> None:
        """Ask anew: something was changed here."""
        self._known = {key: each for key, each in self._known.items() if key[0] != company_id}


async def take_alerts(
    resources: Resources, told: Sequence[ToldAlert], *, delivery: Delivery, by: Principal
) -> list[Taken]:
    """File what one delivery tells, in the order told. It is on disk when this returns. An identity is
    looked at where the alert is the only one: who has several to be known apart brings them one by one.

    Raises DeliveryKeyReused, or InvalidKey when the key was revoked a moment ago.
    """
    filings = [await _filing(resources, each, by.company_id) for each in told]
    # In one order everywhere, so that two deliveries of the same alerts never wait for each other.
    order = sorted(range(len(filings)), key=lambda n: (filings[n].fingerprint, n))
    ordered = [filings[n] for n in order]
    taken = await _take(resources, ordered, _about(told, delivery, by), delivery, by)
    for each in taken:
        _TAKEN.labels("replayed" if each.is_replay else each.outcome).inc()
    if len(taken) != len(order):
        return taken
    return [each for _, each in sorted(zip(order, taken, strict=True), key=lambda pair: pair[0])]


async def _take(
    resources: Resources,
    filings: Sequence[Filing],
    about: dict[str, Any],
    delivery: Delivery,
    by: Principal,
) -> list[Taken]:
    for attempt in range(_TRIES):
        try:
            taken = await _take_plain(resources, filings, about, delivery, by)
            if taken is None:
                taken = await _take_deciding(resources, filings, about, delivery, by)
            return taken
        except (*_AGAIN, DBAPIError) as error:
            cause = error.orig if isinstance(error, DBAPIError) else error
            # Somebody brought the same at this moment, and has now finished.
            if not isinstance(cause, _AGAIN) or attempt == _TRIES - 1:
                raise
    raise AssertionError("the last try gives or raises")


async def _filing(resources: Resources, told: ToldAlert, company_id: int) -> Filing:
    fields = await resources.part(FingerprintFields).of(resources, company_id, told.provider_id)
    chosen = fingerprint_by(told, fields) if fields else None
    now = resources.clock()
    return Filing(
        told=told,
        fingerprint=chosen or told.fingerprint or f"one:{new_token()}",
        shared_in=None if chosen else told.shared_in,
        # A provider's own fields name a state, whatever the shape says.
        is_event=told.is_event and chosen is None,
        occurred_at=believed(told.occurred_at, now),
        now=now,
        claimed_at=told.occurred_at if told.occurred_at and told.occurred_at > now else None,
    )


def _about(told: Sequence[ToldAlert], delivery: Delivery, by: Principal) -> dict[str, Any]:
    identity = told[0].identity if len(told) == 1 else None
    if delivery.key is not None:
        name = f"key:{by.kind}:{by.id}:{delivery.key}"
    elif identity is not None:
        name = f"alert:{hashlib.sha256(identity.encode('utf-8', 'replace')).hexdigest()}"
    else:
        name = f"one:{new_token()}"
    return {
        "identity": name,
        "once": not name.startswith("one:"),
        "by_key": delivery.key is not None,
        "sha256": hashlib.sha256(delivery.content).hexdigest(),
        "content_type": delivery.content_type,
    }


async def _take_plain(
    resources: Resources,
    filings: Sequence[Filing],
    about: dict[str, Any],
    delivery: Delivery,
    by: Principal,
) -> list[Taken] | None:
    """None when something has to be decided."""
    if any(each.told.is_clear for each in filings) or _has_twins(filings):
        return None
    numbers = resources.part(Numbers)
    now = resources.clock()
    at_hand = [await numbers.take(by.company_id, now) for _ in filings]
    given = [
        each.given(row_of(each.ticket(), number))
        for each, number in zip(filings, at_hand, strict=True)
    ]
    sent = _Sent(by.company_id, about, delivery.content, given, acting(by))
    # Whoever gets no answer does not know whether the numbers were used: then they are gaps.
    taken = _told(await resources.part(AlertDoor).receive(sent))
    used = {each.number for each in taken or () if each.outcome == "opened"}
    numbers.give_back(by.company_id, now, [each for each in at_hand if each not in used])
    return taken


async def _take_deciding(
    resources: Resources,
    filings: Sequence[Filing],
    about: dict[str, Any],
    delivery: Delivery,
    by: Principal,
) -> list[Taken]:
    async with resources.db.transaction(by.company_id) as session:
        if about["once"] and (earlier := await _earlier(session, about)):
            return earlier
        inbound_id = await session.scalar(
            text("select keep_delivery(cast(:about as jsonb), :raw, null)"),
            {"about": _json(about), "raw": delivery.content},
        )
        taken = []
        for position, each in enumerate(filings):
            outcome, alert_id, ticket = await file_alert(
                session, resources, each, inbound_id=inbound_id, position=position, by=by
            )
            number, status = (ticket.number, ticket.status) if ticket else (None, None)
            taken.append(Taken(outcome, alert_id, ticket.id if ticket else None, number, status))
        return taken


async def _earlier(session: AsyncSession, about: dict[str, Any]) -> list[Taken] | None:
    rows = await session.execute(
        text(
            "select o_outcome, o_alert, o_id, o_number, o_status, o_is_replay"
            " from earlier_alerts(cast(:about as jsonb))"
        ),
        {"about": _json(about)},
    )
    return _told([tuple(row) for row in rows])


def _told(rows: Sequence[tuple[Any, ...]]) -> list[Taken] | None:
    outcome = rows[0][0] if rows else ""
    if outcome == "key_revoked":
        raise InvalidKey("Invalid API key")
    if outcome == "other_body":
        raise DeliveryKeyReused("This Idempotency-Key was used before, for something else.")
    return None if outcome == "decide" else [Taken(*row) for row in rows]


def _has_twins(filings: Sequence[Filing]) -> bool:
    return len({(each.scope, each.fingerprint) for each in filings}) < len(filings)


def _json(value: object) -> str:
    return orjson.dumps(value).decode()
