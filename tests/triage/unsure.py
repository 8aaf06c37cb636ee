"""Tickets that triage was not sure of, for tests of what people make of them."""

from collections.abc import Sequence
from typing import Any

from tests.world import World
from ticketyard.tickets.opening import OpenedTicket
from ticketyard.triage.models import Analysis


async def unsure(
    world: World,
    title: str = "It blinks and hums",
    *,
    ranking: Sequence[tuple[str, float]] = (("printer", 0.41), ("network", 0.22), ("vpn", 0.1)),
    evidence: Sequence[str] = (),
    found: dict[str, Any] | None = None,
    **fields: Any,
) -> OpenedTicket:
    """A ticket with an analysis below the threshold; `found` are other columns of the analysis."""
    opened = await world.open(title, **fields)
    best = ranking[0] if ranking else (None, 0.0)
    given: dict[str, Any] = {
        "state": "done",
        "category": best[0],
        "category_confidence": best[1],
        "category_ranking": [list(each) for each in ranking],
        "summary": "",
        "confidence": best[1],
        "need_admin": True,
        "was_sure": False,
        "engine": "rules",
        "evidence": {"category": list(evidence)},
        "content_hash": "x",
        "attempts": 1,
        "analysed_at": world.resources.clock(),
        **(found or {}),
    }
    async with world.resources.db.transaction(world.company_id) as session:
        session.add(Analysis(company_id=world.company_id, ticket_id=opened.id, **given))
    return opened
