"""The hot list: one statement a page, its JSON passed on as the bytes the database made.

Totals. Up to 10,000 matches the total is exact: it is counted anew as soon as anything happened in
the company (its newest event tells), and otherwise believed for two seconds at most. Beyond that
counting would cost more than the page, so the total is counted at most once in a hundred times as
long as counting took, and is that old at most; that of a search is then estimated from statistics.
`total_is_exact` says which it is (docs/decisions/0020).
"""

import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import orjson

from ticketyard.core.auth import Principal
from ticketyard.core.db import Database
from ticketyard.core.errors import NotAllowed
from ticketyard.insights.ticket_query import TicketQuery, render_cursor

EXACT_MAX = 10_000
BELIEVED_SECONDS = 2.0
REMEMBERED_MAX = 2_000
COUNT_SHARE = 0.01

# What requesters are not shown, they cannot find out by asking for it either.
_OF_THE_DESK = frozenset({"sentiment", "language", "needs_review"})
_LIST = "select items, total, has_more, last_keys, seen from list_tickets(%s, %s)"


@dataclass
class _Total:
    value: int
    seen: int
    until: float


class TicketList:
    """Pages of tickets, with the totals that this process remembers."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._totals: OrderedDict[tuple[int, bytes], _Total] = OrderedDict()

    async def page(self, query: TicketQuery, *, by: Principal) -> bytes:
        """One page as a JSON document: the answers of spec 1, 2 and 5 in one.

        Who may not read all tickets sees their own, without what only the desk may know.
        """
        for_agent = by.may("tickets:read")
        if not for_agent:
            if not _OF_THE_DESK.isdisjoint(query.where):
                raise NotAllowed("What triage found is for agents, to filter by as well.")
            query = query.narrowed(requester_id=(str(by.person_id or 0),))
        asked = query.asked() | {"for_agent": for_agent}
        key = (by.company_id, orjson.dumps(asked["where"], option=orjson.OPT_SORT_KEYS))
        known = self._known(key)
        if known:
            asked |= {"counted": known.value, "seen": known.seen}
        async with self._db.hot() as connection:
            cursor = await connection.execute(
                _LIST, (by.company_id, orjson.dumps(asked).decode()), prepare=True, binary=True
            )
            row = await cursor.fetchone()
        assert row is not None
        items, counted, has_more, last_keys, seen = row
        total = await self._total(key, counted, seen, known)
        return _document(query, items, total, has_more, last_keys)

    def _known(self, key: tuple[int, bytes]) -> _Total | None:
        found = self._totals.get(key)
        return found if found and found.until > time.monotonic() else None

    async def _total(
        self, key: tuple[int, bytes], counted: int | None, seen: int, known: _Total | None
    ) -> int:
        if known and known.seen == seen:
            return known.value
        if known and known.value > EXACT_MAX and (counted or 0) > EXACT_MAX:
            return known.value
        value, cost = counted or 0, 0.0
        if value > EXACT_MAX:
            value, cost = await self._count(key)
        until = time.monotonic() + max(BELIEVED_SECONDS, cost / COUNT_SHARE)
        self._totals[key] = _Total(value, seen, until)
        self._totals.move_to_end(key)
        if len(self._totals) > REMEMBERED_MAX:
            self._totals.popitem(last=False)
        return value

    async def _count(self, key: tuple[int, bytes]) -> tuple[int, float]:
        started = time.monotonic()
        async with self._db.hot() as connection:
            cursor = await connection.execute(
                "select count_tickets(%s, %s)", (key[0], key[1].decode())
            )
            row = await cursor.fetchone()
        assert row is not None
        return int(row[0]), time.monotonic() - started


def _document(
    query: TicketQuery, items: bytes, total: int, has_more: bool, last_keys: list[Any] | None
) -> bytes:
    cursor = render_cursor(query, last_keys) if has_more and last_keys else None
    facts = {
        "total": total,
        "total_is_exact": total <= EXACT_MAX,
        "limit": query.limit,
        "offset": query.offset,
        "skip": query.offset,
        "page": query.offset // query.limit + 1,
        "size": query.limit,
        "has_more": has_more,
        "next_cursor": cursor,
    }
    return b'{"items":%b,"tickets":%b,%b' % (items, items, orjson.dumps(facts)[1:])
