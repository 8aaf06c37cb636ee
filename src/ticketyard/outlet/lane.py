"""The lane: sends what is due within a second.

A loop of its own in each worker, not a job: a broker that does not answer holds up nobody's work. Several
may run; a lease in each company's row settles who sends.
"""

import asyncio
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import now_of
from ticketyard.core.lanes import keep_looking
from ticketyard.core.log import get_logger
from ticketyard.core.resources import Resources
from ticketyard.outlet.broker import Broker, BrokerAt
from ticketyard.outlet.describing import TASKS, task_name
from ticketyard.outlet.publishing import publish_due

log = get_logger(__name__)

SAY_SECONDS = 30.0
# A worker without a broker beside one that has it does not switch it off.
UNSEEN_FOR = timedelta(minutes=10)


class Lane:
    """Runs until cancelled; without a broker it says so once and ends."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._at = resources.part(BrokerAt)
        self._broker = Broker(self._at)
        self._said_at = float("-inf")

    async def run(self) -> None:
        """Look every second whether something is due."""
        if not self._at.is_configured:
            names = ",".join(map(task_name, TASKS))
            log.warning(f"RAG broker not configured; skipping task={names}")
            return
        await keep_looking("outlet_lane", self._look)

    async def _look(self) -> None:
        await self.say_that_it_is_on()
        await self.send_due()

    def close(self) -> None:
        """Let the broker go."""
        self._broker.close()

    async def say_that_it_is_on(self) -> None:
        """Twice a minute: from now on what happens is put down, in every company, also a new one."""
        now = asyncio.get_running_loop().time()
        if now - self._said_at < SAY_SECONDS:
            return
        async with self._resources.db.anonymous() as session:
            companies = list(await session.scalars(text("select id from company_directory()")))
        for company_id in companies:
            async with self._resources.db.transaction(company_id) as session:
                await switch_on(session)
        self._said_at = now

    async def send_due(self) -> None:
        """One round over all companies; ended by a broker that fails."""
        async with self._resources.db.anonymous() as session:
            due = list(await session.scalars(_DUE, {"now": self._resources.clock()}))
        for company_id in due:
            if not await publish_due(self._resources, self._broker, company_id):
                return


async def switch_on(session: AsyncSession) -> None:
    """Put down for the broker what happens from now on in this company."""
    await session.execute(_ON, {"now": now_of(session)})


async def switch_off_unseen(session: AsyncSession) -> None:
    """Put down nothing more where no worker has known a broker for a while."""
    now = now_of(session)
    await session.execute(_OFF, {"until": now - UNSEEN_FOR})


_DUE = text("select company_id from due_outlets(:now)")
_ON = text(
    """
    insert into outlet as o (company_id, is_on, seen_at) values (current_company(), true, :now)
    on conflict (company_id) do update set is_on = true, seen_at = excluded.seen_at
    where not o.is_on or o.seen_at < excluded.seen_at
    """
)
_OFF = text(
    "update outlet set is_on = false"
    " where company_id = current_company() and is_on and seen_at < :until"
)
