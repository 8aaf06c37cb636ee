"""TKT-YYYYMMDD-NNN: numbers that are never given twice and wait for nobody.

Each process takes blocks of numbers of a day and hands them out from memory, so opening a ticket
never queues behind another's commit. A block is one number as long as tickets come now and then,
and doubles while they come fast; numbers of a block that a process did not use are gaps.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from ticketyard.core.db import Database
from ticketyard.tickets.labels import NUMBER

PATTERN = NUMBER

BLOCK_MAX = 64
_BUSY = timedelta(seconds=1)


def render_number(day: date, ordinal: int) -> str:
    """`TKT-20251215-001`; from the thousandth of a day on with more digits."""
    return f"TKT-{day:%Y%m%d}-{ordinal:03d}"


class _Block:
    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.day: date | None = None
        self.next = 0
        self.end = 0
        self.size = 1
        self.taken_at: datetime | None = None
        self.unused: list[str] = []


class Numbers:
    """Hands out ticket numbers, per company and day (UTC)."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._blocks: dict[int, _Block] = defaultdict(_Block)

    async def take(self, company_id: int, now: datetime) -> str:
        """One number."""
        block = self._blocks[company_id]
        async with block.lock:
            if block.day == now.date() and block.unused:
                return block.unused.pop()
            if block.day != now.date() or block.next >= block.end:
                await self._refill(block, company_id, now)
            ordinal = block.next
            block.next += 1
            return render_number(now.date(), ordinal)

    def give_back(self, company_id: int, now: datetime, numbers: Sequence[str]) -> None:
        """Take back numbers that no ticket got, for the next who ask on the same day."""
        block = self._blocks[company_id]
        if block.day == now.date():
            block.unused.extend(reversed(numbers))

    async def take_many(self, company_id: int, now: datetime, count: int) -> list[str]:
        """Many numbers in one go, in order."""
        if count == 1:
            return [await self.take(company_id, now)]
        first = await self._reserve(company_id, now.date(), count)
        return [render_number(now.date(), first + offset) for offset in range(count)]

    async def _refill(self, block: _Block, company_id: int, now: datetime) -> None:
        busy = block.taken_at is not None and now - block.taken_at < _BUSY
        block.size = min(block.size * 2, BLOCK_MAX) if busy else 1
        block.next = await self._reserve(company_id, now.date(), block.size)
        block.end = block.next + block.size
        if block.day != now.date():
            block.unused.clear()
        block.day, block.taken_at = now.date(), now

    async def _reserve(self, company_id: int, day: date, count: int) -> int:
        async with self._db.hot() as connection:
            cursor = await connection.execute(
                "select take_ticket_numbers(%s, %s, %s)", (company_id, day, count)
            )
            row = await cursor.fetchone()
        assert row is not None
        return int(row[0])
