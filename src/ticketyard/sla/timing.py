"""The timer: wakes when a clock is due, and tells it within seconds.

A loop of its own in each worker, not a job: the queue is for work, and a promise must not wait behind
it. Several may run; they settle it between them, because counting is one at a time in a company and
what is told is told once.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import text

from ticketyard.core.db import is_database_away
from ticketyard.core.lanes import LOOK_SECONDS, keep_looking
from ticketyard.core.log import get_logger
from ticketyard.core.resources import Resources
from ticketyard.sla.counting import count_clocks

log = get_logger(__name__)

BATCH = 500
# One whose counting fails is not looked at again at once, for it would hold up the others.
SET_ASIDE_SECONDS = 60


class Timer:
    """Runs until cancelled."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    async def run(self) -> None:
        """Sleep until the nearest due, but look every second whether another is nearer."""
        await keep_looking("sla_timer", self._look)

    async def _look(self) -> float:
        while await self.tell_due() == BATCH:
            pass
        return await self._until_next()

    async def tell_due(self) -> int:
        """Count the tickets whose clocks have something to tell now; gives how many there were."""
        async with self._resources.db.anonymous() as session:
            rows = await session.execute(_DUE, {"at": self._resources.clock(), "limit": BATCH})
            due: defaultdict[int, list[int]] = defaultdict(list)
            for row in rows:
                due[row.company_id].append(row.ticket_id)
        for company_id, ticket_ids in due.items():
            await self._count(company_id, ticket_ids)
        return sum(map(len, due.values()))

    async def _count(self, company_id: int, ticket_ids: Sequence[int]) -> None:
        """All at once; should that fail, one by one, so that only the one at fault waits."""
        try:
            async with self._resources.db.transaction(company_id) as session:
                await count_clocks(session, ticket_ids)
        except Exception as error:
            if is_database_away(error):
                raise
            log.exception("sla_clock_failed", company_id=company_id, tickets=len(ticket_ids))
            if len(ticket_ids) == 1:
                await self._set_aside(company_id, ticket_ids[0])
            else:
                for each in ticket_ids:
                    await self._count(company_id, [each])

    async def _set_aside(self, company_id: int, ticket_id: int) -> None:
        until = self._resources.clock() + timedelta(seconds=SET_ASIDE_SECONDS)
        async with self._resources.db.transaction(company_id) as session:
            await session.execute(_SET_ASIDE, {"ticket": ticket_id, "until": until})

    async def _until_next(self) -> float:
        async with self._resources.db.anonymous() as session:
            nearest = await session.scalar(text("select next_sla_look()"))
        if nearest is None:
            return LOOK_SECONDS
        left = (nearest - self._resources.clock()).total_seconds()
        return min(LOOK_SECONDS, max(0.01, float(left)))


_DUE = text("select company_id, ticket_id from due_sla_tickets(:at, :limit)")
_SET_ASIDE = text(
    "update sla_clock set next_look_at = greatest(next_look_at, :until)"
    " where company_id = current_company() and ticket_id = :ticket and next_look_at is not null"
)
