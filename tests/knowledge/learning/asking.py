"""Questions put straight where chats and tickets would put them, for tests of what is learned of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text

from tests.world import World
from ticketyard.core.resources import Resources
from ticketyard.knowledge.learning.collecting import collect_unanswered
from ticketyard.knowledge.learning.grouping import group_unanswered
from ticketyard.knowledge.learning.queries import GapState, GapView, list_examples, list_gaps


@dataclass(frozen=True)
class Desk:
    """One company that is asked."""

    resources: Resources
    company_id: int

    @classmethod
    def north(cls, world: World) -> "Desk":
        return cls(world.resources, world.company_id)

    @classmethod
    def south(cls, world: World) -> "Desk":
        return cls(world.resources, world.other_company_id)

    async def run(self, statement: str, **given: Any) -> Any:
        """One statement in this company; gives its first value."""
        async with self.resources.db.transaction(self.company_id) as session:
            result = await session.execute(text(statement), given)
            return result.scalar() if result.returns_rows else None

    async def chat(
        self,
        question: str,
        *,
        owner: str | None = None,
        answered: bool = False,
        citations: Sequence[str] = (),
        at: datetime | None = None,
        email: str | None = None,
        outcome: str | None = None,
        helped: bool | None = None,
        ticket_id: int | None = None,
    ) -> UUID:
        """Somebody asks the chat one question, and leaves it so."""
        at = at or self.resources.clock()
        conversation = uuid4()
        given = {
            "id": conversation,
            "owner": owner or f"chat:{conversation}",
            "email": email,
            "outcome": outcome,
            "question": question,
            "answered": answered,
            "citations": list(citations),
            "helped": helped,
            "ticket_id": ticket_id,
            "at": at,
        }
        await self.run(
            "insert into conversation (company_id, id, owner) values (current_company(), :id, :owner)",
            **given,
        )
        await self.run(
            "insert into chat (company_id, conversation_id, verified_email, outcome, outcome_at,"
            " ticket_id, created_at, updated_at) values (current_company(), :id, :email, :outcome,"
            " case when cast(:outcome as text) is null then null else cast(:at as timestamptz) end,"
            " :ticket_id, :at, :at)",
            **given,
        )
        await self.run(
            "insert into chat_question (company_id, conversation_id, question, is_answered, citations,"
            " helped, outcome, ticket_id, asked_at, answered_at) values (current_company(), :id,"
            " :question, :answered, :citations, :helped, :outcome, :ticket_id, :at, :at)",
            **given,
        )
        return conversation

    async def needs_human(self, ticket_id: int) -> None:
        """Nothing was found for a ticket."""
        await self.run(
            "insert into ticket_solution (company_id, ticket_id, state, needs_human, proposed_at)"
            " values (current_company(), :id, 'done', true, :at)",
            id=ticket_id,
            at=self.resources.clock(),
        )

    async def gather(self) -> None:
        """What the timetable does with questions."""
        await collect_unanswered(self.resources, self.company_id)
        await group_unanswered(self.resources, self.company_id)

    async def gaps(self, state: GapState | None = None) -> list[GapView]:
        async with self.resources.db.transaction(self.company_id) as session:
            return await list_gaps(session, state=state, limit=50)

    async def examples(self, gap_id: int) -> list[str]:
        async with self.resources.db.transaction(self.company_id) as session:
            found = await list_examples(session, [gap_id])
        return [each.question for each in found[gap_id]]

    async def search_is_over(self) -> None:
        """Ten minutes pass for what was typed."""
        await self.run(
            "update unanswered_question set asked_at = asked_at - make_interval(mins => 11)"
        )

    def ago(self, **time: float) -> datetime:
        return self.resources.clock() - timedelta(**time)
