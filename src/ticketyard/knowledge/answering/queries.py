"""What is proposed for a ticket, as far as its proof still stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.core.db import company_of
from ticketyard.knowledge.answering.answer import CitedStep
from ticketyard.knowledge.answering.citing import Citation
from ticketyard.knowledge.answering.extracting import Step
from ticketyard.knowledge.answering.models import TicketSolution
from ticketyard.knowledge.answering.verifying import contains


@dataclass(frozen=True)
class Solution:
    """steps: only those whose words stand in the document to this moment; withdrawn: how many others
    were proposed. human_steps: a person's own."""

    ticket_id: int
    state: str
    steps: tuple[CitedStep, ...]
    confidence: float
    engine: str
    proposed_at: datetime | None
    human_steps: tuple[str, ...] = ()
    human_by: str | None = None
    human_at: datetime | None = None
    withdrawn: int = 0

    @property
    def needs_human(self) -> bool:
        """Whether nothing is proposed that could be sent."""
        return not self.steps and not self.human_steps


async def find_solution(session: AsyncSession, ticket_id: int) -> Solution | None:
    """What is proposed for a ticket; None where nobody looked yet.

    A document that was deleted, changed or taken back proves nothing any more.
    """
    row = await session.scalar(
        select(TicketSolution).where(
            TicketSolution.company_id == company_of(session),
            TicketSolution.ticket_id == ticket_id,
        )
    )
    if row is None:
        return None
    steps = await _standing(session, row.steps)
    return Solution(
        ticket_id=ticket_id,
        state=row.state,
        steps=steps,
        confidence=row.confidence if steps else 0.0,
        engine=row.engine,
        proposed_at=row.proposed_at,
        human_steps=tuple(each["text"] for each in row.human_steps or ()),
        human_by=row.human_by_name,
        human_at=row.human_at,
        withdrawn=len(row.steps) - len(steps),
    )


async def knows_anything(session: AsyncSession) -> bool:
    """Whether the company has any document to answer from."""
    return bool(await session.scalar(_KNOWS_ANYTHING))


async def _standing(
    session: AsyncSession, steps: Sequence[Mapping[str, Any]]
) -> tuple[CitedStep, ...]:
    chunk_ids = sorted({each["chunk_id"] for each in steps})
    rows = await session.execute(_CHUNKS, {"chunk_ids": chunk_ids}) if chunk_ids else ()
    known = {row.chunk_id: row for row in rows}
    return tuple(
        CitedStep(_step(each), found.title, found.file_id, found.visibility == "public")
        for each in steps
        if (found := known.get(each["chunk_id"])) and contains(found.text, each["quote"])
    )


def _step(kept: Mapping[str, Any]) -> Step:
    citation = Citation(kept["source_type"], kept["source_id"], kept["chunk_id"])
    return Step(kept["text"], citation, kept["quote"])


_KNOWS_ANYTHING = text(
    "select exists (select from knowledge_chunk where company_id = current_company())"
)
_CHUNKS = text(
    """
    select w.chunk_id, d.title, cast(d.file_id as text) as file_id, d.visibility, c.text
    from unnest(cast(:chunk_ids as text[])) as w(chunk_id)
    join knowledge_document d on d.company_id = current_company()
      and d.file_id = cast(regexp_replace(w.chunk_id, '-[0-9]+$', '') as uuid)
      and d.publication = 'published'
    join knowledge_chunk c on c.company_id = d.company_id and c.document_id = d.id
      and c.number = cast(substring(w.chunk_id from '[0-9]+$') as integer)
    """
)
