"""A ticket, the local engines, and a model that answers, fails or lies."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from tests.model_server import ModelServer, Turn, serving
from tests.world import World
from ticketyard.ai.chat.breaker import Breaker
from ticketyard.ai.chat.model import ChatModel
from ticketyard.ai.chat.question import ChatServer
from ticketyard.core.jobs import Worker
from ticketyard.core.outgoing import Outgoing
from ticketyard.core.resources import Resources
from ticketyard.tickets.models import Ticket
from ticketyard.tickets.queries import get_ticket
from ticketyard.triage.analysing import analyse_tickets
from ticketyard.triage.correcting import correct_category
from ticketyard.triage.models import Analysis
from ticketyard.triage.queries import get_analysis
from ticketyard.triage.second_opinion.asker import Asker
from ticketyard.triage.second_opinion.rules import OpinionRules
from ticketyard.wiring import WIRING

UNSURE = "It does not do what it did yesterday"
SURE = "The printer on the second floor prints blank pages"
VPN = {
    "category": "vpn",
    "priority": "high",
    "sentiment": "negative",
    "language": "en",
    "summary": "Something stopped working since yesterday.",
}


@dataclass
class Desk:
    """The world with a model configured."""

    world: World
    server: ModelServer
    resources: Resources
    worker: Worker

    async def opened(self, title: str = UNSURE, **fields: object) -> int:
        """A new ticket, read by the local engines."""
        opened = await self.world.open(title, **fields)
        await self.worker.run_pending()
        return opened.id

    async def ask(self) -> int:
        """Ask the model what is due, and let what follows happen."""
        asked = await Asker(self.resources).ask_due()
        await self.worker.run_pending()
        return asked

    async def seen(self, ticket_id: int) -> tuple[Ticket, Analysis]:
        async with self.resources.db.transaction(self.world.company_id) as session:
            return await get_ticket(session, ticket_id), await get_analysis(session, ticket_id)

    async def rows(self, query: str, company_id: int | None = None) -> list[Any]:
        async with self.resources.db.transaction(company_id or self.world.company_id) as session:
            return list(await session.execute(text(query)))

    async def questions(self) -> list[tuple[str, str, int]]:
        rows = await self.rows("select state, problem, attempts from second_opinion order by id")
        return [(row.state, row.problem, row.attempts) for row in rows]

    async def wish(self, wish: str) -> None:
        async with self.resources.db.transaction(self.world.company_id) as session:
            await session.execute(
                text("update company set settings = settings || jsonb_build_object("
                     "'language_model', cast(:wish as text)) where id = current_company()"),
                {"wish": wish},
            )  # fmt: skip

    def later(self, **more: float) -> None:
        """Let time pass."""
        then = self.resources.db.clock() + timedelta(**more)
        self.resources.db.clock = lambda: then


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with serving(ModelServer(usual=Turn(args=VPN))) as server:
        yield server


@pytest.fixture
def make_desk(world: World, server: ModelServer) -> Callable[..., Desk]:
    def make(rules: OpinionRules | None = None, **changes: Any) -> Desk:
        given = {"url": server.url, "model": "m-1", "deadline_seconds": 3.0}
        chat = ChatModel(
            ChatServer(**{**given, **changes}),
            Outgoing(["127.0.0.1"]),
            breaker=Breaker(opens_after=4),
        )
        parts = {
            **world.resources.parts,
            ChatModel: chat,
            OpinionRules: rules or OpinionRules(),
        }
        resources = replace(world.resources, parts=parts)
        worker = Worker(resources, WIRING, concurrency=2, max_attempts=3)
        return Desk(replace(world, resources=resources), server, resources, worker)

    return make


@pytest.fixture
def desk(make_desk: Callable[..., Desk]) -> Desk:
    return make_desk()


Make = Callable[..., Desk]
Run = Callable[[], Awaitable[None]]


async def test_a_ticket_that_is_unsure_gets_a_second_opinion(desk: Desk) -> None:
    ticket_id = await desk.opened()
    ticket, analysis = await desk.seen(ticket_id)
    assert (ticket.category, analysis.need_admin) == (None, True)
    assert analysis.engine != "language_model"
    assert desk.server.got == []
    assert await desk.ask() == 1
    ticket, analysis = await desk.seen(ticket_id)
    assert (ticket.category, ticket.category_by) == ("vpn", "triage")
    assert (analysis.engine, analysis.category, analysis.need_admin) == (
        "language_model", "vpn", False,
    )  # fmt: skip
    assert 0.5 < analysis.confidence <= 0.85
    assert analysis.summary == "Something stopped working since yesterday."
    assert (analysis.sentiment, analysis.priority, ticket.priority) == ("negative", "high", "high")
    assert await desk.questions() == [("done", "", 1)]
