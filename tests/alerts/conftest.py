"""What tests of alerts share: a desk whose clock can be turned, and short ways to report to it."""

import itertools
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import text

from tests.world import World
from ticketyard.alerts.filing import Delivery, Taken, take_alerts
from ticketyard.alerts.keeping_up import keep_up
from ticketyard.alerts.providers import change_provider
from ticketyard.alerts.queries import get_alert
from ticketyard.alerts.told import ToldAlert
from ticketyard.tickets.changing_status import change_status

_numbers = itertools.count()


@dataclass
class Desk:
    """A company that alerts are reported to."""

    world: World
    now: datetime
    keys: list[str] = field(default_factory=list)

    def later(self, **span: float) -> None:
        """Let time pass."""
        self.now += timedelta(**span)

    async def report(self, *told: ToldAlert, key: str | None = None) -> list[Taken]:
        """One delivery."""
        raw = orjson.dumps([next(_numbers), [each.title for each in told]])
        delivery = Delivery(content=raw if key is None else b"{}", key=key)
        return await take_alerts(
            self.world.resources, told, delivery=delivery, by=self.world.system
        )

    async def fire(self, fingerprint: str = "f", **fields: Any) -> Taken:
        """One report that an alert fires."""
        (taken,) = await self.report(alert(fingerprint, **fields))
        return taken

    async def clear(self, fingerprint: str = "f", **fields: Any) -> Taken:
        """One report that it is over."""
        (taken,) = await self.report(alert(fingerprint, is_clear=True, **fields))
        return taken

    async def keep_up(self) -> None:
        """What the timetable does every two seconds."""
        await keep_up(self.world.resources, self.world.company_id)

    async def rules(self, provider_id: str = "p", **changes: Any) -> None:
        """Say how a provider's alerts are taken."""
        async with self.world.resources.db.transaction(self.world.company_id) as session:
            await change_provider(session, provider_id=provider_id, changes=changes)

    async def move(self, ticket_id: int | None, *statuses: str) -> None:
        """Let Ana move the ticket."""
        for status in statuses:
            async with self.world.resources.db.transaction(self.world.company_id) as session:
                await change_status(
                    session,
                    ticket_id=ticket_id or 0,
                    status=status,
                    by=self.world.as_person(self.world.ana),
                )

    async def alert(self, alert_id: int) -> Any:
        """The alert as people see it."""
        async with self.world.resources.db.transaction(self.world.company_id) as session:
            return await get_alert(session, alert_id)

    async def value(self, sql: str, **given: Any) -> Any:
        """One value out of the company's books."""
        async with self.world.resources.db.transaction(self.world.company_id) as session:
            return await session.scalar(text(sql), given)

    async def values(self, sql: str, **given: Any) -> list[Any]:
        """A column of them."""
        async with self.world.resources.db.transaction(self.world.company_id) as session:
            return list(await session.scalars(text(sql), given))

    async def status(self, ticket_id: int | None) -> str:
        """How the ticket stands."""
        return str(await self.value("select status from ticket where id = :id", id=ticket_id))


def alert(fingerprint: str | None = "f", **fields: Any) -> ToldAlert:
    """A report of provider p."""
    given = {"provider_id": "p", "title": "Disk full", "severity": "high", "detections": 1}
    return ToldAlert(fingerprint=fingerprint, **{**given, **fields})


@pytest.fixture
def desk(world: World) -> Desk:
    """North, with a clock of its own."""
    made = Desk(world, world.resources.clock())
    world.resources.db.clock = lambda: made.now
    return made
