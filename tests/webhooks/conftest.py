"""A receiver, and an endpoint of the first company that leads to it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.receiver import Receiver, listening
from tests.world import World
from ticketyard.core.outgoing import Outgoing
from ticketyard.core.sealing import Sealer
from ticketyard.webhooks.endpoints import add_endpoint
from ticketyard.webhooks.models import WebhookDelivery, WebhookEndpoint
from ticketyard.webhooks.queries import get_endpoint, list_deliveries

Run = Callable[[], Awaitable[None]]


@dataclass
class Hook:
    """An endpoint, its secret and what the database says of it."""

    world: World
    id: int
    secret: str
    run: Run

    async def now(self) -> WebhookEndpoint:
        async with self.world.resources.db.transaction(self.world.company_id) as session:
            return await get_endpoint(session, self.id)

    async def deliveries(self) -> list[WebhookDelivery]:
        """The oldest first."""
        async with self.world.resources.db.transaction(self.world.company_id) as session:
            return (await list_deliveries(session, self.id))[::-1]

    async def later(self, **ago: float) -> None:
        """Let time pass, and what is due then be done."""
        before = self.world.resources.db.clock
        self.world.resources.db.clock = lambda: before() + timedelta(**ago)
        await self.run()
        async with self.world.resources.db.transaction(self.world.company_id) as session:
            await session.execute(text("select 1"))


AddHook = Callable[..., Awaitable[Hook]]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with listening(Receiver()) as found:
        yield found


@pytest.fixture
def add_hook(world: World, deliver: Run) -> AddHook:
    async def add(url: str, *event_types: str) -> Hook:
        resources = world.resources
        async with resources.db.transaction(world.company_id) as session:
            endpoint, secret = await add_endpoint(
                session,
                url=url,
                event_types=event_types or ("ticket.opened",),
                sealer=resources.part(Sealer),
                outgoing=resources.part(Outgoing),
                by=world.as_person(world.admin),
            )
        return Hook(world, endpoint.id, secret, deliver)

    return add


@pytest.fixture
async def hook(add_hook: AddHook, receiver: Receiver) -> Hook:
    return await add_hook(receiver.url)


@pytest.fixture
def deliver(world: World) -> Run:
    """One round, as the job does it."""

    async def run() -> None:
        await deliver_due(world.resources, world.company_id)

    from ticketyard.webhooks.jobs import deliver_due

    return run
