"""A desk whose clock stands where a test sets it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from tests.world import World
from ticketyard.core.jobs import Worker
from ticketyard.sla.timing import Timer

# The cast was founded before: its service levels hold since the test run began.
START = datetime(2030, 3, 4, 9, 0, tzinfo=UTC)


@dataclass
class Desk:
    """The cast's desk at an instant that moves only when told."""

    world: World
    worker: Worker
    now: datetime = START

    def at(self, seconds: float) -> datetime:
        """Set the clock to so many seconds after the start."""
        self.now = START + timedelta(seconds=seconds)
        return self.now

    async def settle(self) -> None:
        """Let listeners and the timer do what is to be done now."""
        await self.worker.run_listeners(self.world.company_id)
        await Timer(self.world.resources).tell_due()

    async def rows(self, query: str, **values: Any) -> list[Any]:
        """Rows of the company."""
        async with self.world.resources.db.transaction(self.world.company_id) as session:
            return list(await session.execute(text(query), values))

    async def told(self, ticket_id: int) -> list[tuple[str, str, int]]:
        """Warnings and breaches of a ticket, as they were told."""
        rows = await self.rows(
            "select type, payload from event where ticket_id = :id and type like 'sla.%' order by id",
            id=ticket_id,
        )
        return [(row.type, row.payload["clock"], row.payload["cycle"]) for row in rows]


@pytest.fixture
def desk(world: World, worker: Worker) -> Desk:
    """The desk at nine o'clock on a Monday."""
    desk = Desk(world, worker)
    world.resources.db.clock = lambda: desk.now
    return desk
