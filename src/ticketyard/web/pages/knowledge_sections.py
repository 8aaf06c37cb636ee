"""The places of knowledge beside each other, and how much waits in each."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from ticketyard.knowledge.learning.queries import count_gaps, count_proposals


async def sections(session: AsyncSession, place: str) -> dict[str, Any]:
    """What the bar over every page of knowledge shows."""
    gaps = await count_gaps(session)
    return {
        "section": place,
        "gap_counts": gaps,
        "section_counts": {"gaps": gaps["open"], "proposals": await count_proposals(session)},
    }
