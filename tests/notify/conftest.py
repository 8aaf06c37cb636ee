"""A desk that can send mail, and the server it sends it to."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import text

from tests.notify.sink import Sink, open_sink
from tests.world import World
from ticketyard.core.config import Settings
from ticketyard.core.jobs import Worker
from ticketyard.tickets.commenting import add_comment
from ticketyard.tickets.opening import OpenedTicket
from ticketyard.wiring import build_worker


@pytest.fixture
async def sink() -> AsyncIterator[Sink]:
    """A server without TLS or log-in."""
    async with open_sink() as sink:
        yield sink


@pytest.fixture
def settings(settings: Settings, sink: Sink) -> Settings:
    """Mail leaves by the sink."""
    return settings.model_copy(
        update={
            "smtp_host": "127.0.0.1",
            "smtp_port": sink.port,
            "smtp_security": "none",
            "from_email": "desk@north.example",
        }
    )


@dataclass
class Desk:
    """The cast with a mail server, and short words for what tests do."""

    world: World
    worker: Worker
    sink: Sink

    async def answer(self, ticket: OpenedTicket, body: str = "Try again.", **given: Any) -> int:
        """Ana answers."""
        world = self.world
        async with world.resources.db.transaction(world.company_id) as session:
            by = given.pop("by", world.as_person(world.ana))
            comment = await add_comment(session, ticket_id=ticket.id, body=body, by=by, **given)
            return comment.id

    async def run(self) -> None:
        """Everything that waits is done."""
        await self.worker.run_pending()

    async def rows(self, query: str, **values: Any) -> list[Any]:
        """Rows of the first company."""
        async with self.world.resources.db.transaction(self.world.company_id) as session:
            result = await session.execute(text(query), values)
            return list(result.all()) if result.returns_rows else []

    async def mails(self) -> list[Any]:
        """The outbox, oldest first."""
        return await self.rows("select * from outgoing_mail order by id")

    async def make_due(self) -> None:
        """Let the time of the next try come."""
        await self.rows("update outgoing_mail set ready_at = now(), claimed_until = null")


@pytest.fixture
async def desk(world: World, settings: Settings, sink: Sink) -> Desk:
    """A desk whose mail leaves by the sink."""
    return Desk(world, build_worker(world.resources, settings), sink)
