"""A desk with a model configured."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import text

from tests.model_server import ModelServer
from tests.world import World
from ticketyard.ai.chat.model import ChatModel
from ticketyard.core.jobs import Worker
from ticketyard.core.resources import Resources
from ticketyard.tickets.models import Ticket
from ticketyard.tickets.queries import get_ticket
from ticketyard.triage.analysing import analyse_tickets
from ticketyard.triage.models import Analysis
from ticketyard.triage.queries import get_analysis
from ticketyard.triage.second_opinion.asker import Asker

UNSURE = "It does not do what it did yesterday"
SURE = "The printer on the second floor prints blank pages"
VPN = {
    "category": "vpn",
    "priority": "high",
    "sentiment": "negative",
    "language": "en",
    "summary": "Since yesterday it does not do what it did.",
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
        await self.read(opened.id)
        return opened.id

    async def read(self, ticket_id: int, company_id: int | None = None) -> None:
        await analyse_tickets(self.resources, company_id or self.world.company_id, [ticket_id])

    async def opened_elsewhere(self, title: str) -> None:
        """The same in the other company."""
        other = self.world.other_company_id
        opened = await replace(self.world, company_id=other).open(title, requester_email=None)
        await self.read(opened.id, other)

    async def ask(self) -> int:
        """Ask the model what is due."""
        return await Asker(self.resources).ask_due()

    async def seen(self, ticket_id: int) -> tuple[Ticket, Analysis]:
        async with self.resources.db.transaction(self.world.company_id) as session:
            return await get_ticket(session, ticket_id), await get_analysis(session, ticket_id)

    @property
    def chat(self) -> ChatModel:
        return self.resources.part(ChatModel)

    async def rows(self, query: str, company_id: int | None = None) -> list[Any]:
        async with self.resources.db.transaction(company_id or self.world.company_id) as session:
            return list(await session.execute(text(query)))

    async def rows_change(self, statement: str) -> None:
        async with self.resources.db.transaction(self.world.company_id) as session:
            await session.execute(text(statement))

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


Make = Callable[..., Desk]
